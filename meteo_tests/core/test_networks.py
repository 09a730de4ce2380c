from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit

from meteo_core.features.predictor_table import Variant
from meteo_core.model.networks import Inputs, Networks
from meteo_core.model.recipe import Recipe

ROWS = 600


@pytest.fixture(scope="module")
def matrix() -> np.ndarray:
    values = np.random.default_rng(0).normal(size=(ROWS, 4)).astype(np.float32)
    values[::5, 2] = np.nan
    values[:, 3] = np.nan
    return values


@pytest.fixture(scope="module")
def networks(matrix: np.ndarray) -> Networks:
    outcomes = np.column_stack([matrix[:, 0] > t for t in (-1, -0.5, 0, 0.5, 1)])
    recipe = Recipe(networks=2, hidden=(8,), epochs=20, last_steps=(3e-4,), step=1e-2, batch=64)
    with pytest.warns(match="Maximum iterations"):
        return Networks.fit(
            lambda _network, _epoch: matrix,
            np.zeros(ROWS, dtype=int),
            outcomes,
            flags=[2, 3],
            stations=2,
            recipe=recipe,
            variant=Variant.FULL,
        )


def test_networks_learn_one_output_for_each_threshold(matrix: np.ndarray, networks: Networks):
    chances = expit(networks.logits(matrix, np.zeros(ROWS, dtype=int)))

    assert chances.shape == (ROWS, 5)
    assert ((chances[:, 2] > 0.5) == (matrix[:, 0] > 0)).mean() > 0.95


def test_a_row_alone_gets_what_it_gets_among_others(matrix: np.ndarray, networks: Networks):
    station = np.arange(ROWS) % 2
    together = networks.logits(matrix, station)

    alone = np.concatenate([networks.logits(matrix[[row]], station[[row]]) for row in range(50)])

    np.testing.assert_allclose(alone, together[:50], rtol=0, atol=1e-9)


def test_missing_values_are_zero_beside_a_flag(matrix: np.ndarray):
    inputs = Inputs.fit(matrix, flags=[0, 2, 3], stations=2)

    seen = inputs.of(matrix[:1], np.array([1]))

    # Four predictors, the flags of the two of three that are ever missing, two stations.
    assert inputs.flagged.tolist() == [2, 3]
    assert seen.shape == (1, 8)
    assert seen[0, 2:].tolist() == [0.0, 0.0, 1.0, 1.0, 0.0, 1.0]


def test_networks_survive_disk_unchanged_and_a_cut_file_is_an_error(
    matrix: np.ndarray, networks: Networks, tmp_path: Path
):
    path = tmp_path / "full.npz"
    networks.save(path)
    station = np.zeros(ROWS, dtype=int)

    np.testing.assert_array_equal(
        Networks.load(path).logits(matrix, station), networks.logits(matrix, station)
    )

    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(Exception, match="zip"):
        Networks.load(path)
