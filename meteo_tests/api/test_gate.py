"""What a gateway is told of who asks."""

import httpx
import pytest

GATE = "/gate/administrator"
BROWSER = {"Accept": "text/html"}


def test_an_administrator_may_pass(admin: httpx.Client):
    answer = admin.get(GATE)

    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.fault("user at the gate to Dagster, MLflow, Grafana", "403")
def test_a_user_may_not_pass(client: httpx.Client):
    assert client.get(GATE).status_code == 403


def test_a_stranger_is_sent_to_sign_in_and_back_to_what_the_gateway_was_asked_for(stranger: httpx.Client):
    answer = stranger.get(
        GATE, headers={**BROWSER, "X-Forwarded-Uri": "/dagster/runs?view=all"}, follow_redirects=False
    )

    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=/dagster/runs%3Fview%3Dall"


@pytest.mark.fault("open redirect through the gateway", "sign-in page only")
def test_a_stranger_is_sent_nowhere_else(stranger: httpx.Client):
    answer = stranger.get(
        GATE, headers={**BROWSER, "X-Forwarded-Uri": "//evil.example/"}, follow_redirects=False
    )

    assert answer.headers["location"] == "/sign-in"
