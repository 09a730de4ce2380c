"""Stage 2 of 7: from observations to what a model can learn from."""
