"""What counts as rain, and what happened: outcomes of each station and day."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class RainThreshold:
    """A named rule for calling a day wet."""

    name: str
    millimetres: float
    strict: bool
    """Whether exactly this much is still dry."""

    @property
    def comparison(self) -> str:
        """How an amount is compared with it, in SQL as in Python."""
        return ">" if self.strict else ">="

    @property
    def words(self) -> str:
        """The rule as a person reads it."""
        return f"more than {self.millimetres:g} mm" if self.strict else f"at least {self.millimetres:g} mm"

    def holds(self, rain_mm: float) -> bool:
        """Whether this much, which is known, is wet."""
        return rain_mm > self.millimetres if self.strict else rain_mm >= self.millimetres

    def outcome(self, rain_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """Outcome for each amount, 1 or 0: unknown rain (NaN) gives an unknown outcome (NaN)."""
        met = rain_mm > self.millimetres if self.strict else rain_mm >= self.millimetres
        return np.where(np.isnan(rain_mm), np.nan, met)

    def is_met(self, rain_mm: pd.Series) -> pd.Series:
        """The same as nullable boolean."""
        outcome = self.outcome(rain_mm.to_numpy(dtype=float, na_value=np.nan))
        return pd.Series(outcome, index=rain_mm.index, name=rain_mm.name).astype("boolean")


THRESHOLDS: Final = MappingProxyType(
    {
        rule.name: rule
        for rule in (
            RainThreshold("ge_0_2", 0.2, strict=False),
            RainThreshold("gt_1_0", 1.0, strict=True),
            RainThreshold("ge_5_0", 5.0, strict=False),
            RainThreshold("ge_10_0", 10.0, strict=False),
            RainThreshold("ge_25_0", 25.0, strict=False),
        )
    }
)
PREDICTAND: Final = THRESHOLDS["gt_1_0"]
"""The rule of the public weatherAUS table; the Bureau's "rain day" is `ge_0_2`."""


LABELLED_FROM: Final = ("station", "date", "rainfall", "status")
"""Columns of the observations that say what happened."""


def label_days(observations: pd.DataFrame) -> pd.DataFrame:
    """Outcomes of each observed station and day, from the rain of the next calendar day.

    `observations` holds `LABELLED_FROM`: rain in mm, of the 24 h to 9 am of the date. The
    result has a row for each station and day in it, with `rain_mm` (9 am of the date to 9 am of the next)
    and a nullable boolean for each threshold. The label is unknown where the next calendar day has no final
    row or no rain value: a gap in the record is never bridged.

    It is unknown too where the day's own reading is missing. A gauge that was not read goes on collecting, so
    the next reading is the total of two days or more, and how much of it fell on this one nobody knows. A
    total of 0 is 0 on each of its days, but labels that are known only where they are dry would teach that a
    blank means dry. In the public archive rain of more than 1.0 mm follows a blank in .482 of cases, and a
    reading in .220; 1,212 of 124,723 labels are such totals.
    """
    final = observations.loc[observations["status"] == "final", ["station", "date", "rainfall"]]
    measured_next_day = final.assign(date=final["date"] - pd.Timedelta(days=1))

    labels = observations[["station", "date", "rainfall"]].merge(
        measured_next_day.rename(columns={"rainfall": "rain_mm"}), on=["station", "date"], how="left"
    )
    is_total = labels["rainfall"].isna()
    labels["rain_mm"] = labels["rain_mm"].mask(is_total)
    labels = labels.drop(columns="rainfall")

    for rule in THRESHOLDS.values():
        labels[rule.name] = rule.is_met(labels["rain_mm"])
    return labels


def rain_today(rainfall_mm: pd.Series) -> pd.Series:
    """Whether the 24 hours to 9 am were wet by the rule of the predictand; unknown where rain is."""
    return PREDICTAND.is_met(rainfall_mm)


def as_float(outcome: pd.Series) -> np.ndarray:
    """Outcomes as 1.0, 0.0 and NaN for unknown."""
    return outcome.astype("boolean").astype("Float64").to_numpy(dtype=float, na_value=np.nan)
