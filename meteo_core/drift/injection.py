"""Faults put into observations on purpose: what a broken instrument or a changed file would have reported."""

from dataclasses import dataclass
from datetime import date
from typing import Final

import pandas as pd

from meteo_core.parameters import NUMBERS, PARAMETERS

UNITS: Final = {
    "fahrenheit": ("°C", 9 / 5, 32.0),
    "kelvin": ("°C", 1.0, 273.15),
    "m/s": ("km/h", 1 / 3.6, 0.0),
    "knots": ("km/h", 1 / 1.852, 0.0),
    "mph": ("km/h", 1 / 1.609344, 0.0),
    "Pa": ("hPa", 100.0, 0.0),
    "kPa": ("hPa", 0.1, 0.0),
    "fraction": ("%", 0.01, 0.0),
    "inches": ("mm", 1 / 25.4, 0.0),
}
"""Other units: the right one, and what it is multiplied by, and what is then added."""


def units_of(parameter: str) -> list[str]:
    """Those of `UNITS` that values of this parameter can be turned into."""
    right = PARAMETERS[parameter].unit if parameter in PARAMETERS else ""
    return [name for name, (of, _, _) in UNITS.items() if of == right]


@dataclass(frozen=True, slots=True)
class Injection:
    """One fault: the values of a parameter from `first` to `last`, both included, as they would be read.

    A value that was not reported stays so.
    """

    parameter: str
    """Name of a numeric parameter."""
    first: date
    station: str | None = None
    """Key of the station; None for all of them."""
    last: date | None = None
    """None: it goes on."""
    multiply: float = 1.0
    add: float = 0.0
    """In the unit of the parameter, after `multiply`."""
    stuck: bool = False
    """The value stays as it was last, instead."""
    stuck_at: float | None = None
    """The value it stays at; None for the last one known before `first`, or else the first one since."""

    def __post_init__(self) -> None:
        if self.parameter not in NUMBERS:
            raise ValueError(f"{self.parameter!r} is no numeric parameter: {', '.join(NUMBERS)}")
        if self.last is not None and self.last < self.first:
            raise ValueError(f"it ends on {self.last}, before it begins on {self.first}")

    @classmethod
    def unit_change(
        cls,
        parameter: str,
        unit: str,
        first: date,
        *,
        station: str | None = None,
        last: date | None = None,
    ) -> "Injection":
        """Values of a parameter reported in one of `UNITS`; raises ValueError for one that does not fit."""
        fitting = units_of(parameter)
        if unit not in fitting:
            raise ValueError(
                f"{parameter} cannot be in {unit!r}: "
                + (f"choose {' or '.join(fitting)}" if fitting else "no other unit of it is known")
            )
        _, multiply, add = UNITS[unit]
        return cls(parameter, first, station=station, last=last, multiply=multiply, add=add)

    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The observations (`station`, `date`, parameters) with the fault; the frame stays as it is."""
        here = frame["station"].eq(self.station) if self.station else pd.Series(True, index=frame.index)
        begun = here & (frame["date"] >= pd.Timestamp(self.first))
        hit = begun if self.last is None else begun & (frame["date"] <= pd.Timestamp(self.last))
        hit &= frame[self.parameter].notna()
        if not hit.any():
            return frame
        changed = frame[self.parameter].astype(float)
        if self.stuck:
            for station in frame.loc[hit, "station"].unique():
                of_station = frame["station"] == station
                changed[hit & of_station] = self._last_known(frame[of_station])
        else:
            changed[hit] = changed[hit] * self.multiply + self.add
        return frame.assign(**{self.parameter: changed.round(max(1, PARAMETERS[self.parameter].decimals))})

    def _last_known(self, rows: pd.DataFrame) -> float:
        if self.stuck_at is not None:
            return self.stuck_at
        known = rows.dropna(subset=[self.parameter]).sort_values("date")
        before = known[known["date"] < pd.Timestamp(self.first)]
        since = known[known["date"] >= pd.Timestamp(self.first)]
        return float(before[self.parameter].iloc[-1] if len(before) else since[self.parameter].iloc[0])
