"""The newest serving snapshot, made ready for questions."""
