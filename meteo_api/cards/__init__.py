"""Cards: what the model and its data are, for people to read."""
