"""Units that change: values that are right if read in another unit, seen against the stations near by.

The quality rules find values that are impossible, and columns whose month is. A winter in °F and a month of
wind in m/s are neither. What the unit would have changed to is known, so the quickest test there is for it
applies: the cumulative sum of log likelihood ratios (CUSUM: Page 1954, Biometrika 41, 100-115; no test of the
same false alarm rate is quicker: Moustakides 1986, Annals of Statistics 14, 1379-1387).
"""

from types import MappingProxyType
from typing import Final

import numpy as np

from meteo_core.features.station_days import Values
from meteo_core.parameters import PARAMETERS
from meteo_core.quality.units import FAHRENHEIT, OtherUnit

METRES_PER_SECOND: Final = OtherUnit("m/s", 3.6)
FRACTION: Final = OtherUnit("a fraction", 100.0)
CHANGES: Final = MappingProxyType({"°C": FAHRENHEIT, "km/h": METRES_PER_SECOND, "%": FRACTION})
"""By the unit that is right, the mistake that is within the limits and looked for. Knots for km/h are not:
too little apart to be told from a calm week, and the station's moving average finds them."""
MOST_A_DAY: Final = 4.0
"""Log likelihood ratio at which one day's evidence is cut: no single day raises the alarm."""
FARTHEST: Final = 8.0
"""Standard deviations beyond which a value is equally unlikely."""
LEAST: Final = 6.0
"""Lowest threshold: two days of clear evidence."""
MOST: Final = 18.0
"""Where the sum is held, so that the alarm ends within days of the fault, however long that was."""


def unit_looked_for(name: str) -> OtherUnit | None:
    """The unit that values of this parameter may be in by mistake; None where none is looked for."""
    return CHANGES.get(PARAMETERS[name].unit)


def evidence(as_is: Values, converted: Values) -> Values:
    """Log likelihood ratio of each value for the other unit, cut at `MOST_A_DAY`; NaN where unknown.

    Both are differences from what is expected, in standard deviations: of the value as it is and of what it
    is if it was read in the other unit.
    """
    right, other = np.minimum(np.abs(as_is), FARTHEST), np.minimum(np.abs(converted), FARTHEST)
    return np.clip((right**2 - other**2) / 2, -MOST_A_DAY, MOST_A_DAY)


def cusum(ratios: Values) -> Values:
    """S[d] = max(0, S[d-1] + ratio[d]), from 0, held at `MOST` (Page 1954).

    An unknown day leaves the sum as it was.
    """
    told, level = np.empty_like(ratios), np.zeros(ratios.shape[1])
    for day, today in enumerate(np.nan_to_num(ratios)):
        level = np.clip(level + today, 0.0, MOST)
        told[day] = level
    return told
