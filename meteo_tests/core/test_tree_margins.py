"""What the C API gives is what XGBoost's own Python gives."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import xgboost as xgb

from meteo_core.model.members import ONE_THREAD
from meteo_core.model.tree_margins import margins

PREDICTORS = 12


@pytest.fixture(scope="module")
def matrix() -> np.ndarray:
    random = np.random.default_rng(3)
    values = random.normal(size=(400, PREDICTORS)).astype(np.float32)
    values[random.random(values.shape) < 0.2] = np.nan
    return values


@pytest.fixture(scope="module")
def trees(matrix: np.ndarray) -> xgb.Booster:
    wet = np.nan_to_num(matrix[:, 0]) + np.nan_to_num(matrix[:, 1]) > 0.3
    return xgb.train({"objective": "binary:logistic", **ONE_THREAD}, xgb.DMatrix(matrix, wet), 20)


@pytest.mark.parametrize("rows", [1, 7, 400])
def test_margins_are_those_of_inplace_predict(trees: xgb.Booster, matrix: np.ndarray, rows: int):
    ours = margins(trees, matrix[:rows])

    np.testing.assert_array_equal(ours, trees.inplace_predict(matrix[:rows], predict_type="margin"))


def test_a_part_of_a_wider_matrix_is_read_as_what_it_is(trees: xgb.Booster, matrix: np.ndarray):
    wider = np.hstack([matrix, matrix])

    np.testing.assert_array_equal(margins(trees, wider[::2, :PREDICTORS]), margins(trees, matrix[::2]))


def test_no_rows_have_no_margins(trees: xgb.Booster, matrix: np.ndarray):
    assert margins(trees, matrix[:0]).shape == (0,)


def test_another_number_of_predictors_is_refused(trees: xgb.Booster, matrix: np.ndarray):
    with pytest.raises(ValueError, match=r"\[rows, 12\]"):
        margins(trees, matrix[:, :5])


def test_threads_do_not_write_into_one_anothers_answers(trees: xgb.Booster, matrix: np.ndarray):
    expected = margins(trees, matrix)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: margins(trees, matrix), range(60)))

    assert all((answer == expected).all() for answer in answers)
