"""The same figures in this process and on two workers in processes of their own."""

import os
import socket
import time
from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from distributed import Client, LocalCluster, MultiLock
from sklearn.metrics import roc_auc_score

from meteo_core.calendar import Issue
from meteo_core.compute.engine import ClusterDoesNotAnswer, Engine, InProcess, engine
from meteo_core.compute.windows import Window, days_at_once, split, with_look_back
from meteo_core.features.daily import LOOK_BACK_DAYS, build_features, features_since
from meteo_core.features.predictor_table import Variant
from meteo_core.features.predictors import Predictors
from meteo_core.model.recipe import Recipe
from meteo_tests.core.days import JUNE_1, simulated, simulated_training


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0"
    ) as cluster:
        yield cluster.scheduler_address


@pytest.fixture(scope="module")
def cluster(scheduler: str) -> Iterator[Engine]:
    with engine(scheduler) as compute:
        yield compute


def features_of(piece: tuple[pd.DataFrame, date]) -> pd.DataFrame:
    return features_since(*piece)


def predictors_of(features: pd.DataFrame, predictors: Predictors) -> np.ndarray:
    return predictors.transform(features).matrix


def process_of(_: int) -> int:
    time.sleep(0.05)  # long enough for the other worker to take its share
    return os.getpid()


def fails_on_three(number: int) -> int:
    if number == 3:
        raise ValueError("three is refused")
    return number


def test_windows_hold_every_day_once_and_in_order():
    windows = list(split(date(2024, 1, 30), date(2024, 2, 3), days=2))

    assert windows == [
        Window(date(2024, 1, 30), date(2024, 1, 31)),
        Window(date(2024, 2, 1), date(2024, 2, 2)),
        Window(date(2024, 2, 3), date(2024, 2, 3)),
    ]


def test_windows_come_with_the_days_before_them_and_no_day_is_read_twice():
    rows = pd.DataFrame({"date": pd.date_range("2024-01-01", periods=20)})
    read = []

    def days(first: date, last: date) -> pd.DataFrame:
        read.append((first, last))
        return rows[rows["date"].between(pd.Timestamp(first), pd.Timestamp(last))]

    windows = list(split(date(2024, 1, 6), date(2024, 1, 20), days=5))
    given = list(with_look_back(days, windows, days=3))

    assert [(piece["date"].min().day, piece["date"].max().day) for piece, _ in given] == [
        (3, 10),
        (8, 15),
        (13, 20),
    ]
    assert [len(piece) for piece, _ in given] == [8, 8, 8]
    assert [first.day for _, first in given] == [6, 11, 16]
    assert [(first.day, last.day) for first, last in read] == [(3, 10), (11, 15), (16, 20)]


def test_our_whole_record_is_one_window_and_a_large_networks_is_not():
    assert days_at_once(49) > 20 * 366
    assert days_at_once(20_000, least=LOOK_BACK_DAYS) == LOOK_BACK_DAYS
    assert days_at_once(1_000_000) == 1


def test_without_a_setting_work_stays_in_this_process():
    with engine("") as compute:
        assert isinstance(compute, InProcess)
        assert list(compute.map(process_of, [1])) == [os.getpid()]


def test_pieces_go_to_other_processes_and_come_back_in_order(cluster: Engine):
    processes = list(cluster.map(process_of, range(8)))

    assert os.getpid() not in processes
    assert len(set(processes)) == 2
    assert list(cluster.map(fails_on_three, range(3))) == [0, 1, 2]


def test_an_error_on_a_worker_is_raised_here_as_it_was(cluster: Engine):
    with pytest.raises(ValueError, match="three is refused"):
        list(cluster.map(fails_on_three, range(6)))


def test_pieces_are_not_read_ahead_of_the_workers(cluster: Engine):
    read = []

    def pieces() -> Iterator[int]:
        for number in range(50):
            read.append(number)
            yield number

    made = cluster.map(process_of, pieces())
    next(made)

    assert len(read) <= 5
    made.close()


def test_features_of_windows_on_workers_are_those_of_the_whole_range_here(cluster: Engine):
    observations = simulated(JUNE_1, JUNE_1 + timedelta(days=149), stations=6)
    windows = list(split(JUNE_1, JUNE_1 + timedelta(days=149), days=50))
    pieces = [
        (
            observations[
                observations["date"].between(
                    pd.Timestamp(w.first - timedelta(days=LOOK_BACK_DAYS)), pd.Timestamp(w.last)
                )
            ],
            w.first,
        )
        for w in windows
    ]

    by_window = pd.concat(cluster.map(features_of, pieces), ignore_index=True)

    pd.testing.assert_frame_equal(by_window, build_features(observations), rtol=1e-9, atol=1e-9)


def test_a_model_goes_to_the_workers_and_sees_there_what_it_sees_here(cluster: Engine):
    features, _ = simulated_training(250, stations=6)
    predictors = Predictors.fit(features, Issue.MORNING)

    there = next(iter(cluster.map(predictors_of, [features], predictors)))

    np.testing.assert_array_equal(there, predictors.transform(features).matrix)


def test_trees_grown_on_two_workers_are_as_good_as_those_grown_here(cluster: Engine):
    random = np.random.default_rng(3)
    matrix = random.normal(size=(6_000, 8)).astype(np.float32)
    matrix[random.random(matrix.shape) < 0.1] = np.nan
    chance = 1 / (1 + np.exp(-np.nan_to_num(matrix[:, :4]).sum(axis=1)))
    wet = (random.random(len(matrix)) < chance).astype(float)
    settings = Recipe(depth=3, share_of_rows=1.0, share_of_predictors=1.0).for_xgboost(Variant.FULL)
    names, taught = [f"p{number}" for number in range(8)], slice(0, 4_000)

    areas = []
    for where in (InProcess(), cluster):
        trees = where.grow(matrix[taught], wet[taught], names=names, settings=settings, rounds=20)
        areas.append(roc_auc_score(wet[4_000:], trees.inplace_predict(matrix[4_000:])))

    assert areas[0] > 0.75
    assert areas[1] == pytest.approx(areas[0], abs=1e-3)


@pytest.mark.fault(
    "kill -9 of a run while it trains on Dask workers", "the next training is not kept waiting"
)
def test_a_training_that_was_killed_keeps_no_other_waiting(scheduler: str, cluster: Engine):
    with Client(scheduler, set_as_default=False) as killed:
        workers = list(killed.scheduler_info(n_workers=-1)["workers"])
        MultiLock(workers, killed).acquire()  # as xgboost.dask does, and never given back
    matrix, wet = np.eye(40, 8, dtype=np.float32), np.arange(40) % 2.0

    names = [f"p{number}" for number in range(8)]
    trees = cluster.grow(matrix, wet, names=names, settings=Recipe().for_xgboost(Variant.FULL), rounds=2)

    assert trees.num_boosted_rounds() == 2


def test_a_scheduler_that_is_not_there_is_named_with_what_to_do(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("meteo_core.compute.engine.ANSWER_SECONDS", 1.0)
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{nobody.getsockname()[1]}"

        said = f"{address} .METEO_DASK_SCHEDULER.: start one"
        with pytest.raises(ClusterDoesNotAnswer, match=said), engine(address):
            raise AssertionError("there is none")


def test_what_is_no_address_is_refused_alike():
    with pytest.raises(ClusterDoesNotAnswer, match="METEO_DASK_SCHEDULER"), engine("scheduler, please"):
        raise AssertionError("there is none")


def test_a_scheduler_without_workers_is_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("meteo_core.compute.engine.ANSWER_SECONDS", 1.0)
    nobody = LocalCluster(n_workers=0, processes=True, dashboard_address="127.0.0.1:0")
    with nobody, pytest.raises(ClusterDoesNotAnswer, match="has no worker"):  # noqa: SIM117
        with engine(nobody.scheduler_address):
            raise AssertionError("there is none")
