"""The pages that a retention team opens each morning."""
