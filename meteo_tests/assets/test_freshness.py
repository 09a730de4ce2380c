"""A daily asset that is not made by its deadline is late, in the words of Dagster's own UI."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import pytest
from dagster._core.remote_origin import InProcessCodeLocationOrigin
from dagster._core.test_utils import InProcessTestWorkspaceLoadTarget, freeze_time
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._daemon.freshness import FreshnessDaemon
from dagster_graphql.test.utils import execute_dagster_graphql

from meteo_assets.definitions import build_definitions
from meteo_assets.settings import Settings

SYDNEY = ZoneInfo("Australia/Sydney")
STATES = "{ assetNodes { assetKey { path } freshnessStatusInfo { freshnessStatus } } }"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("METEO_HOME", str(home))
        yield home


def states(instance: dg.DagsterInstance, at: datetime) -> dict[str, str | None]:
    """What the UI is told of each asset after the daemon looked at this moment."""
    origin = InProcessCodeLocationOrigin(LoadableTargetOrigin(module_name="meteo_assets.definitions"))
    target = InProcessTestWorkspaceLoadTarget(origin)
    with WorkspaceProcessContext(instance, target) as workspace, freeze_time(at):
        list(FreshnessDaemon().run_iteration(workspace))
        answer = execute_dagster_graphql(workspace.create_request_context(), STATES)
    return {
        node["assetKey"]["path"][0]: (node["freshnessStatusInfo"] or {}).get("freshnessStatus")
        for node in answer.data["assetNodes"]
    }


def test_each_daily_asset_and_the_snapshot_has_a_deadline(home: Path):
    nodes = build_definitions(Settings()).resolve_asset_graph().asset_nodes

    daily = {
        node.key.to_user_string()
        for node in nodes
        if isinstance(node.partitions_def, dg.DailyPartitionsDefinition)
    }

    assert len(daily) >= 7
    assert {node.key.to_user_string() for node in nodes if node.freshness_policy} == daily | {
        "serving_snapshot"
    }


# Dagster asks itself for what it means to drop when it reads definitions of its own process.
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_what_was_not_made_by_the_deadline_is_late_until_it_is(home: Path):
    with dg.instance_for_test() as instance:
        instance.report_runless_asset_event(dg.AssetMaterialization("forecasts"))
        made = datetime.now(SYDNEY)
        evening = made.replace(hour=21, minute=31) + timedelta(days=1)

        at_once = states(instance, made)
        late = states(instance, evening)
        instance.report_runless_asset_event(dg.AssetMaterialization("forecasts"))
        again = states(instance, datetime.now(SYDNEY))

    assert again["forecasts"] == "HEALTHY"
    assert at_once["forecasts"] == "HEALTHY"
    assert late["forecasts"] == "DEGRADED"
    assert late["features"] == "UNKNOWN", "what was never made is not late"
    assert late["rain_model"] is None
