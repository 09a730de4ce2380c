"""Drift on the real archive: false alarms and delays, beside the rule of older systems and Evidently.

Everything is fitted to 2007-11 to 2012-12 and judged on 2013-01 to 2016-06.
"""

import json
import os
import warnings
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import ks_2samp

from benchmarks.report import archive, commit, machine, show
from meteo_core.drift.alarms import HARD, POOLED, STATION, episodes
from meteo_core.drift.injection import Injection
from meteo_core.drift.injection_text import inject, parse_injection
from meteo_core.drift.pooled import SEASON_DAYS, WINDOW_DAYS
from meteo_core.drift.replay import replay
from meteo_core.parameters import NUMBERS
from meteo_core.sources.archive import read_archive

RESULTS = Path(__file__).with_name("results") / "drift.json"
FIRST, LAST = date(2013, 1, 1), date(2016, 6, 30)
EVERY = 15
"""Days between the windows that are counted, as overlapping halves."""
WATCHED_DAYS = 45
TRIALS = int(os.environ.get("METEO_BENCH_TRIALS", "60"))
EVIDENTLY_WINDOWS = int(os.environ.get("METEO_BENCH_WINDOWS", "12"))
SAMPLE = 5_000
FAULTS = {
    "+2 hPa, pressure_3pm": ("pressure_3pm", "add=2"),
    "+2 hPa, pressure_9am": ("pressure_9am", "add=2"),
    "°C as °F, temp_3pm": ("temp_3pm", "unit=fahrenheit"),
    "°C as °F, temp_9am": ("temp_9am", "unit=fahrenheit"),
    "m/s as km/h, wind_gust_speed": ("wind_gust_speed", "unit=m/s"),
    "m/s as km/h, wind_speed_3pm": ("wind_speed_3pm", "unit=m/s"),
    "m/s as km/h, wind_speed_9am": ("wind_speed_9am", "unit=m/s"),
    "stuck, pressure_3pm": ("pressure_3pm", "stuck"),
    "stuck, temp_9am": ("temp_9am", "stuck"),
    "stuck, humidity_3pm": ("humidity_3pm", "stuck"),
}


def run() -> None:
    """Print and write both tables; METEO_BENCH_TRIALS and METEO_BENCH_WINDOWS say how many of each."""
    rows = read_archive(archive().read_bytes(), origin=str(archive()))[["station", "date", *NUMBERS]]
    found = replay(rows, FIRST, LAST)
    false = _false_alarms(rows, found.alarms)
    older, evidently = _older_rule(rows), _evidently(rows)
    show(
        ["rule", "windows", "alarms", "share"],
        [
            ("ours, pooled", *_share(false["pooled"])),
            ("older: KS p < .05 on any, or mean shift > 10 %", *_share(older)),
            ("Evidently DataDriftPreset: any column", *_share(evidently["any"])),
            ("Evidently DataDriftPreset: half the columns", *_share(evidently["dataset"])),
        ],
    )
    show(
        ["kind of alarm at a station", "alarms", "for each station-year"],
        [
            (kind, count, f"{count / false['station_years']:.3f}")
            for kind, count in false["of_stations"].items()
        ],
    )
    delays = {name: _delays(rows, *fault) for name, fault in FAULTS.items()}
    show(
        ["fault at one station", "trials", "median, days", "in 6 days", "in 30 days"],
        [
            (
                name,
                result["trials"],
                result["median_days"],
                f"{result['in_6']:.0%}",
                f"{result['in_30']:.0%}",
            )
            for name, result in delays.items()
        ],
    )
    RESULTS.parent.mkdir(exist_ok=True)
    stored = {
        "commit": commit(),
        "machine": machine(),
        "judged": [str(FIRST), str(LAST)],
        "false_alarms": false,
        "older_rule": older,
        "evidently": evidently,
        "delays": delays,
        "thresholds": [
            {"kind": t.kind, "parameter": t.parameter, "value": t.value, "rows": t.rows}
            for t in found.thresholds
        ],
    }
    RESULTS.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")
    of_stations = sum(false["of_stations"].values()) / false["station_years"]
    pressure = delays["+2 hPa, pressure_3pm"]
    print(
        f"drift: {false['pooled']['alarms'] / false['pooled']['windows']:.1%} of pooled windows and "
        f"{of_stations:.2f} alarms for each station-year are false; +2 hPa found after "
        f"{pressure['median_days']:g} days (median), {pressure['in_30']:.0%} in 30; written to {RESULTS.name}"
    )


def _windows() -> list[pd.Timestamp]:
    """Last days of the windows that are counted."""
    return list(
        pd.date_range(pd.Timestamp(FIRST) + pd.Timedelta(days=WINDOW_DAYS - 1), LAST, freq=f"{EVERY}D")
    )


def _false_alarms(rows: pd.DataFrame, alarms: pd.DataFrame) -> dict[str, Any]:
    """No fault is known in these years, so that every alarm counts as false."""
    pooled = alarms[alarms["kind"] == POOLED]
    ends = _windows()
    told = episodes(alarms[alarms["kind"] != POOLED])
    judged = rows[rows["date"].between(pd.Timestamp(FIRST), pd.Timestamp(LAST))]
    return {
        "pooled": {"windows": len(ends), "alarms": int(pooled["date"].drop_duplicates().isin(ends).sum())},
        "pooled_days": {"windows": (LAST - FIRST).days + 1, "alarms": int(pooled["date"].nunique())},
        "of_stations": {kind: int((told["kind"] == kind).sum()) for kind in (STATION, HARD)},
        "by_parameter": {
            f"{kind} {parameter}": len(some)
            for (kind, parameter), some in told.groupby(["kind", "parameter"])
        },
        "station_years": len(judged) / 365.25,
    }


def _delays(rows: pd.DataFrame, parameter: str, fault: str) -> dict[str, Any]:
    """Days from the fault to the first alarm that names station and parameter, over random beginnings.

    The fault's first day is day 1. Beginnings are random days and stations that observe the parameter and
    have no alarm of it already. One fault each at eight stations, at times of their own, is put in at once.
    """
    chosen = np.random.default_rng(0)
    quiet = replay(rows, FIRST, LAST, names=(parameter,)).alarms
    known = rows[rows[parameter].notna() & (rows["date"] >= pd.Timestamp(FIRST))]
    counts = known["station"].value_counts()
    places = counts.index[counts.to_numpy() > 0.8 * counts.max()].to_numpy()
    latest = (LAST - FIRST).days - WATCHED_DAYS
    delays: list[float] = []
    while len(delays) < TRIALS:
        some = chosen.permutation(places)[:8]
        begin = [FIRST + timedelta(days=int(day)) for day in chosen.integers(0, latest, size=len(some))]
        faults = [
            parse_injection(
                f"station={place},parameter={parameter},{fault},from={day},"
                f"to={day + timedelta(days=WATCHED_DAYS - 1)}"
            )
            for place, day in zip(some, begin, strict=True)
        ]
        alarms = replay(inject(rows, faults), FIRST, LAST, names=(parameter,)).alarms
        delays += [_delay(alarms, each) for each in faults if _is_fair(known, quiet, each)]
    found = np.array(delays[:TRIALS])
    return {
        "trials": len(found),
        "median_days": float(np.median(found)),
        "in_6": float((found <= 6).mean()),
        "in_30": float((found <= 30).mean()),
    }


def _is_fair(known: pd.DataFrame, quiet: pd.DataFrame, fault: Injection) -> bool:
    """Whether the station observes then, and has no alarm of the parameter without the fault."""
    day = pd.Timestamp(fault.first)
    around = pd.date_range(day - pd.Timedelta(days=3), day)
    already = ((quiet["station"] == fault.station) & quiet["date"].isin(around)).any()
    observed = (known["station"] == fault.station) & known["date"].between(day, day + pd.Timedelta(days=9))
    return bool(observed.sum() >= 9 and not already)


def _delay(alarms: pd.DataFrame, fault: Injection) -> float:
    begin, end = pd.Timestamp(fault.first), pd.Timestamp(fault.last or LAST)
    of_it = alarms[(alarms["station"] == fault.station) & alarms["date"].between(begin, end)]
    return float((of_it["date"].min() - begin).days + 1) if len(of_it) else np.inf


def _older_rule(rows: pd.DataFrame) -> dict[str, Any]:
    """KS p < .05 on any parameter, or its mean off by more than 10 %: windows against all of the past."""
    reference = rows[rows["date"] < pd.Timestamp(FIRST)]
    alarms = 0
    ends = _windows()
    for end in ends:
        current = _window(rows, end)
        alarms += any(_differs(current[name].dropna(), reference[name].dropna()) for name in NUMBERS)
    return {"windows": len(ends), "alarms": alarms}


def _differs(current: pd.Series, reference: pd.Series) -> bool:
    if current.empty:
        return False
    shift = abs(current.mean() - reference.mean()) / abs(reference.mean())
    tested: Any = ks_2samp(current, reference, method="asymp")
    return bool(shift > 0.1 or tested.pvalue < 0.05)


def _evidently(rows: pd.DataFrame) -> dict[str, Any]:
    """Evidently's preset as it comes, against the same season of the past, sampled."""
    os.environ.setdefault("DO_NOT_TRACK", "true")
    ends = _windows()[:: max(1, len(_windows()) // EVIDENTLY_WINDOWS)][:EVIDENTLY_WINDOWS]
    columns, halves = 0, 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from evidently import Report
        from evidently.presets import DataDriftPreset

        for end in ends:
            reference = _same_season(rows, end)
            result = Report([DataDriftPreset()]).run(
                _window(rows, end)[list(NUMBERS)],
                reference[list(NUMBERS)].sample(min(SAMPLE, len(reference)), random_state=0),
            )
            drifted = next(
                metric["value"]
                for metric in result.dict()["metrics"]
                if "DriftedColumns" in metric["metric_name"]
            )
            columns += drifted["count"] > 0
            halves += drifted["share"] >= 0.5
    return {
        "any": {"windows": len(ends), "alarms": int(columns)},
        "dataset": {"windows": len(ends), "alarms": int(halves)},
    }


def _window(rows: pd.DataFrame, end: pd.Timestamp) -> pd.DataFrame:
    return rows[rows["date"].between(end - pd.Timedelta(days=WINDOW_DAYS - 1), end)]


def _same_season(rows: pd.DataFrame, end: pd.Timestamp) -> pd.DataFrame:
    """Days before `FIRST` in the season of this window."""
    past = rows[rows["date"] < pd.Timestamp(FIRST)]
    middle = end - pd.Timedelta(days=WINDOW_DAYS / 2)
    off = (past["date"] - middle).dt.days.to_numpy() % 365.25
    return past[np.minimum(off, 365.25 - off) <= WINDOW_DAYS / 2 + SEASON_DAYS]


def _share(counted: dict[str, int]) -> Sequence[object]:
    return counted["windows"], counted["alarms"], f"{counted['alarms'] / counted['windows']:.1%}"
