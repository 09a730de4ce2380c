import numpy as np
import pytest
from scipy.special import expit, logit

from meteo_core.model.blend import MAIN, RULES, Blend


def test_chances_never_grow_with_the_amount_and_the_main_one_stands():
    # The networks say 30, 60, 70, 10 and 20 %: more for 5 mm than for 1 mm, less for 0.2 mm.
    networks = logit(np.array([[0.3, 0.6, 0.7, 0.1, 0.2]]))

    chances = Blend.default().chances(logit(np.array([0.6])), networks)

    assert chances[0].tolist() == pytest.approx([0.6, 0.6, 0.6, 0.1, 0.1])


def test_the_blend_finds_out_which_member_knows():
    random = np.random.default_rng(0)
    truth = random.normal(size=4000)
    wet = (random.random(4000) < expit(truth)).astype(float)
    outcomes = np.tile(wet[:, None], (1, len(RULES)))
    noise = random.normal(size=(4000, len(RULES)))

    blend = Blend.fit(truth, noise, outcomes)

    constant, trees, networks = blend.weights[MAIN]
    assert trees == pytest.approx(1.0, abs=0.1)
    assert abs(networks) < 0.1
    assert abs(constant) < 0.1


def test_overconfident_members_are_calibrated():
    random = np.random.default_rng(1)
    truth = random.normal(size=4000)
    wet = (random.random(4000) < expit(truth)).astype(float)
    outcomes = np.tile(wet[:, None], (1, len(RULES)))

    blend = Blend.fit(2 * truth, np.tile(2 * truth[:, None], (1, len(RULES))), outcomes)
    chances = blend.chances(2 * truth, np.tile(2 * truth[:, None], (1, len(RULES))))

    sure = chances[:, MAIN] > 0.8
    assert wet[sure].mean() == pytest.approx(chances[sure, MAIN].mean(), abs=0.04)


def test_too_few_events_leave_the_weights_as_they_are():
    outcomes = np.zeros((500, len(RULES)))
    outcomes[:10] = 1.0

    blend = Blend.fit(np.zeros(500), np.zeros((500, len(RULES))), outcomes)

    np.testing.assert_array_equal(blend.weights, Blend.default().weights)
