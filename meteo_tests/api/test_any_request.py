"""Whatever is sent, the service answers with a probability or says what is wrong with it."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from litestar.testing import TestClient

from meteo_core.parameters import COMPASS_POINTS, PARAMETERS, WIND_PAIRS, Kind, Parameter
from meteo_core.stations import stations
from meteo_tests.api.clients import PREDICTIONS

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


def possible(parameter: Parameter) -> st.SearchStrategy:
    """Values that the parameter can take."""
    match parameter.kind:
        case Kind.NUMBER:
            return st.none() | st.floats(parameter.minimum, parameter.maximum)
        case Kind.COMPASS:
            return st.none() | st.sampled_from(COMPASS_POINTS)
        case Kind.CLOCK:
            return st.none() | st.sampled_from(["00:00", "14:05", "23:59"])
        case Kind.FLAG:
            return st.none() | st.booleans()


WHERE_AND_WHEN = {
    "station": st.sampled_from(list(stations())[:8]),
    "date": st.sampled_from(
        ["2016-06-26", "2016-06-25", "2016-06-01", "2016-04-27", "2004-02-29", "1900-01-01"]
    ),
}
AND_ISSUE = {"issue": st.sampled_from(["morning", "evening"])}
POSSIBLE = st.fixed_dictionaries(
    WHERE_AND_WHEN, optional=AND_ISSUE | {name: possible(p) for name, p in PARAMETERS.items()}
)
ALMOST_RIGHT = st.fixed_dictionaries(
    WHERE_AND_WHEN | {"date": st.dates().map(str)},
    optional={"issue": ANY_JSON} | {name: possible(p) | ANY_JSON for name, p in PARAMETERS.items()},
)
CAN_CONTRADICT = {"/min_temp", "/rain_today", *(f"/{direction}" for _, direction in WIND_PAIRS.values())}
OFTEN = settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    database=None,
)


@OFTEN
@given(body=POSSIBLE)
def test_possible_values_are_answered_unless_they_contradict_each_other(client: TestClient, body: dict):
    response = client.post(PREDICTIONS, json=body)

    if response.status_code == 200:
        assert 0 <= response.json()["p_gt_1_0"] <= 1
    else:
        assert response.status_code == 422
        assert {error["pointer"] for error in response.json()["errors"]} <= CAN_CONTRADICT


@OFTEN
@given(body=ALMOST_RIGHT | st.lists(ALMOST_RIGHT, max_size=3))
def test_what_is_almost_right_is_answered_or_refused(client: TestClient, body: object):
    content = json.dumps(body)
    response = client.post(PREDICTIONS, content=content, headers={"Content-Type": "application/json"})

    assert response.status_code in (200, 400, 422), response.text
    assert response.status_code == 200 or response.json()["detail"]


@pytest.mark.fault("body: any bytes at all", "refused with a reason")
@OFTEN
@given(body=ANY_JSON | st.binary(max_size=60))
def test_any_bytes_are_refused_with_a_reason(client: TestClient, body: object):
    content = body if isinstance(body, bytes) else json.dumps(body)
    response = client.post(PREDICTIONS, content=content, headers={"Content-Type": "application/json"})

    assert response.status_code in (400, 422)
    assert response.json()["detail"]


@pytest.mark.fault("any path at all", "answered, no 500")
@pytest.mark.parametrize("prefix", ["/", "/api/v1/", "/api/v1/forecasts/", "/schema/"])
@OFTEN
@given(rest=st.text(max_size=30).map(lambda text: text.encode().hex("%", 1)))
def test_any_path_is_answered(client: TestClient, prefix: str, rest: str):
    path = prefix + (f"%{rest}" if rest else "")

    assert client.get(path).status_code < 500
