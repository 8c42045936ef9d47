"""The features, family by family."""
