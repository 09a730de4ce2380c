"""Runs whose processes ended with the code server, on a real Dagster instance."""

from collections.abc import Iterator

import dagster as dg
import pytest

from meteo_assets.code_server import MESSAGE, end_orphans

STARTED, CANCELING = dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING
WAITING, SUCCESS = dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.SUCCESS


@dg.op
def _nothing() -> None:
    return None


@dg.job
def _job() -> None:
    _nothing()


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dg.DagsterInstance]:
    with dg.instance_for_test(temp_dir=str(tmp_path_factory.mktemp("dagster"))) as instance:
        yield instance


def status_after(instance: dg.DagsterInstance, before: dg.DagsterRunStatus) -> dg.DagsterRunStatus:
    run_id = instance.create_run_for_job(_job, status=before).run_id
    end_orphans(instance)
    run = instance.get_run_by_id(run_id)
    assert run is not None
    return run.status


@pytest.mark.fault("kill -9 of the code server", "its runs are told as ended, their places free")
@pytest.mark.parametrize(
    ("before", "after"),
    [
        (dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.FAILURE),
        (STARTED, dg.DagsterRunStatus.FAILURE),
        (CANCELING, dg.DagsterRunStatus.CANCELED),
        # Nobody has begun with it yet: it is started now.
        (WAITING, WAITING),
        (SUCCESS, SUCCESS),
    ],
)
def test_a_run_that_was_under_way_is_told_as_ended(
    instance: dg.DagsterInstance, before: dg.DagsterRunStatus, after: dg.DagsterRunStatus
):
    assert status_after(instance, before) is after


def test_runs_of_runners_go_on_without_the_code_server(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("METEO_BROKER", "redis://127.0.0.1:1/0")
    launcher = {"module": "meteo_assets.runners.launcher", "class": "RunnerLauncher"}

    with dg.instance_for_test(overrides={"run_launcher": launcher}) as instance:
        run_id = instance.create_run_for_job(_job, status=STARTED).run_id

        assert end_orphans(instance) == []
        assert instance.get_run_by_id(run_id).status is STARTED


def test_its_log_says_why(instance: dg.DagsterInstance):
    run_id = instance.create_run_for_job(_job, status=STARTED).run_id

    assert run_id in end_orphans(instance)
    assert any(MESSAGE in entry.message for entry in instance.all_logs(run_id))
