"""What the soak takes for a failure: a wrong answer, and memory that grows."""

from typing import Any

import pytest

from benchmarks.soak.load import percentile
from benchmarks.soak.memory import is_level, name_of, slope, thirds
from benchmarks.soak.questions import Wrong, require_answers

ASKED = [{"station": name, "date": "2026-11-25", "issue": "evening"} for name in ("Sydney", "Perth")]
CHANCES = {"p_ge_0_2": 0.5, "p_gt_1_0": 0.4, "p_ge_5_0": 0.2, "p_ge_10_0": 0.1, "p_ge_25_0": 0.0}


def answers(**changed: Any) -> list[dict[str, Any]]:
    """Right answers, but for what is changed of the second."""
    told = [question | CHANCES | {"model_version": 3, "snapshot": {"name": "a"}} for question in ASKED]
    return [told[0], told[1] | changed]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"model_version": 4}, "mixed versions"),
        ({"snapshot": {"name": "b"}}, "mixed snapshots"),
        ({"station": "Sydney"}, "asked for station Perth, told of Sydney"),
        ({"p_ge_5_0": 0.45}, "more rain is likelier than less"),
        ({"p_ge_0_2": 1.2}, "no chances"),
    ],
)
def test_a_batch_that_is_not_of_one_piece_is_wrong(changed: dict[str, Any], words: str):
    require_answers(ASKED, answers())

    with pytest.raises(Wrong, match=words):
        require_answers(ASKED, answers(**changed))


def test_an_answer_too_few_is_wrong():
    with pytest.raises(Wrong, match="1 answers to 2 questions"):
        require_answers(ASKED, answers()[:1])


def test_memory_is_level_within_a_tenth_or_50_megabytes():
    def growing(megabytes: float, to: float) -> list[tuple[float, float]]:
        return [(60.0 * n, megabytes + (to - megabytes) * n / 29) for n in range(30)]

    assert is_level(growing(200, 200))
    assert is_level(growing(2000, 2100))
    assert is_level(growing(100, 140))
    assert not is_level(growing(100, 200))
    assert not is_level(growing(2000, 2600))
    # 29 minutes, 100 MB: 207 in an hour.
    assert slope(growing(100, 200)) == pytest.approx(100 / 29 * 60)
    assert thirds([(0, 1.0), (1, 9.0), (2, 5.0)]) == (1.0, 5.0)


def test_a_percentile_is_one_of_the_times():
    assert percentile([0.001 * n for n in range(1, 101)], 0.99) == pytest.approx(100)
    assert percentile([0.3, 0.1, 0.2], 0.5) == pytest.approx(200)
    assert percentile([], 0.99) == 0


def test_processes_are_named_by_what_they_do():
    assert name_of(["python", "-m", "meteo_api"]) == "service"
    assert name_of(["python", "-m", "dagster", "api", "grpc", "-m", "meteo_assets"]) == "Dagster code server"
    assert name_of(["something", "else"]) == "something else"
