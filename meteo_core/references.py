"""Reference forecasts that a model must beat: climatology of station and month, and Markov."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from meteo_core.labels import THRESHOLDS

PRIOR_DAYS = 5.0
"""A station's mean over the year counts as this many days in each month."""
RULES = list(THRESHOLDS)
MONTHS: Final = range(1, 13)


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
        return cls.of_counts([count_outcomes(keys, outcomes, wet_today)])

    @classmethod
    def of_counts(cls, counts: Sequence[pd.DataFrame]) -> "References":
        """The same from what `count_outcomes` gave for each of some parts of the rows."""
        by = ["station", "month", "wet_today"]
        counted = pd.concat(counts).groupby(by, dropna=False).sum()
        rows = counted.reset_index()
        return cls(
            base_rate=rows[RULES].sum() / rows["days"].sum(),
            climatology=_wet_share(rows, ["station", "month"], toward=["station"]),
            markov=_wet_share(rows.dropna(subset=["wet_today"]), by, toward=["station", "wet_today"]),
        )

    def climatology_of(self, keys: pd.DataFrame) -> NDArray[np.float64]:
        """Chances [rows, thresholds] by station and month; the base rate where they were never seen."""
        places, station, month = self._places(keys)
        return places.climatology(station, month)

    def markov_of(self, keys: pd.DataFrame, wet_today: NDArray[np.float64]) -> NDArray[np.float64]:
        """Chances [rows, thresholds] by station, month and today's rain; climatology where it is unknown."""
        places, station, month = self._places(keys)
        return places.markov(station, month, wet_today)

    def _places(self, keys: pd.DataFrame) -> tuple["ReferenceTables", NDArray[np.intp], NDArray[np.intp]]:
        station, names = pd.factorize(keys["station"])
        return self.tables(list(names)), station, keys["date"].dt.month.to_numpy(dtype=np.intp)

    def tables(self, stations: Sequence[str]) -> "ReferenceTables":
        """The same, laid out by index for stations in this order."""
        keys = pd.MultiIndex.from_product(
            [list(stations), list(MONTHS)], names=["station", "month"]
        ).to_frame(index=False)
        usual = self.climatology.reindex(pd.MultiIndex.from_frame(keys)).fillna(self.base_rate).to_numpy()
        after = np.stack([self._markov_by_month(keys, usual, wet) for wet in (0.0, 1.0)] + [usual], axis=1)
        shape = len(stations), len(MONTHS)
        return ReferenceTables(usual.reshape(*shape, -1), after.reshape(*shape, 3, -1))

    def _markov_by_month(self, keys: pd.DataFrame, usual: NDArray, wet: float) -> NDArray[np.float64]:
        index = pd.MultiIndex.from_arrays([keys["station"], keys["month"], np.full(len(keys), wet)])
        found = self.markov.reindex(index).to_numpy()
        return np.where(np.isnan(found), usual, found)

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


@dataclass(frozen=True)
class ReferenceTables:
    """Reference chances by index of station and month."""

    usual: NDArray[np.float64]
    """[stations, months, thresholds]."""
    after: NDArray[np.float64]
    """[stations, months, 3, thresholds]: after a dry day, a wet one, and one of which it is unknown."""

    def climatology(self, station: NDArray[np.intp], month: NDArray[np.intp]) -> NDArray[np.float64]:
        """Chances [rows, thresholds]; months count from 1."""
        return self.usual[station, month - 1]

    def markov(
        self, station: NDArray[np.intp], month: NDArray[np.intp], wet_today: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Chances [rows, thresholds] after a day that was dry (0), wet (1) or is unknown (NaN)."""
        return self.after[station, month - 1, np.nan_to_num(wet_today, nan=2.0).astype(np.intp)]


def count_outcomes(
    keys: pd.DataFrame, outcomes: NDArray[np.float64], wet_today: NDArray[np.float64]
) -> pd.DataFrame:
    """Days, and those that met each threshold, by station, month and whether today was wet (0, 1, NaN)."""
    rows = pd.DataFrame(outcomes, columns=RULES).assign(
        station=keys["station"].to_numpy(),
        month=keys["date"].dt.month.to_numpy(),
        wet_today=wet_today,
        days=1.0,
    )
    return rows.groupby(["station", "month", "wet_today"], dropna=False).sum().reset_index()


def _wet_share(counts: pd.DataFrame, by: list[str], *, toward: list[str]) -> pd.DataFrame:
    """Share in each group, drawn toward the share of the wider group by `PRIOR_DAYS`."""
    wider = counts.groupby(toward)[[*RULES, "days"]].sum()
    share = wider[RULES].div(wider["days"], axis=0)
    groups = counts.groupby(by)[[*RULES, "days"]].sum()
    share = share.loc[groups.index.droplevel("month")].set_axis(groups.index)
    return groups[RULES].add(PRIOR_DAYS * share).div(groups["days"] + PRIOR_DAYS, axis=0)
