"""The champion in service: where it comes from, and what it is."""
