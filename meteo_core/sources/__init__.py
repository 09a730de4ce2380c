"""Stage 1 of 7: where observations come from."""
