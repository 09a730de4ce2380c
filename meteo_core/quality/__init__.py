"""Quality of observations: what a document says is inspected, what it adds up to is looked over."""

from meteo_core.quality.inspection import FIRST_DAY, Inspection, inspect, newest_of_each_day

__all__ = ["FIRST_DAY", "Inspection", "inspect", "newest_of_each_day"]
