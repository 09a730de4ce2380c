"""Which predictors there are, each with its unit: the table that models, documents and tests read.

Own values and features of the station's day and past; their anomalies from the usual of station and season;
the anomalies of the stations around, near ones and by bearing and distance; the slope of the pressure field;
and the amplitudes of the leading patterns of the weather map.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from meteo_core.calendar import Issue
from meteo_core.features.daily import DAILY_COLUMNS, FEATURES, known_at
from meteo_core.features.neighbours import SLOPE_KM, Network
from meteo_core.features.own_past import OWN_PAST
from meteo_core.parameters import PARAMETERS, KnownAt


class Variant(StrEnum):
    """Which predictors a model uses: as many as are known when it is asked."""

    FULL = "full"
    """Own features of the whole day and the other stations' of the same day."""
    AFTERNOON = "afternoon"
    """The same without what is complete at midnight only: maximum, sunshine and strongest gust."""
    LOCAL = "local"
    """What the station itself reports of the day, as much or as little as it is."""


class Family(StrEnum):
    """Where a predictor comes from."""

    OWN_DAY = "own day"
    OWN_PAST = "own past"
    SITE = "site"
    SEASON = "season"
    ANOMALY = "anomaly"
    NEAR = "near"
    SECTOR = "sector"
    SLOPE = "slope"
    PATTERN = "pattern"


LOCAL_FAMILIES: Final = (Family.OWN_DAY, Family.SITE, Family.SEASON, Family.ANOMALY)


@dataclass(frozen=True, slots=True)
class Predictor:
    """One column of the matrix that a model sees."""

    name: str
    family: Family
    unit: str
    known_at: KnownAt
    """When on the day, or for a value of the day before on that day, it is complete."""
    day_before: bool
    """Whether it is the value of the day before, being unknown when the forecast is issued."""
    description: str


ANOMALIES: Final = (
    *("pressure_9am", "pressure_3pm", "humidity_9am", "humidity_3pm", "temp_3pm", "max_temp"),
    *("min_temp", "dew_point_9am", "dew_point_3pm", "sunshine", "cloud_3pm", "root_rainfall"),
)
NEAR: Final = (
    *("pressure_9am", "pressure_3pm", "humidity_9am", "humidity_3pm", "temp_3pm", "min_temp"),
    *("dew_point_9am", "dew_point_3pm", "cloud_9am", "cloud_3pm", "sunshine", "rain_today", "root_rainfall"),
    *("wind_eastward_3pm", "wind_northward_3pm", "gust_eastward", "gust_northward", "wind_gust_speed"),
    *("pressure_change", "humidity_change", "pressure_9am_change_24h", "pressure_3pm_change_24h"),
    *("humidity_3pm_change_24h", "temp_3pm_change_24h", "dew_point_3pm_change_24h"),
)
MINUS_NEAR: Final = ("pressure_3pm", "humidity_3pm", "temp_3pm", "dew_point_3pm")
SECTORS: Final = MappingProxyType(
    {
        Issue.EVENING: (
            *("pressure_3pm", "humidity_3pm", "dew_point_3pm", "temp_3pm", "cloud_3pm", "rain_today"),
            "pressure_3pm_change_24h",
        ),
        Issue.MORNING: (
            *("pressure_9am", "humidity_9am", "dew_point_9am", "temp_9am", "cloud_9am", "rain_today"),
            *("humidity_3pm", "pressure_9am_change_24h"),
        ),
    }
)
SLOPES: Final = MappingProxyType(
    {
        Issue.EVENING: ("pressure_3pm", "pressure_3pm_change_24h"),
        Issue.MORNING: ("pressure_9am", "pressure_9am_change_24h"),
    }
)
PATTERNS: Final = MappingProxyType(
    {
        Issue.EVENING: {
            "pressure": (("pressure_3pm",), 12),
            "moisture": (("humidity_3pm", "dew_point_3pm"), 12),
            "rain": (("rain_today",), 8),
            "warmth": (("temp_3pm",), 8),
        },
        Issue.MORNING: {
            "pressure": (("pressure_9am",), 12),
            "moisture": (("humidity_9am", "dew_point_9am"), 12),
            "rain": (("rain_today",), 8),
            "warmth": (("temp_9am",), 8),
        },
    }
)
"""Maps and how many of their leading patterns are predictors."""
PATTERN_CHANGES: Final = MappingProxyType(
    {
        Issue.EVENING: ("pressure", "pressure_3pm_change_24h", 6),
        Issue.MORNING: ("pressure", "pressure_9am_change_24h", 6),
    }
)
"""Map, the change whose amplitudes on its patterns are predictors, and of how many of them."""
SITE: Final = MappingProxyType({"latitude": "degrees north", "longitude": "degrees east", "elevation_m": "m"})
SEASON: Final = ("season_sin", "season_cos")
USUAL_WET_CHANCE: Final = "usual_wet_chance"


def columns_of(table: tuple[Predictor, ...], variant: Variant) -> list[int]:
    """Columns of the full matrix that the variant uses, or for the local one those that it makes anew."""
    return [index for index, predictor in enumerate(table) if _belongs(predictor, variant)]


def _belongs(predictor: Predictor, variant: Variant) -> bool:
    match variant:
        case Variant.FULL:
            return True
        case Variant.AFTERNOON:
            return predictor.known_at is not KnownAt.MIDNIGHT or predictor.day_before
        case Variant.LOCAL:
            return predictor.family in LOCAL_FAMILIES and not predictor.day_before


def _described(column: str) -> tuple[str, str]:
    """Unit and words of a column of the features table."""
    if column in PARAMETERS:
        return PARAMETERS[column].unit, PARAMETERS[column].label
    return FEATURES[column].unit, FEATURES[column].description.rstrip(".")


def is_known(column: str, issue: Issue) -> bool:
    """Whether the column's value of the day itself may be used at this issue time."""
    return issue is Issue.EVENING or known_at(column) is KnownAt.NINE_AM


def own_columns(issue: Issue) -> tuple[str, ...]:
    """Columns of the features table that are predictors.

    A morning sees yesterday's values of what it cannot know of today: then a lag of one day of the same
    would say it twice.
    """
    return tuple(
        name
        for name in DAILY_COLUMNS
        if is_known(name.removesuffix("_yesterday"), issue) or not name.endswith("_yesterday")
    )


def predictor_table(issue: Issue) -> tuple[Predictor, ...]:
    """Every predictor of the full variant, in the order of the matrix."""
    return tuple(_predictors(issue))


def _predictors(issue: Issue) -> Iterator[Predictor]:
    def of(column: str, name: str, family: Family, words: str) -> Predictor:
        unit, label = _described(column)
        before = not is_known(column, issue)
        return Predictor(
            name=f"{name}_day_before" if before else name,
            family=family,
            unit=unit,
            known_at=known_at(column),
            day_before=before,
            description=words.format(label) + (", of the day before" if before else ""),
        )

    def fixed(name: str, family: Family, unit: str, words: str) -> Predictor:
        return Predictor(name, family, unit, KnownAt.NINE_AM, day_before=False, description=words)

    for name in own_columns(issue):
        yield of(name, name, Family.OWN_PAST if name in OWN_PAST else Family.OWN_DAY, "{}")
    for name, unit in SITE.items():
        yield fixed(name, Family.SITE, unit, f"{name.removesuffix('_m').capitalize()} of the station")
    for name in SEASON:
        yield fixed(name, Family.SEASON, "1", f"Annual wave: {name[-3:]}e of the day of the year")
    for name in ANOMALIES:
        yield of(name, f"{name}_anomaly", Family.ANOMALY, "{}, less the usual at the station and season")
    yield fixed(USUAL_WET_CHANCE, Family.ANOMALY, "1", "Usual chance of a wet day at the station and season")
    for name in NEAR:
        yield of(name, f"near_{name}", Family.NEAR, "{}: anomaly of the stations around, near ones most")
    for name in MINUS_NEAR:
        yield of(name, f"{name}_minus_near", Family.NEAR, "{}: own anomaly less that of the stations around")
    for name in SECTORS[issue]:
        for sector in Network.sector_names():
            yield of(name, f"{name}_{sector}", Family.SECTOR, f"{{}}: anomaly towards {sector}")
    for name in SLOPES[issue]:
        for toward in ("eastward", "northward"):
            yield of(
                name, f"{name}_slope_{toward}", Family.SLOPE, f"{{}}: anomaly, {toward} per {SLOPE_KM:g} km"
            )
    for map_name, (quantities, count) in PATTERNS[issue].items():
        for number in range(count):
            words = f"Amplitude of pattern {number + 1} of the map of: {{}}"
            yield of(quantities[0], f"{map_name}_pattern_{number + 1}", Family.PATTERN, words)
    map_name, change, count = PATTERN_CHANGES[issue]
    for number in range(count):
        words = f"Amplitude on pattern {number + 1} of the {map_name} map of: {{}}"
        yield of(change, f"{map_name}_pattern_{number + 1}_change", Family.PATTERN, words)
