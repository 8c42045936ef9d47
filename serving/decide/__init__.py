"""Whom to contact: lists sized by what they earn, cut-offs compared, control groups held back."""
