"""The model card: what a model is for, what it was made of, how good it was, where it is not to be used."""

from collections.abc import Iterable, Mapping
from typing import Final

import pandas as pd

from meteo_core.calendar import Issue
from meteo_core.features.predictor_table import predictor_table
from meteo_core.labels import PREDICTAND, THRESHOLDS
from meteo_core.markdown import table
from meteo_core.model.training import Trained
from meteo_core.verification.pairs import held_out_pairs
from meteo_core.verification.summary import summarise

_CARD: Final = """\
# Model card: chance of rain at Australian stations

**What it says.** The chance of {main} of rain at a station between 9 am of a day and 9 am of the next,
station time, and of {others}. Missing rain is unknown, never dry.

**For.** People and programs who weigh a chance of rain at one of the stations named below, for the running
day. **Not for** warnings, rain at other places, several days ahead, or amounts to the millimetre.

**Made from.** {made_from}. Trained on {rows:,} station days of {stations} stations, {trained_from} to
{trained_until}, of which {base_rate:.1%} were wet; training set `{training_set}`.

**How.** Gradient-boosted trees (XGBoost) and small networks (scikit-learn) see the same predictors; their log
odds are blended by logistic regression at each threshold, fitted on the last year, which twins of the members
had not seen. All scores below are of those twins on that year, each half of it scored by weights fitted on
the other: {held_out_from} to {held_out_until}.

{issues}

## Predictors

{predictors}

## Limits

- Skill was lowest at {least_skilled} in the evening. A station far from all others gains little from them.
- Sensors change: sunshine, evaporation and cloud are reported ever less often. What a station usually reports
  and does not report today is filled in from the stations around.
- Rare amounts rest on few events: at 25 mm and more trust the skill, not the second digit.
- Skill differs from year to year by more than a retraining is worth.

**Licence.** Observations are the Bureau of Meteorology's (Commonwealth of Australia).
"""

_OF_ISSUE: Final = """\
## {name}: {words}

{by_threshold}

Skill is over climatology of station and month, with its interval of 95 % (bootstrap over weeks).

{by_route}

{by_season}

<details><summary>By station</summary>

{by_station}

</details>"""

_ISSUES: Final = {
    Issue.EVENING: "the day itself; its window began at 9 am, so it is part forecast, part nowcast",
    Issue.MORNING: "the 9 am observation, and all of the day before",
}
_ROUTES: Final = {
    "full": "the whole day known, here and around",
    "afternoon": "as issued in the evening, when maxima, sunshine and gusts are not known yet",
    "local": "the station's own day alone",
}
_SCORES: Final = ("roc_area", "brier_score", "skill_over_climatology", "accuracy", "calibration_error")
_COLUMNS: Final = (
    *("days", "observed", "Brier score", "skill", "interval"),
    *("ROC area", "calibration error"),
)


def model_card(trained: Mapping[Issue, Trained], *, made_from: Mapping[str, str]) -> str:
    """Markdown text from one training; `made_from` names code and data (commit, as-of timestamp)."""
    card = trained[Issue.EVENING].model.card
    pairs = {issue: held_out_pairs(each.held_out) for issue, each in trained.items()}
    by_station = {issue: summarise(_main(of_issue), by=["station"]) for issue, of_issue in pairs.items()}
    return _CARD.format(
        main=PREDICTAND.words,
        others=", ".join(rule.words for rule in THRESHOLDS.values() if rule is not PREDICTAND),
        made_from="; ".join(f"{name} `{value}`" for name, value in made_from.items()),
        training_set=card["training_set_sha256"][:16],
        issues="\n\n".join(
            _of_issue(issue, each, pairs[issue], by_station[issue]) for issue, each in trained.items()
        ),
        predictors=_predictors(),
        least_skilled=_least_skilled(by_station[Issue.EVENING]),
        **{
            name: card[name]
            for name in (
                *("rows", "stations", "trained_from", "trained_until", "base_rate"),
                *("held_out_from", "held_out_until"),
            )
        },
    )


def _of_issue(issue: Issue, trained: Trained, pairs: pd.DataFrame, by_station: pd.DataFrame) -> str:
    by_threshold = summarise(pairs, by=["threshold"]).set_index("threshold").loc[list(THRESHOLDS)]
    by_season = summarise(_main(pairs), by=["season"])
    routes = [
        (f"{route}: {_ROUTES[route]}", *(f"{scores[name]:.4f}" for name in _SCORES))
        for route, scores in trained.model.card["scores"].items()
    ]
    return _OF_ISSUE.format(
        name=issue.value.capitalize(),
        words=_ISSUES[issue],
        by_threshold=table(
            ["threshold", *_COLUMNS], _rows(by_threshold, [rule.words for rule in THRESHOLDS.values()])
        ),
        by_route=table(["what is known", *(name.replace("_", " ") for name in _SCORES)], routes),
        by_season=table(["season", *_COLUMNS], _rows(by_season, by_season["season"])),
        by_station=table(["station", *_COLUMNS], _rows(by_station, by_station["station"])),
    )


def _main(pairs: pd.DataFrame) -> pd.DataFrame:
    return pairs[pairs["threshold"] == PREDICTAND.name]


def _least_skilled(by_station: pd.DataFrame) -> str:
    """The station of lowest skill over climatology, with that skill."""
    least = by_station.sort_values("skill_over_climatology").iloc[0]
    return f"{least['station']} ({least['skill_over_climatology']:.3f})"


def _rows(summary: pd.DataFrame, names: Iterable[object]) -> list[tuple[str, ...]]:
    return [
        (
            str(name),
            f"{row['rows']:,}",
            f"{row['base_rate']:.1%}",
            f"{row['brier_score']:.4f}",
            f"{row['skill_over_climatology']:.3f}",
            f"{row['skill_over_climatology_low']:.3f} to {row['skill_over_climatology_high']:.3f}",
            f"{row['roc_area']:.3f}",
            f"{row['calibration_error']:.3f}",
        )
        for name, row in zip(names, summary.to_dict("records"), strict=True)
    ]


def _predictors() -> str:
    """How many predictors of each family there are, by issue time."""
    counts = pd.DataFrame(
        {
            issue.value: pd.Series([p.family.value for p in predictor_table(issue)]).value_counts(sort=False)
            for issue in Issue
        }
    )
    return table(["family", *counts.columns], counts.itertuples())
