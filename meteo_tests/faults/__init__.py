"""Faults that are really made, and the table of all of them: `make faults`."""
