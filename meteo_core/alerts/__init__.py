"""Alerts: each trouble on record once, told once on each channel, and once more when it is over."""
