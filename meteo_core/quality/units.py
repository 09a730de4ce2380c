"""Unit errors: values, and whole columns of a document, that are in another unit than they should be.

Nothing is converted. A value in the wrong unit tells of a fault at the source or in a parser, and what else
that fault did is unknown; the reason names the unit, so that a person can look there.

Wind in m/s or knots is not judged: a month in m/s is a month of light winds, within every limit. The drift
monitoring sees it, against the other stations, in about a week. Rain in inches is dry weather likewise.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import pandas as pd

from meteo_core.parameters import PARAMETERS, Parameter

LEAST_VALUES: Final = 10
"""Values of a station's month in one document from which its column can be judged as a whole."""


@dataclass(frozen=True, slots=True)
class OtherUnit:
    """A unit that values arrive in by mistake: `factor * (value - zero)` is the value in the right unit."""

    name: str
    factor: float
    zero: float = 0.0
    highest: float = math.inf
    """The most that there can be of it in this unit."""

    def explains(self, values: pd.Series, parameter: Parameter) -> pd.Series:
        """Whether each value, read in this unit, is in the usual range of the parameter."""
        converted = self.factor * (values - self.zero)
        return converted.between(parameter.usual_low, parameter.usual_high) & (values <= self.highest)


FAHRENHEIT: Final = OtherUnit("°F", 5 / 9, 32.0)
OTHER_UNITS: Final[Mapping[str, tuple[OtherUnit, ...]]] = MappingProxyType(
    {
        "hPa": (
            OtherUnit("kPa", 10.0),
            OtherUnit("Pa", 0.01),
            OtherUnit("inHg", 33.8639),
            OtherUnit("mmHg", 1.333224),
            OtherUnit("bar", 1000.0),
        ),
        "°C": (FAHRENHEIT, OtherUnit("K", 1.0, 273.15)),
        "oktas": (
            OtherUnit("tenths of the sky", 0.8, highest=10.0),
            OtherUnit("% of the sky", 0.08, highest=100.0),
        ),
    }
)
"""By the unit that is right, the likelier mistake first.

The usual ranges are narrow enough that no two pressures overlap (kPa 97.8-104.2, Pa 97,800-104,200, inHg
28.9-30.8, mmHg 733-782, bar .978-1.042), nor do the temperatures (beyond the limits °F is 53-119,
K 264-322)."""

MARKS_FOR_MISSING: Final = (-9999.0, -999.0, 999.0, 9999.0)
"""Numbers that other systems write where there is no value; named only where they are outside the limits."""

HIGHEST_MEDIAN: Final = MappingProxyType(
    {"min_temp": 31.0, "max_temp": 47.0, "temp_9am": 39.0, "temp_3pm": 45.0}
)
"""A station's month whose median is above this, in °C, looks like °F.

A month is read again while it goes on, so what counts is not the whole month but the month so far: ten hot
days at its beginning. In the archive (49 stations, 4,179 station-months of at least ten values, 2007-11 to
2016-06) the highest medians of a month so far are 27.4, 43.1, 35.9 and 41.5 °C (of whole months 26.5, 40.8,
32.8 and 39.2). The limits are 3 to 4 °C above them, for a summer hotter than any of those: none of 16,682
columns is rejected, on whatever day it is read. Turned into °F, 99.2 to 99.3 % of the same columns are above
the limits; the rest are months of MountGinini and cold mornings of Canberra and Tuggeranong."""
HIGHEST_FRACTION: Final = 1.0
"""A station's month whose humidities are all at or below this, in %, looks like a fraction.

In the driest ten days that begin a real month of the archive the highest humidity is 21 % at 9 am and 12 %
at 3 pm: no false alarm."""


def values_in_another_unit(values: pd.Series, parameter: Parameter) -> Iterator[tuple[pd.Series, str]]:
    """Of values outside the limits, those that another unit explains: which, and what they look like.

    `values` holds missing for all that is within the limits; each value is given once at most.
    """
    left = values.notna()
    for unit in OTHER_UNITS.get(parameter.unit, ()):
        explained = left & unit.explains(values, parameter)
        yield explained, unit.name
        left &= ~explained
    yield left & values.isin(MARKS_FOR_MISSING), "a mark for a missing value"


def columns_in_another_unit(rows: pd.DataFrame) -> Iterator[tuple[pd.Series, str, str]]:
    """Columns in another unit though single values may pass: which rows, of which parameter, and why.

    A column is what one document says of one station in one calendar month.
    """
    month = rows["date"].dt.to_period("M").rename("month")
    column_of = rows.groupby([rows["content_sha256"], rows["station"], month], sort=False).ngroup()
    for name, parameter in PARAMETERS.items():
        if name in HIGHEST_MEDIAN:
            median = rows[name].groupby(column_of).median()
            wrong = (median > HIGHEST_MEDIAN[name]) & FAHRENHEIT.explains(median, parameter)
            what = f"°F: the median of the month is above {HIGHEST_MEDIAN[name]:g} °C"
        elif parameter.unit == "%":
            # Not all 0 %: that is no unit, and possible on any one day.
            wrong = rows[name].groupby(column_of).max().between(0.0, HIGHEST_FRACTION, inclusive="right")
            what = f"a fraction: no value of the month is above {HIGHEST_FRACTION:g} %"
        else:
            continue
        wrong &= rows[name].groupby(column_of).count() >= LEAST_VALUES
        rejected = rows[name].notna() & column_of.isin(wrong.index[wrong])
        yield rejected, name, f"column looks like {what}"
