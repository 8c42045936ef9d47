"""Fit and predict: purchase models, churn, value, and the words put on their answers."""
