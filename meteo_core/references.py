"""Reference forecasts that a model must beat: climatology of station and month, and Markov."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from meteo_core.labels import THRESHOLDS

PRIOR_DAYS = 5.0
"""A station's mean over the year counts as this many days in each month."""
RULES = list(THRESHOLDS)


@dataclass(frozen=True)
class References:
    """Shares of days that met each threshold, counted on training days."""

    base_rate: pd.Series
    """Share over all stations and months, by threshold."""
    climatology: pd.DataFrame
    """Indexed by station and month, a column for each threshold."""
    markov: pd.DataFrame
    """Indexed by station, month and whether today was wet (0.0 or 1.0), a column for each threshold."""

    @classmethod
    def fit(
        cls, keys: pd.DataFrame, outcomes: NDArray[np.float64], wet_today: NDArray[np.float64]
    ) -> "References":
        """Count over training rows: `station`, `date`; outcomes [rows, thresholds]; today's (0, 1, NaN)."""
        rows = pd.DataFrame(outcomes, columns=RULES).assign(
            station=keys["station"].to_numpy(), month=keys["date"].dt.month.to_numpy(), wet_today=wet_today
        )
        return cls(
            base_rate=rows[RULES].mean(),
            climatology=_wet_share(rows, ["station", "month"], toward=["station"]),
            markov=_wet_share(
                rows.dropna(subset=["wet_today"]),
                ["station", "month", "wet_today"],
                toward=["station", "wet_today"],
            ),
        )

    def climatology_of(self, keys: pd.DataFrame) -> NDArray[np.float64]:
        """Chances [rows, thresholds] by station and month; the base rate where they were never seen."""
        index = pd.MultiIndex.from_arrays([keys["station"], keys["date"].dt.month])
        return self.climatology.reindex(index).fillna(self.base_rate).to_numpy()

    def markov_of(self, keys: pd.DataFrame, wet_today: NDArray[np.float64]) -> NDArray[np.float64]:
        """Chances [rows, thresholds] by station, month and today's rain; climatology where it is unknown."""
        index = pd.MultiIndex.from_arrays([keys["station"], keys["date"].dt.month, wet_today])
        found = self.markov.reindex(index).to_numpy()
        return np.where(np.isnan(found), self.climatology_of(keys), found)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for a JSON file beside the model."""
        return {
            "base_rate": self.base_rate.to_dict(),
            "climatology": self.climatology.reset_index().to_dict("list"),
            "markov": self.markov.reset_index().to_dict("list"),
        }

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> "References":
        """What `to_dict` gave."""
        return cls(
            base_rate=pd.Series(stored["base_rate"])[RULES],
            climatology=pd.DataFrame(stored["climatology"]).set_index(["station", "month"])[RULES],
            markov=pd.DataFrame(stored["markov"]).set_index(["station", "month", "wet_today"])[RULES],
        )


def _wet_share(rows: pd.DataFrame, by: list[str], *, toward: list[str]) -> pd.DataFrame:
    """Share in each group, drawn toward the share of the wider group by `PRIOR_DAYS`."""
    wider = rows.groupby(toward)[RULES].mean()
    groups = rows.groupby(by)[RULES]
    met, count = groups.sum(), groups.size()
    wider = wider.loc[met.index.droplevel("month")].set_axis(met.index)
    return met.add(PRIOR_DAYS * wider).div(count + PRIOR_DAYS, axis=0)
