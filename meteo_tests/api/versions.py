"""Five versions in a real registry: two sound ones, one that failed a check, and two that cannot serve."""

import json
import shutil
from pathlib import Path

import pandas as pd

from meteo_core.home import Home
from meteo_core.model.rain_models import RainModels
from meteo_core.model.registry import (
    CHAMPION,
    CHECK,
    COMPARISON_FILE,
    FAILED,
    HELD_OUT_FILE,
    PASSED,
    STATUS,
    ModelRegistry,
)
from meteo_tests import builders

FIRST, SECOND, FAILING, CUT_SHORT, FOREIGN = 1, 2, 3, 4, 5
HELD_OUT_DAYS = 28


def register_versions(home: Home, weather: pd.DataFrame, models: RainModels) -> None:
    """Fill the registry of a state folder; none is champion yet."""
    home.mlflow.mkdir()
    registry = registry_of(home)
    second = builders.rain_models(weather[weather["date"] < "2016-01-01"])
    builders.registered(registry, [models, second, models, models, models], home.root / "workspace")
    for version in (FIRST, SECOND, FAILING, CUT_SHORT, FOREIGN):
        passed = PASSED if version != FAILING else FAILED
        registry.tag(version, f"{CHECK}rain_model_beats_climatology", passed)
        registry.tag(version, f"{CHECK}rain_model_is_calibrated", PASSED)
        registry.tag(version, STATUS, passed)
        registry.tag(version, "fingerprint", "of other code" if version == FOREIGN else models.fingerprint())
    registry.tag(FIRST, "score.morning_roc_area", "0.8")
    registry.tag(SECOND, "score.morning_roc_area", "0.85")
    keep_comparison(registry, home)
    keep_held_out(registry, home)
    boosters = sorted(home.mlflow.rglob("evening/full.ubj"), key=lambda path: path.stat().st_mtime)
    boosters[CUT_SHORT - 1].write_bytes(boosters[CUT_SHORT - 1].read_bytes()[:200])
    card = boosters[FOREIGN - 1].parent / "rain_model.json"
    card.write_text(json.dumps(json.loads(card.read_text()) | {"fingerprint": "f" * 64}))


def keep_comparison(registry: ModelRegistry, home: Home) -> None:
    """What the pipeline keeps with the second version of comparing it with the first."""
    file = home.root / COMPARISON_FILE
    by_station = [
        {"station": "Albury", "rows": 100, "difference": -0.02, "low": -0.03, "high": -0.01},
        {"station": "Cobar", "rows": 100, "difference": 0.02, "low": 0.01, "high": 0.03},
        {"station": "Moree", "rows": 100, "difference": 0.0, "low": -0.01, "high": 0.01},
    ]
    evening = {
        "issue": "evening",
        "first": "2016-01-01",
        "last": "2016-06-25",
        "rows": 1200,
        "brier_challenger": 0.11,
        "brier_champion": 0.12,
        "difference": [-0.01, -0.015, -0.005],
        "by_station": by_station,
        "by_season": [],
    }
    kept = {
        "challenger": SECOND,
        "champion": FIRST,
        "decision": "better than the champion",
        "against": {"champion": [evening], "itself without pressure_3pm": [evening]},
    }
    file.write_text(json.dumps(kept))
    registry.keep_record(registry.version(SECOND), file)


def keep_held_out(registry: ModelRegistry, home: Home) -> None:
    """What the first version's twin forecast: always 75 % in the evening, and three days of four were wet."""
    days = pd.date_range("2016-05-01", periods=HELD_OUT_DAYS)
    rows = pd.DataFrame({"station": "Albury", "date": days, "issue": "evening", "route": "full"})
    for rule in ("ge_0_2", "gt_1_0", "ge_5_0", "ge_10_0", "ge_25_0"):
        rows[f"p_{rule}"], rows[f"climatology_{rule}"], rows[f"markov_{rule}"] = 0.75, 0.5, 0.5
        rows[rule] = [0.0, 1.0, 1.0, 1.0] * (HELD_OUT_DAYS // 4)
    rows["wet_today"] = 1.0
    file = home.root / HELD_OUT_FILE
    rows.to_parquet(file)
    registry.keep_record(registry.version(FIRST), file)


def own_registry(root: Path, registered_home: Home) -> Home:
    """A registry of one's own, the first version its champion; the models' files are shared."""
    home = Home(root)
    home.mlflow.mkdir()
    shutil.copy(registered_home.mlflow / "mlflow.db", home.mlflow)
    registry_of(home).promote(FIRST, reason="the first", who="a test")
    return home


def registry_of(home: Home) -> ModelRegistry:
    return ModelRegistry(f"sqlite:///{home.mlflow / 'mlflow.db'}", artifacts=home.mlflow / "artifacts")


def champion_of(home: Home) -> int:
    champion = registry_of(home).alias(CHAMPION)
    assert champion is not None
    return champion.version
