"""Reference forecasts that a model must beat: climatology of station and month, and Markov."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

PRIOR_DAYS = 5.0
"""A station's mean over the year counts as this many days in each month."""


@dataclass(frozen=True)
class References:
    """Wet shares counted on training days."""

    base_rate: float
    climatology: pd.Series
    """Wet share, indexed by station and month."""
    markov: pd.Series
    """Wet share, indexed by station, month and whether today was wet (0.0 or 1.0)."""

    @classmethod
    def fit(
        cls, keys: pd.DataFrame, wet: NDArray[np.float64], wet_today: NDArray[np.float64]
    ) -> "References":
        """Count over training rows: `station` and `date`, outcome (0 or 1), today's (0, 1 or NaN)."""
        rows = pd.DataFrame(
            {
                "station": keys["station"].to_numpy(),
                "month": keys["date"].dt.month.to_numpy(),
                "wet_today": wet_today,
                "wet": wet,
            }
        )
        return cls(
            base_rate=float(wet.mean()),
            climatology=_wet_share(rows, ["station", "month"], toward=["station"]),
            markov=_wet_share(
                rows.dropna(subset=["wet_today"]),
                ["station", "month", "wet_today"],
                toward=["station", "wet_today"],
            ),
        )

    def climatology_of(self, keys: pd.DataFrame) -> NDArray[np.float64]:
        """Chance of rain by station and month; the base rate where they were never seen."""
        index = pd.MultiIndex.from_arrays([keys["station"], keys["date"].dt.month])
        return self.climatology.reindex(index).fillna(self.base_rate).to_numpy()

    def markov_of(self, keys: pd.DataFrame, wet_today: NDArray[np.float64]) -> NDArray[np.float64]:
        """Chance of rain by station, month and today's rain; climatology where today is unknown."""
        index = pd.MultiIndex.from_arrays([keys["station"], keys["date"].dt.month, wet_today])
        found = self.markov.reindex(index).to_numpy()
        return np.where(np.isnan(found), self.climatology_of(keys), found)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for a JSON file beside the model."""
        return {
            "base_rate": self.base_rate,
            "climatology": self.climatology.reset_index().to_dict("list"),
            "markov": self.markov.reset_index().to_dict("list"),
        }

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> "References":
        """What `to_dict` gave."""
        return cls(
            base_rate=stored["base_rate"],
            climatology=pd.DataFrame(stored["climatology"]).set_index(["station", "month"])["wet"],
            markov=pd.DataFrame(stored["markov"]).set_index(["station", "month", "wet_today"])["wet"],
        )


def _wet_share(rows: pd.DataFrame, by: list[str], *, toward: list[str]) -> pd.Series:
    """Wet share in each group, drawn toward the share of the wider group by `PRIOR_DAYS`."""
    wider = rows.groupby(toward)["wet"].mean().rename("wider")
    groups = rows.groupby(by)["wet"].agg(["sum", "count"]).join(wider, on=toward)
    share = (groups["sum"] + PRIOR_DAYS * groups["wider"]) / (groups["count"] + PRIOR_DAYS)
    return share.rename("wet")
