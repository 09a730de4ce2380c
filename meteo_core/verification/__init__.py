"""Stage 5 of 7: how good probability forecasts were, in the field's own scores.

`pairs` puts forecasts beside outcomes; `summary` scores groups of pairs, with `intervals`; `reliability` asks
whether chances are frequencies; `diagrams` draws; `published` lays out what the service shows. What training
needs is here by name; the rest is imported from its module, because the libraries behind it take seconds.
"""

from meteo_core.verification.held_out import Scores, score
from meteo_core.verification.reliability import calibration_error

__all__ = ["Scores", "calibration_error", "score"]
