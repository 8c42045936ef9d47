"""The HTTP API: requests read strictly, answers in one shape."""
