"""The stations: where they stand, which clock they keep, which product of the Bureau holds their days."""

import csv
import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from meteo_core.errors import UnknownStation

TABLE: Final = "METEO_STATIONS"
"""Environment variable that names another table of stations: every process of an installation needs it."""


@dataclass(frozen=True, slots=True)
class Station:
    """A place where weather is observed."""

    station: str
    """Key, as in the weatherAUS table: `CoffsHarbour`."""
    name: str
    state: str
    product: str
    """Code of the Bureau's Daily Weather Observations product: `IDCJDW2030`."""
    station_number: str
    latitude: float
    """Degrees north."""
    longitude: float
    """Degrees east."""
    elevation_m: float
    timezone: str

    @property
    def zone(self) -> ZoneInfo:
        """Clock of the station, daylight saving included."""
        return ZoneInfo(self.timezone)


@cache
def stations() -> Mapping[str, Station]:
    """All stations by key, in alphabetical order of the key.

    The table of this package, or the one that the environment variable `METEO_STATIONS` names.
    """
    table = Path(os.environ[TABLE]) if os.environ.get(TABLE) else files("meteo_core") / "stations.csv"
    with table.open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    return MappingProxyType(
        {
            row["station"]: Station(
                station=row["station"],
                name=row["name"],
                state=row["state"],
                product=row["product"],
                station_number=row["station_number"],
                latitude=float(row["latitude"]),
                longitude=float(row["longitude"]),
                elevation_m=float(row["elevation_m"]),
                timezone=row["timezone"],
            )
            for row in rows
        }
    )


def find_station(key: str) -> Station:
    """Station with this key; raises `UnknownStation` that names the nearest keys."""
    try:
        return stations()[key]
    except KeyError:
        raise UnknownStation(key, nearest=nearest_keys(key)) from None


def nearest_keys(key: str) -> list[str]:
    """Up to three station keys spelt most like `key`, best first."""
    by_folded_key = {known.casefold(): known for known in stations()}
    # Matching cost grows with length squared; no key is longer than 20 characters.
    wanted = key[:40].replace(" ", "").casefold()
    return [by_folded_key[match] for match in difflib.get_close_matches(wanted, by_folded_key, n=3)]
