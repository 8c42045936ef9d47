"""The store of scores: whole batches in, answers out."""
