"""Guessing passwords: what an attempt tells, and how often one may try."""

import logging
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

import pytest

from meteo_api.accounts.secret import Secret
from meteo_api.accounts.throttle import MOST_PER_ADDRESS, MOST_PER_NAME, Throttle, network_of
from meteo_api.database.schema import bring_up_to_date
from meteo_api.errors import TooManyAttempts
from meteo_core.service_database import ServiceDatabase
from meteo_tests.api.accounts_service import SECRET, Clock, Service, bearing, serving
from meteo_tests.api.clients import problem_of
from meteo_tests.api.people import ADMIN, PASSWORD, USER

BROWSER = {"Accept": "text/html"}
WRONG = "not the password at all"
QUARTER_OF_AN_HOUR = 900


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with serving(tmp_path) as service:
        yield service


@pytest.mark.fault("names tried out at sign-in", "the same answer whatever is wrong")
def test_unknown_disabled_and_mistaken_get_the_same_answer(service: Service):
    with service.elsewhere() as users:
        users.change(USER, disabled=True, by="cli:someone")

    answers = {
        "mistaken": service.login(ADMIN, WRONG),
        "unknown": service.login("nobody-here", WRONG),
        "no name": service.login("\x00 O'Brien \u2603", WRONG),
        "long": service.login("x" * 5_000, WRONG),
        "disabled": service.login(USER, PASSWORD),
        "disabled and mistaken": service.login(USER, WRONG),
        "long password": service.login(ADMIN, "x" * 5_000),
        "no password": service.login(ADMIN, ""),
    }

    problem_of(answers["unknown"], 401)
    assert {answer.status_code for answer in answers.values()} == {401}
    assert len({answer.text for answer in answers.values()}) == 1
    assert len({str(sorted(answer.headers.items())) for answer in answers.values()}) == 1


def test_an_unknown_name_takes_as_long_as_a_wrong_password(service: Service):
    def seconds(name: str) -> float:
        started = time.perf_counter()
        assert service.login(name, WRONG).status_code == 401
        return time.perf_counter() - started

    service.login("warm-up", WRONG)
    pairs = [(seconds(USER), seconds("nobody-here")) for _ in range(9)]

    known, unknown = (median(pair[side] for pair in pairs) for side in (0, 1))
    assert 0.6 < unknown / known < 1.7


@pytest.mark.fault("passwords guessed for one name", "slowed down, others sign in")
def test_after_many_wrong_passwords_one_waits_and_others_do_not(service: Service):
    answers = [service.login(USER, WRONG) for _ in range(20)]

    assert [answer.status_code for answer in answers] == [401] * MOST_PER_NAME + [429] * 10
    problem_of(answers[-1], 429)
    assert answers[-1].headers["retry-after"] == str(QUARTER_OF_AN_HOUR)
    assert service.login(USER, PASSWORD).status_code == 429
    assert service.login(USER.upper(), PASSWORD).status_code == 429
    page = service.client.post("/sign-in", data={"name": USER, "password": PASSWORD}, headers=BROWSER)
    assert (page.status_code, page.headers["retry-after"]) == (429, str(QUARTER_OF_AN_HOUR))
    assert service.login(ADMIN).status_code == 200
    service.clock.forward(seconds=QUARTER_OF_AN_HOUR + 1)
    assert service.login(USER).status_code == 200


def test_who_is_signed_in_stays_so_while_others_guess(service: Service):
    token = service.token()

    for _ in range(MOST_PER_NAME + 1):
        service.login(USER, WRONG)

    assert service.get(token).status_code == 200


def test_unknown_names_are_slowed_down_in_the_same_way(service: Service):
    answers = [service.login("nobody-here", WRONG).status_code for _ in range(MOST_PER_NAME + 1)]

    assert answers == [401] * MOST_PER_NAME + [429]


def test_who_knows_the_password_begins_anew(service: Service):
    for _ in range(3):
        for _ in range(MOST_PER_NAME - 1):
            assert service.login(USER, WRONG).status_code == 401
        assert service.login(USER).status_code == 200


def test_a_restart_forgives_nothing(tmp_path: Path):
    with serving(tmp_path) as service:
        for _ in range(MOST_PER_NAME):
            service.login(USER, WRONG)

    with serving(tmp_path) as service:
        assert service.login(USER).status_code == 429


def test_attempts_at_the_same_moment_do_not_slip_through(service: Service):
    with ThreadPoolExecutor(30) as clients:
        answers = list(clients.map(lambda _: service.login(USER, WRONG).status_code, range(30)))

    assert sorted(answers) == [401] * MOST_PER_NAME + [429] * 20


def test_ones_present_password_cannot_be_guessed_faster(service: Service):
    mine = bearing(service.token())

    def change(present: str) -> int:
        body = {"present": present, "password": "nine dry yellow deserts"}
        return service.client.post("/api/v1/me/password", json=body, headers=mine).status_code

    answers = [change(WRONG) for _ in range(MOST_PER_NAME + 1)]

    assert answers == [401] * MOST_PER_NAME + [429]
    assert change(PASSWORD) == 429


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def throttle(tmp_path: Path, clock: Clock) -> Iterator[Throttle]:
    database = ServiceDatabase(f"sqlite:///{tmp_path / 'service.db'}")
    bring_up_to_date(database)
    yield Throttle(database, Secret(SECRET), now=clock)
    database.close()


def test_attempts_that_are_refused_do_not_lengthen_the_wait(throttle: Throttle, clock: Clock):
    for _ in range(MOST_PER_NAME):
        throttle.admit("anna", "192.0.2.1")

    clock.forward(seconds=QUARTER_OF_AN_HOUR - 1)
    for _ in range(MOST_PER_NAME):
        with pytest.raises(TooManyAttempts) as refused:
            throttle.admit("anna", "192.0.2.1")
        assert refused.value.retry_after_seconds == 1

    clock.forward(seconds=2)
    throttle.admit("anna", "192.0.2.1")


def test_who_knows_one_password_is_forgiven_that_name_at_that_address_alone(throttle: Throttle):
    for number in range(MOST_PER_ADDRESS - MOST_PER_NAME):
        throttle.admit(f"name-{number}", "192.0.2.1")
    for _ in range(MOST_PER_NAME):
        throttle.admit("anna", "192.0.2.1")

    throttle.forgive("mine", "192.0.2.1")
    throttle.forgive("anna", "192.0.2.2")

    with pytest.raises(TooManyAttempts):
        throttle.admit("mine", "192.0.2.1")
    throttle.forgive("name-0", "192.0.2.1")
    throttle.admit("mine", "192.0.2.1")
    throttle.forgive("name-1", "192.0.2.1")
    with pytest.raises(TooManyAttempts):
        throttle.admit("anna", "192.0.2.1")


@pytest.mark.fault("one password tried for all names", "slowed down")
def test_one_address_cannot_try_all_names(throttle: Throttle):
    for number in range(MOST_PER_ADDRESS):
        throttle.admit(f"name-{number}", "192.0.2.1")

    with pytest.raises(TooManyAttempts) as refused:
        throttle.admit("name-x", "192.0.2.1")
    assert refused.value.retry_after_seconds == QUARTER_OF_AN_HOUR
    throttle.admit("name-x", "192.0.2.2")


def test_a_name_can_be_used_from_another_address(throttle: Throttle):
    for _ in range(MOST_PER_NAME):
        throttle.admit("anna", "2001:db8::1")

    with pytest.raises(TooManyAttempts):
        throttle.admit("anna", "2001:db8::ffff")  # the same /64: one subscriber has all of it
    throttle.admit("anna", "2001:db8:0:1::1")


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("testclient", "testclient"),
    ],
)
def test_an_address_stands_for_its_network(address: str, network: str):
    assert network_of(address) == network


@pytest.mark.fault("secrets in the service's log", "none at any level")
def test_logs_hold_no_password_and_no_token(service: Service, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)

    token = service.token()
    service.login(USER, WRONG)
    service.login(WRONG, WRONG)  # typed into the field for the name
    service.get(token)
    service.get(token[:-3] + "abc")
    service.client.post("/api/v1/logout", headers=bearing(token))

    assert f"{USER} signed in" in caplog.text
    assert "sign-in refused" in caplog.text
    assert token not in caplog.text
    assert PASSWORD not in caplog.text
    assert WRONG not in caplog.text
    assert SECRET not in caplog.text
