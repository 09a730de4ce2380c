"""Skill on the real archive: year by year and on fixed splits, beside the classic pipeline."""

import json
import os
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.classic import classic_chances
from benchmarks.incomplete import incomplete_requests
from benchmarks.report import commit, machine, show
from benchmarks.weather_aus import real_observations
from meteo_core.calendar import Issue
from meteo_core.features.daily import build_features
from meteo_core.labels import PREDICTAND, THRESHOLDS, label_days
from meteo_core.model.held_out import scores_of
from meteo_core.model.training import backtest
from meteo_core.verification import score

RESULTS = Path(__file__).with_name("results") / "skill.json"
LAST = date(2016, 6, 30)
DEVELOPMENT_SPLIT = "2015-07 to 2016-06"


@dataclass(frozen=True)
class Split:
    """Days to train on, and the days after them to forecast."""

    name: str
    first: date
    last: date


YEARS = [Split(f"{year}", date(year, 1, 1), min(date(year, 12, 31), LAST)) for year in range(2012, 2017)]
FIXED = [
    Split("2014-07 to 2015-06", date(2014, 7, 1), date(2015, 6, 30)),
    Split(DEVELOPMENT_SPLIT, date(2015, 7, 1), LAST),
]


def run() -> None:
    """Print and write the scores of every split; METEO_BENCH_SPLITS names some of them, by comma."""
    observations = real_observations()
    features, labels = build_features(observations), label_days(observations)
    chosen = os.environ.get("METEO_BENCH_SPLITS", "").split(",")
    splits = [split for split in (*YEARS, *FIXED) if chosen == [""] or split.name in chosen]

    results = []
    for split in splits:
        for issue in Issue:
            results.append(_measure(split, issue, observations, features, labels))
            print(_line(results[-1]), flush=True)
    show(
        ["test days", "issue", "rows", "ROC area", "skill", "accuracy", "ECE", "worst station"],
        [row for result in results for row in _rows(result)],
    )
    show(
        ["test days", "issue", *(rule.words for rule in THRESHOLDS.values())],
        [
            (r["split"], r["issue"], *(f"{skill:.3f}" for skill in r["skill_by_threshold"].values()))
            for r in results
        ],
    )
    incomplete = incomplete_requests(observations, features, labels)
    show(
        ["own fields", "of the others", "route", "ROC area", "skill", "ECE"],
        [
            (
                r["own"],
                r["context"],
                r["route"],
                f"{r['roc_area']:.4f}",
                f"{r['skill']:.3f}",
                f"{r['ece']:.4f}",
            )
            for r in incomplete
        ],
    )
    RESULTS.parent.mkdir(exist_ok=True)
    stored = {"commit": commit(), "machine": machine(), "splits": results, "incomplete": incomplete}
    RESULTS.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")
    ours = [r for r in results if r["issue"] == Issue.EVENING]
    print(
        f"skill: evening ROC area {min(r['ours']['roc_area'] for r in ours):.4f} to "
        f"{max(r['ours']['roc_area'] for r in ours):.4f} over {len(ours)} splits, the classic pipeline "
        f"{min(r['classic']['roc_area'] for r in ours):.4f} to "
        f"{max(r['classic']['roc_area'] for r in ours):.4f}; written to {RESULTS.name}"
    )


def _measure(
    split: Split, issue: Issue, observations: pd.DataFrame, features: pd.DataFrame, labels: pd.DataFrame
) -> dict[str, Any]:
    started = time.perf_counter()
    made = backtest(
        features, labels, train_before=split.first, first=split.first, last=split.last, issue=issue
    )
    seconds = time.perf_counter() - started
    known = made.dropna(subset=[PREDICTAND.name])
    result = {
        "split": split.name,
        "issue": issue.value,
        "seconds": round(seconds),
        "ours": scores_of(known).as_dict(),
        "skill_by_threshold": {rule: scores_of(known, rule).skill_over_climatology for rule in THRESHOLDS},
        "roc_area_by_station": {
            str(station): scores_of(rows).roc_area for station, rows in known.groupby("station")
        },
    }
    if issue is Issue.EVENING:
        result["classic"] = score(
            wet=known[PREDICTAND.name].to_numpy(),
            chance=classic_chances(
                observations, labels, train_before=pd.Timestamp(split.first), keys=known[["station", "date"]]
            ),
            climatology=known[f"climatology_{PREDICTAND.name}"].to_numpy(),
            markov=known[f"markov_{PREDICTAND.name}"].to_numpy(),
            wet_today=known["wet_today"].to_numpy(),
        ).as_dict()
    return result


def _rows(result: dict[str, Any]) -> list[tuple[str, ...]]:
    worst = min(result["roc_area_by_station"].items(), key=lambda station: station[1])
    rows = [_figures(result, "ours", f"{worst[0]} {worst[1]:.3f}")]
    return rows + ([_figures(result, "classic", "")] if "classic" in result else [])


def _figures(result: dict[str, Any], whose: str, worst: str) -> tuple[str, ...]:
    scores = result[whose]
    return (
        result["split"],
        result["issue"] if whose == "ours" else "classic",
        f"{scores['rows']:,}",
        f"{scores['roc_area']:.4f}",
        f"{scores['skill_over_climatology']:.3f}",
        f"{scores['accuracy']:.4f}",
        f"{scores['calibration_error']:.4f}",
        worst,
    )


def _line(result: dict[str, Any]) -> str:
    scores = result["ours"]
    return (
        f"{result['split']} {result['issue']}: ROC area {scores['roc_area']:.4f}, "
        f"skill {scores['skill_over_climatology']:.3f}, {result['seconds']} s"
    )
