"""Messages reach a real mail server and a real webhook: once, also after they were away."""

import base64
import logging
import multiprocessing
import os
import ssl
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from aiosmtpd.smtp import AuthResult

from meteo_core.alerts.alert import DeliveryState, Kind, Telling
from meteo_core.alerts.channels import Channel, DeliveryFailed, Email, Tls, Webhook
from meteo_core.alerts.notice import Form, Notice
from meteo_core.alerts.outbox import CLAIM, LONGEST_WAIT, Outbox
from meteo_core.alerts.store import AlertStore
from meteo_core.service_database import ServiceDatabase
from meteo_tests.core.test_alerts import MINUTE, START, STUCK, over
from meteo_tests.receivers import LOOPBACK, free_port, mail_server, webhook

PASSWORD = "p%41ss+w/rd of the server"


@dataclass
class Clock:
    moment: datetime = START

    def __call__(self) -> datetime:
        return self.moment


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'service.db'}"


@pytest.fixture
def database(url: str) -> Iterator[ServiceDatabase]:
    database = ServiceDatabase(url)
    yield database
    database.close()


def mailbox_at(port: int, to: str = "ops@example.org", **more) -> Email:
    return Email(to=to, sender="meteo@example.org", host=LOOPBACK, port=port, tls=Tls.NONE, **more)


def opened(database: ServiceDatabase, *channels: Channel) -> AlertStore:
    store = AlertStore(database, channels=[channel.name for channel in channels])
    store.report(Kind.DRIFT, [STUCK], over=over, at=START)
    return store


def test_an_alert_and_its_all_clear_arrive_by_mail_and_webhook(database: ServiceDatabase, clock: Clock):
    with mail_server() as box, webhook() as hook:
        channels = (mailbox_at(box.port), Webhook(hook.url))
        store, outbox = opened(database, *channels), Outbox(database, channels)

        assert outbox.deliver(clock).sent == 2
        assert outbox.deliver(clock).sent == 0
        store.report(Kind.DRIFT, [], over=over, at=START + MINUTE)
        assert outbox.deliver(lambda: START + 2 * MINUTE).sent == 2
        assert outbox.deliver(lambda: START + 3 * MINUTE).sent == 0

    assert box.subjects() == [f"[Meteo] {STUCK.title}", f"[Meteo] All clear: {STUCK.title}"]
    first, second = (message.get_payload(decode=True).decode() for message in box.messages)  # type: ignore[union-attr]
    for words in (STUCK.what, "Where: Sydney", "Tue 24 Feb 2026 21:00 in Sydney", STUCK.link):
        assert words in first
    assert "Over: Mon 02 Mar 2026 21:01 in Sydney (2026-03-02 10:01 UTC): it is well again" in second
    assert (box.messages[0]["To"], box.messages[0]["From"]) == (
        "ops@example.org",
        "Meteo <meteo@example.org>",
    )
    assert [body["event"] for body in hook.bodies] == ["alert", "all_clear"]
    assert hook.bodies[0]["alert"]["key"] == "drift:hard:Sydney:pressure_3pm"
    assert hook.bodies[0]["alert"]["since"] == "2026-02-24T10:00:00+00:00"
    assert hook.bodies[1]["alert"]["resolved_at"] == "2026-03-02T10:01:00+00:00"
    assert len({body["id"] for body in hook.bodies}) == 2


def test_slack_gets_one_text_in_which_nothing_is_markup_by_accident(clock: Clock, database: ServiceDatabase):
    with webhook() as hook:
        channel = Webhook(hook.url, Form.SLACK)
        store = AlertStore(database, channels=[channel.name])
        store.report(Kind.DRIFT, [replace(STUCK, what="a <b> & c")], over=over, at=START)

        Outbox(database, [channel]).deliver(clock)

    (body,) = hook.bodies
    assert set(body) == {"text"}
    assert "*[Meteo] Pressure at Sydney is stuck*" in body["text"]
    assert "a &lt;b&gt; &amp; c" in body["text"]
    assert f"<{STUCK.link}|See more>" in body["text"]


@pytest.mark.fault("SMTP down at start, and back", "messages wait, each is sent once")
def test_what_cannot_be_sent_waits_and_is_sent_once_when_the_channel_is_back(
    database: ServiceDatabase, clock: Clock
):
    port = free_port()
    channel = mailbox_at(port)
    store, outbox = opened(database, channel), Outbox(database, [channel])

    waits = []
    for _ in range(9):
        assert (outcome := outbox.deliver(clock)).failed == 1, outcome
        assert outbox.deliver(clock).failed == 0, "not before its time"
        (delivery,) = store.deliveries(store.open_alerts())[1]
        waits.append(delivery.next_attempt_at - clock.moment)
        clock.moment = delivery.next_attempt_at
    assert delivery.state is DeliveryState.QUEUED
    assert delivery.attempts == 9
    assert "Connection refused" in str(delivery.last_error)
    assert waits[:3] == [timedelta(seconds=30), timedelta(minutes=1), timedelta(minutes=2)]
    assert waits[-1] == LONGEST_WAIT

    store.report(Kind.DRIFT, [], over=over, at=clock.moment)
    with mail_server(port) as box:
        clock.moment += LONGEST_WAIT
        assert outbox.deliver(clock).sent == 2
        clock.moment += LONGEST_WAIT
        assert outbox.deliver(clock).sent == 0
    assert box.subjects() == [f"[Meteo] {STUCK.title}", f"[Meteo] All clear: {STUCK.title}"]


@pytest.mark.fault("SMTP down, webhook up", "the webhook is told at once")
def test_a_channel_that_is_down_does_not_hold_up_another(database: ServiceDatabase, clock: Clock):
    with webhook() as hook:
        channels = (mailbox_at(free_port()), Webhook(hook.url))
        opened(database, *channels)

        outcome = Outbox(database, channels).deliver(clock)

    assert (outcome.sent, outcome.failed, outcome.waiting) == (1, 1, 1)
    assert len(hook.bodies) == 1


def test_a_refusal_of_one_reader_does_not_send_the_others_message_again(
    database: ServiceDatabase, clock: Clock
):
    with mail_server() as box:
        channels = [mailbox_at(box.port, to) for to in ("a@example.org", "b@example.org")]
        store, outbox = opened(database, *channels), Outbox(database, channels)
        box.answer = "451 try later"
        assert outbox.deliver(clock).failed == 2
        box.answer = "250 taken"
        clock.moment += timedelta(minutes=1)
        assert outbox.deliver(clock).sent == 2
        assert outbox.deliver(clock).sent == 0

    assert sorted(message["To"] for message in box.messages) == ["a@example.org", "b@example.org"]
    assert {d.state for d in store.deliveries(store.open_alerts())[1]} == {DeliveryState.SENT}


def test_a_corrected_mailbox_hears_of_what_lasts_and_what_waits_for_the_wrong_one_is_dropped(
    database: ServiceDatabase, clock: Clock
):
    wrong = mailbox_at(free_port(), "typo@example.org")
    past = replace(STUCK, subject="past", title="This was over before")
    store = AlertStore(database, channels=[wrong.name])
    store.report(Kind.DRIFT, [past], over=over, at=START - MINUTE)
    store.report(Kind.DRIFT, [STUCK], over=over, at=START)
    assert Outbox(database, [wrong]).deliver(clock).waiting == 3
    with mail_server() as box:
        right = mailbox_at(box.port)
        outbox = Outbox(database, [right])

        first, second = outbox.deliver(clock), outbox.deliver(clock)

    assert (first.sent, first.failed, first.waiting) == (1, 0, 0)
    assert second.sent == 0
    assert box.subjects() == [f"[Meteo] {STUCK.title}"]
    told = store.deliveries(store.recent(START - MINUTE))
    states = {(d.channel, d.telling, d.state) for each in told.values() for d in each}
    assert states == {
        (wrong.name, Telling.ALERT, DeliveryState.DROPPED),
        (wrong.name, Telling.ALL_CLEAR, DeliveryState.DROPPED),
        (right.name, Telling.ALERT, DeliveryState.SENT),
    }


def test_a_channel_that_comes_back_hears_of_what_lasts_and_of_no_end_without_a_beginning(
    database: ServiceDatabase, clock: Clock
):
    with webhook() as hook:
        channel = Webhook(hook.url)
        other = replace(STUCK, subject="other")
        store = AlertStore(database, channels=[channel.name])
        store.report(Kind.DRIFT, [STUCK, other], over=over, at=START)
        assert Outbox(database, []).deliver(clock).waiting == 0
        store.report(Kind.DRIFT, [STUCK], over=over, at=START + MINUTE)

        outcome = Outbox(database, [channel]).deliver(clock)

    assert (outcome.sent, outcome.waiting) == (1, 0)
    assert [(body["event"], body["alert"]["key"]) for body in hook.bodies] == [("alert", STUCK.key)]


@pytest.mark.fault("channel answers with an error", "tried again")
@pytest.mark.parametrize("status", [302, 400, 404, 429, 500])
def test_an_answer_that_is_no_receipt_is_tried_again(database: ServiceDatabase, clock: Clock, status: int):
    with webhook() as hook:
        channel = Webhook(hook.url)
        store, outbox = opened(database, channel), Outbox(database, [channel])
        hook.status = status

        assert outbox.deliver(clock).failed == 1

    (delivery,) = store.deliveries(store.open_alerts())[1]
    assert delivery.last_error == f"it answered with status {status}"


class Kills:
    """A channel whose process dies while it sends."""

    name = "webhook"

    def send(self, notice: Notice) -> None:
        os._exit(9)


def _send_and_die(url: str) -> None:
    Outbox(ServiceDatabase(url), [Kills()]).deliver(lambda: START)


@pytest.mark.fault("kill -9 while a message is sent", "another process sends it")
def test_what_a_killed_process_was_sending_another_sends(database: ServiceDatabase, url: str, clock: Clock):
    with webhook() as hook:
        channel = Webhook(hook.url)
        opened(database, channel)
        process = multiprocessing.get_context("spawn").Process(target=_send_and_die, args=(url,))
        process.start()
        process.join(60)
        assert process.exitcode == 9

        outbox = Outbox(database, [channel])
        assert outbox.deliver(clock).sent == 0, "it may be sending still"
        clock.moment += CLAIM
        assert outbox.deliver(clock).sent == 1
        assert outbox.deliver(clock).sent == 0

    assert len(hook.bodies) == 1


@pytest.mark.fault("two processes deliver at once", "each message once")
def test_two_who_deliver_at_once_send_each_message_once(database: ServiceDatabase, url: str, clock: Clock):
    with webhook() as hook:
        channel = Webhook(hook.url)
        store = AlertStore(database, channels=[channel.name])
        troubles = [replace(STUCK, subject=f"station:{number}") for number in range(12)]
        store.report(Kind.DRIFT, troubles, over=over, at=START)
        other = ServiceDatabase(url)

        from threading import Thread

        threads = [
            Thread(target=Outbox(each, [channel]).deliver, args=(clock,)) for each in (database, other)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        other.close()

    assert sorted(body["alert"]["id"] for body in hook.bodies) == list(range(1, 13))


def signed_in(_server, _session, _envelope, _mechanism, data) -> AuthResult:
    right = data.login == b"meteo@example.org" and data.password == PASSWORD.encode()
    return AuthResult(success=right, handled=False)


def certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate of 127.0.0.1 that signs itself."""
    import ipaddress

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, LOOPBACK)])
    now = datetime.now(tz=START.tzinfo)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(LOOPBACK))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    public, private = folder / "cert.pem", folder / "key.pem"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    return public, context


def test_a_server_with_starttls_and_a_password_takes_mail_from_who_knows_it(
    database: ServiceDatabase, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    public, context = certificate(tmp_path)
    options = {"authenticator": signed_in, "auth_required": True, "tls_context": context}
    with mail_server(**options) as box:
        sender = replace(mailbox_at(box.port, user="meteo@example.org", password=PASSWORD), tls=Tls.STARTTLS)
        opened(database, sender)
        with pytest.raises(DeliveryFailed, match=r"(?i)certificate"):
            sender.send(notice())

        monkeypatch.setenv("SSL_CERT_FILE", str(public))
        with pytest.raises(DeliveryFailed, match="535"):
            replace(sender, password="wrong").send(notice())
        assert Outbox(database, [sender]).deliver(clock).sent == 1

    assert len(box.messages) == 1


@pytest.mark.parametrize("wrong", [{"to": "nobody"}, {"sender": "nobody"}])
def test_an_address_that_is_none_is_said_so(wrong: dict[str, str]):
    with mail_server() as box, pytest.raises(DeliveryFailed, match=r"(?i)invalid|no email recipients"):
        replace(mailbox_at(box.port), **wrong).send(notice())


def notice() -> Notice:
    from meteo_core.alerts.alert import Alert, Telling

    return Notice(
        "meteo-1-alert",
        Telling.ALERT,
        Alert(1, STUCK.key, Kind.DRIFT, "t", "w", "p", START, "http://l", START, START, None, None),
    )


@pytest.mark.fault("secrets of channels in logs and records", "none")
def test_secrets_are_in_no_log_and_in_no_record(
    database: ServiceDatabase, clock: Clock, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    secrets = [PASSWORD, "T0K3N-of-the-webhook", base64.b64encode(PASSWORD.encode()).decode()]
    with mail_server(authenticator=signed_in, auth_require_tls=False) as box, webhook() as hook:
        channels = (
            mailbox_at(box.port, user="meteo@example.org", password=PASSWORD),
            Webhook(hook.url),
        )
        store, outbox = opened(database, *channels), Outbox(database, channels)
        box.answer, hook.status = "554 no", 500
        assert outbox.deliver(clock).failed == 2
        box.answer, hook.status = "250 taken", 200
        clock.moment += timedelta(minutes=1)
        assert outbox.deliver(clock).sent == 2
    clock.moment += timedelta(days=1)
    for channel in channels:
        with suppress(DeliveryFailed):
            channel.send(notice())

    said = caplog.text + repr(channels) + repr(store.deliveries(store.recent(START)))
    said += repr(replace(channels[1], url="http://[T0K3N-of-the-webhook"))
    assert "webhook of alert 1: it answered with status 500" in said
    for secret in secrets:
        assert secret not in said
