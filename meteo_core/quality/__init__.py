"""Quality of observations: what a document says is inspected, what it adds up to is looked over."""

from meteo_core.quality.inspection import EARLIEST_CREDIBLE_DAY, Inspection, inspect, newest_of_each_day

__all__ = ["EARLIEST_CREDIBLE_DAY", "Inspection", "inspect", "newest_of_each_day"]
