"""The feature query worked out on arrays: the same expressions as every engine gets, a part of the customers at a time."""
