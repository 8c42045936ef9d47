"""The feature query worked out on arrays: the expressions that every engine gets, some customers at a time."""
