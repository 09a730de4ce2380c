"""`meteo doctor`: is everything as it should be, and if not, what to do."""

from meteo_cli.doctor.examination import CHECKS, examine

__all__ = ["CHECKS", "examine"]
