"""How single values are written in the Bureau's monthly documents, read and rendered.

Nothing is guessed: a text that does not keep to the format refuses the document, with its line.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Final

import numpy as np
import pandas as pd

from meteo_core.parameters import COMPASS_POINTS, PARAMETERS, WIND_PAIRS, Kind
from meteo_core.sources.bureau_document import MonthOfStation
from meteo_core.sources.observations import observation_frame
from meteo_core.sources.protocol import MalformedDocument

BUREAU_PARAMETERS: Final = tuple(name for name, p in PARAMETERS.items() if p.bureau_column is not None)
"""The 20 parameters of a document, in its order; `rain_today` is not among them."""

CALM: Final = "Calm"
"""Written in place of a speed: the speed is 0 and there is no direction."""

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?", re.ASCII)
_CLOCK = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d", re.ASCII)
_POINTS: Final = {"": None, **{point: point for point in COMPASS_POINTS}}


# A document has hundreds of values and thousands of documents repeat them: parsing each text once is what
# makes reading fast.
@lru_cache(maxsize=1 << 16)
def _number(text: str) -> float:
    stripped = text.strip()
    if not stripped:
        return float("nan")
    # float() would also take "nan", "1e5" and "1_000".
    if not _NUMBER.fullmatch(stripped):
        raise ValueError("is not a number")
    return float(stripped)


def _speed(text: str) -> float:
    return 0.0 if text.strip() == CALM else _number(text)


def _point(text: str) -> str | None:
    try:
        return _POINTS[text.strip()]
    except KeyError:
        raise ValueError("is not a compass point") from None


def _clock(text: str) -> str | None:
    stripped = text.strip()
    if not stripped:
        return None
    if not _CLOCK.fullmatch(stripped):
        raise ValueError("is not a time HH:MM")
    return stripped


_SPEEDS: Final = frozenset(speed for speed, _ in WIND_PAIRS.values())
_BY_KIND: Final = {Kind.COMPASS: _point, Kind.CLOCK: _clock}


def _parser(name: str) -> Callable[[str], float | str | None]:
    if name in _SPEEDS:
        return _speed
    return _BY_KIND.get(PARAMETERS[name].kind, _number)


_PARSERS: Final = {name: _parser(name) for name in BUREAU_PARAMETERS}


def observations_of_month(
    holds: MonthOfStation,
    days: Sequence[int],
    texts: Mapping[str, Sequence[str]],
    *,
    origin: str,
    lines: Sequence[int] | None,
) -> pd.DataFrame:
    """Frame of one station and month from the texts of its cells, sorted by day.

    `texts` holds one text per day for each of `BUREAU_PARAMETERS`. `lines` are the 1-based lines in the
    document, None where it has none. A day that is there twice with equal values is given once. Raises
    `MalformedDocument` for a text that cannot be read and for a day that is there twice with other values.
    """
    values = {
        name: _column(name, parse, texts[name], holds=holds, origin=origin, lines=lines)
        for name, parse in _PARSERS.items()
    }
    for speed, direction in WIND_PAIRS.values():
        values[direction][[text.strip() == CALM for text in texts[speed]]] = None
    day_numbers = np.asarray(days, dtype=np.int64)
    observations = observation_frame(
        holds.station.station, np.datetime64(holds.month, "D") + (day_numbers - 1), values
    )

    if np.all(day_numbers[1:] > day_numbers[:-1]):
        return observations
    return _each_day_once(observations, day_numbers, holds=holds, origin=origin, lines=lines)


def _column(
    name: str,
    parse: Callable[[str], float | str | None],
    texts: Sequence[str],
    *,
    holds: MonthOfStation,
    origin: str,
    lines: Sequence[int] | None,
) -> np.ndarray:
    try:
        return np.array(
            [parse(text) for text in texts], dtype=float if PARAMETERS[name].kind is Kind.NUMBER else object
        )
    except ValueError:
        for row, text in enumerate(texts):
            try:
                parse(text)
            except ValueError as error:
                raise MalformedDocument(
                    origin,
                    f"{PARAMETERS[name].bureau_column} reads {text[:40]!r}, which {error}",
                    line=lines[row] if lines else None,
                    station=holds.station.station,
                ) from error
        raise


def _each_day_once(
    observations: pd.DataFrame,
    day_numbers: np.ndarray,
    *,
    holds: MonthOfStation,
    origin: str,
    lines: Sequence[int] | None,
) -> pd.DataFrame:
    different = observations.drop_duplicates()
    repeated = different["date"].duplicated()
    if repeated.any():
        row = int(repeated.index[repeated.to_numpy()][0])
        raise MalformedDocument(
            origin,
            f"day {day_numbers[row]} is there twice with different values",
            line=lines[row] if lines else None,
            station=holds.station.station,
        )
    return different.sort_values("date", ignore_index=True)


def cell_texts(observations: pd.DataFrame) -> dict[str, list[str]]:
    """Texts of the cells by parameter, as the Bureau writes them; the reverse of `observations_of_month`.

    Numbers are rounded to the decimals of the parameter table.
    """
    texts = {name: _texts(name, observations[name].tolist()) for name in BUREAU_PARAMETERS}
    for speed, direction in WIND_PAIRS.values():
        calm = (observations[speed].to_numpy() == 0.0) & observations[direction].isna().to_numpy()
        for row in np.flatnonzero(calm).tolist():
            texts[speed][row] = CALM
            texts[direction][row] = " "
    return texts


def _texts(name: str, values: list) -> list[str]:
    if PARAMETERS[name].kind is not Kind.NUMBER:
        return ["" if value is None else value for value in values]
    if PARAMETERS[name].decimals == 0:
        return [f"{value:z.0f}" if value == value else "" for value in values]
    texts = [f"{value:z.1f}" if value == value else "" for value in values]
    # Alone among the tenths, a day without rain is written without its decimal.
    return ["0" if text == "0.0" else text for text in texts] if name == "rainfall" else texts
