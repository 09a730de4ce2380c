"""The table of observed parameters: the one place where names, units and limits live.

Two pairs of limits per measured parameter. Outside `minimum`..`maximum` a value is impossible and is
rejected; outside `usual_low`..`usual_high` it is rarer than anything in eight years at 49 stations
(2007-11 to 2016-06) and is kept, but flagged for a person to look at.
"""

import math
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

COMPASS_POINTS: Final = (
    *("N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE"),
    *("S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW"),
)
DEGREES_PER_POINT: Final = 22.5


class Kind(StrEnum):
    """How a parameter's values are written and stored."""

    NUMBER = "number"  # DOUBLE
    COMPASS = "compass"  # VARCHAR, one of COMPASS_POINTS; null when calm
    CLOCK = "clock"  # VARCHAR, HH:MM station time
    FLAG = "flag"  # BOOLEAN


class KnownAt(StrEnum):
    """When on the station's day a parameter is complete."""

    NINE_AM = "9am"
    THREE_PM = "3pm"
    MIDNIGHT = "midnight"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One observed quantity of a station's day."""

    name: str
    label: str
    unit: str
    kind: Kind
    known_at: KnownAt
    archive_column: str
    """Column in the public weatherAUS table."""
    bureau_column: str | None
    """Column of the Bureau's monthly file, stripped of outer blanks; None where the file has none."""
    minimum: float = -math.inf
    maximum: float = math.inf
    usual_low: float = -math.inf
    usual_high: float = math.inf
    decimals: int = 0
    limit_reason: str = ""

    @property
    def sql_type(self) -> str:
        """DuckDB column type."""
        return {Kind.NUMBER: "DOUBLE", Kind.FLAG: "BOOLEAN"}.get(self.kind, "VARCHAR")

    @property
    def description(self) -> str:
        """Label, unit and limits in one line, for column comments and API documentation."""
        if self.kind is Kind.NUMBER:
            return f"{self.label}, {self.unit}, from {self.minimum:g} to {self.maximum:g}"
        return f"{self.label}, {self.unit}"


def _temperature(name: str, label: str, known_at: KnownAt, archive: str, bureau: str) -> Parameter:
    return Parameter(
        name,
        label,
        "°C",
        Kind.NUMBER,
        known_at,
        archive,
        bureau,
        minimum=-25.0,
        maximum=53.0,
        usual_low=-9.0,
        usual_high=48.5,
        decimals=1,
        limit_reason="Australian records: -23.0 °C Charlotte Pass 1994, 50.7 °C Onslow 2022",
    )


def _wind_speed(name: str, label: str, known_at: KnownAt, archive: str, bureau: str) -> Parameter:
    return Parameter(
        name,
        label,
        "km/h",
        Kind.NUMBER,
        known_at,
        archive,
        bureau,
        minimum=0.0,
        maximum=250.0,
        usual_low=0.0,
        usual_high=90.0,
        limit_reason="ten-minute means in severe cyclones stay below 250 km/h",
    )


def _wind_direction(name: str, label: str, known_at: KnownAt, archive: str, bureau: str) -> Parameter:
    return Parameter(name, label, "compass point", Kind.COMPASS, known_at, archive, bureau)


def _humidity(name: str, label: str, known_at: KnownAt, archive: str, bureau: str) -> Parameter:
    return Parameter(
        name,
        label,
        "%",
        Kind.NUMBER,
        known_at,
        archive,
        bureau,
        minimum=0.0,
        maximum=100.0,
        usual_low=0.0,
        usual_high=100.0,
        limit_reason="a fraction of saturation",
    )


def _cloud(name: str, label: str, known_at: KnownAt, archive: str, bureau: str) -> Parameter:
    return Parameter(
        name,
        label,
        "oktas",
        Kind.NUMBER,
        known_at,
        archive,
        bureau,
        minimum=0.0,
        maximum=9.0,
        usual_low=0.0,
        usual_high=9.0,
        limit_reason="eighths of the sky; 9 says that fog or dust hides it",
    )


def _pressure(name: str, label: str, known_at: KnownAt, archive: str, bureau: str) -> Parameter:
    return Parameter(
        name,
        label,
        "hPa",
        Kind.NUMBER,
        known_at,
        archive,
        bureau,
        minimum=880.0,
        maximum=1060.0,
        usual_low=978.0,
        usual_high=1042.0,
        decimals=1,
        limit_reason="mean sea level: 914 hPa in cyclone Mahina, 1044.3 hPa Tasmania 1967, with a margin",
    )


_TABLE = (
    _temperature(
        "min_temp", "Minimum temperature to 9 am", KnownAt.NINE_AM, "MinTemp", "Minimum temperature (°C)"
    ),
    _temperature(
        "max_temp", "Maximum temperature from 9 am", KnownAt.MIDNIGHT, "MaxTemp", "Maximum temperature (°C)"
    ),
    Parameter(
        "rainfall",
        "Rain in the 24 hours to 9 am",
        "mm",
        Kind.NUMBER,
        KnownAt.NINE_AM,
        "Rainfall",
        "Rainfall (mm)",
        minimum=0.0,
        maximum=950.0,
        usual_low=0.0,
        usual_high=371.0,
        decimals=1,
        limit_reason="Australian record: 907 mm in a day, Crohamhurst 1893",
    ),
    Parameter(
        "evaporation",
        "Pan evaporation in the 24 hours to 9 am",
        "mm",
        Kind.NUMBER,
        KnownAt.NINE_AM,
        "Evaporation",
        "Evaporation (mm)",
        minimum=0.0,
        maximum=150.0,
        usual_low=0.0,
        usual_high=83.0,
        decimals=1,
        limit_reason="totals of several days reach 145 mm",
    ),
    Parameter(
        "sunshine",
        "Bright sunshine to midnight",
        "hours",
        Kind.NUMBER,
        KnownAt.MIDNIGHT,
        "Sunshine",
        "Sunshine (hours)",
        minimum=0.0,
        maximum=16.0,
        usual_low=0.0,
        usual_high=14.6,
        decimals=1,
        limit_reason="longest day in Tasmania: 15.4 hours",
    ),
    _wind_direction(
        "wind_gust_dir",
        "Direction of the strongest gust",
        KnownAt.MIDNIGHT,
        "WindGustDir",
        "Direction of maximum wind gust",
    ),
    Parameter(
        "wind_gust_speed",
        "Speed of the strongest gust",
        "km/h",
        Kind.NUMBER,
        KnownAt.MIDNIGHT,
        "WindGustSpeed",
        "Speed of maximum wind gust (km/h)",
        minimum=0.0,
        maximum=410.0,
        usual_low=5.0,
        usual_high=136.0,
        limit_reason="world record: 408 km/h, Barrow Island 1996",
    ),
    Parameter(
        "wind_gust_time",
        "Time of the strongest gust",
        "station time",
        Kind.CLOCK,
        KnownAt.MIDNIGHT,
        "WindGustTime",
        "Time of maximum wind gust",
    ),
    _temperature("temp_9am", "Temperature at 9 am", KnownAt.NINE_AM, "Temp9am", "9am Temperature (°C)"),
    _humidity(
        "humidity_9am",
        "Relative humidity at 9 am",
        KnownAt.NINE_AM,
        "Humidity9am",
        "9am relative humidity (%)",
    ),
    _cloud("cloud_9am", "Cloud amount at 9 am", KnownAt.NINE_AM, "Cloud9am", "9am cloud amount (oktas)"),
    _wind_direction(
        "wind_dir_9am", "Wind direction at 9 am", KnownAt.NINE_AM, "WindDir9am", "9am wind direction"
    ),
    _wind_speed(
        "wind_speed_9am", "Wind speed at 9 am", KnownAt.NINE_AM, "WindSpeed9am", "9am wind speed (km/h)"
    ),
    _pressure(
        "pressure_9am",
        "Mean sea level pressure at 9 am",
        KnownAt.NINE_AM,
        "Pressure9am",
        "9am MSL pressure (hPa)",
    ),
    _temperature("temp_3pm", "Temperature at 3 pm", KnownAt.THREE_PM, "Temp3pm", "3pm Temperature (°C)"),
    _humidity(
        "humidity_3pm",
        "Relative humidity at 3 pm",
        KnownAt.THREE_PM,
        "Humidity3pm",
        "3pm relative humidity (%)",
    ),
    _cloud("cloud_3pm", "Cloud amount at 3 pm", KnownAt.THREE_PM, "Cloud3pm", "3pm cloud amount (oktas)"),
    _wind_direction(
        "wind_dir_3pm", "Wind direction at 3 pm", KnownAt.THREE_PM, "WindDir3pm", "3pm wind direction"
    ),
    _wind_speed(
        "wind_speed_3pm", "Wind speed at 3 pm", KnownAt.THREE_PM, "WindSpeed3pm", "3pm wind speed (km/h)"
    ),
    _pressure(
        "pressure_3pm",
        "Mean sea level pressure at 3 pm",
        KnownAt.THREE_PM,
        "Pressure3pm",
        "3pm MSL pressure (hPa)",
    ),
    # Derived from rainfall where that is known; kept as a parameter because a person asked "did it rain
    # today?" knows the answer without a gauge.
    Parameter(
        "rain_today",
        "More than 1.0 mm in the 24 hours to 9 am",
        "yes or no",
        Kind.FLAG,
        KnownAt.NINE_AM,
        "RainToday",
        None,
    ),
)

PARAMETERS: Final = MappingProxyType({parameter.name: parameter for parameter in _TABLE})
"""All 21 parameters by name, in the order of the Bureau's file."""

NUMBERS: Final = tuple(name for name, p in PARAMETERS.items() if p.kind is Kind.NUMBER)
COMPASS: Final = tuple(name for name, p in PARAMETERS.items() if p.kind is Kind.COMPASS)

WIND_PAIRS: Final = MappingProxyType(
    {
        "gust": ("wind_gust_speed", "wind_gust_dir"),
        "9am": ("wind_speed_9am", "wind_dir_9am"),
        "3pm": ("wind_speed_3pm", "wind_dir_3pm"),
    }
)
"""Speed and direction that describe one wind."""
