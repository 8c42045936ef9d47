"""Scoring: everybody at once, or history that comes with a request."""
