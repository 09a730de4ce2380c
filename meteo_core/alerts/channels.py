"""Ways to tell people: e-mail through apprise, and a webhook of any address.

apprise's own JSON plugin sends a flat object of its own, and its Slack plugin reaches slack.com only; a
webhook is one HTTP request, made here.
"""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol
from urllib.parse import quote

import httpx

from meteo_core.alerts.notice import Form, Notice
from meteo_core.errors import MeteoError

WAIT_SECONDS: Final = 10.0
"""For a connection, and for each answer of the other side."""
LONGEST_REASON: Final = 300
"""Characters of a failure that are kept."""
WEBHOOK: Final = "webhook"
"""Name of the webhook on record."""


def email_name(mailbox: str) -> str:
    """Name of a mailbox on record."""
    return f"email:{mailbox}"


class DeliveryFailed(MeteoError):
    """A channel did not take a message; the reason holds no secret."""


class Channel(Protocol):
    """A way to tell people."""

    @property
    def name(self) -> str:
        """Name on record, the same for as long as the channel is the same to its readers."""
        ...

    def send(self, notice: Notice) -> None:
        """Send, or raise `DeliveryFailed`."""
        ...


class Tls(StrEnum):
    """How the connection to a mail server is kept private."""

    STARTTLS = "starttls"
    """Begins in the clear and refuses to go on so; usually port 587."""
    TLS = "tls"
    """From the first byte; usually port 465."""
    NONE = "none"
    """Not at all: for a server on this machine."""


_MODES: Final = {Tls.STARTTLS: "starttls", Tls.TLS: "ssl", Tls.NONE: "insecure"}
DEFAULT_PORTS: Final = {Tls.STARTTLS: 587, Tls.TLS: 465, Tls.NONE: 25}


@dataclass(frozen=True, slots=True)
class Email:
    """One reader's mailbox: were two in one message, a refusal of the one would send the other's again."""

    to: str
    sender: str
    host: str
    port: int
    tls: Tls = Tls.STARTTLS
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """Channel and address."""
        return email_name(self.to)

    def send(self, notice: Notice) -> None:
        """Through the mail server; it has accepted the message when this returns."""
        with warnings.catch_warnings():
            # Only who sends mail pays for the import, which warns of what Python will drop.
            warnings.simplefilter("ignore")
            from apprise import LogCapture, NotifyFormat
            from apprise.exception import AppriseException
            from apprise.plugins.email import NotifyEmail

        accepted = False
        with LogCapture(level=logging.DEBUG, fmt="%(levelname)s %(message)s") as said:
            with suppress(AppriseException):  # what is wrong with an address is among the words
                mail = NotifyEmail(
                    schema="mailto" if self.tls is Tls.NONE else "mailtos",
                    host=self.host,
                    port=self.port,
                    smtp_host=self.host,
                    secure_mode=_MODES[self.tls],
                    # apprise takes what it is given for parts of an address, and unquotes them.
                    user=quote(self.user, safe="") if self.user else None,
                    password=quote(self.password, safe="") if self.password else None,
                    from_addr=f"Meteo <{self.sender}>",
                    targets=[self.to],
                    headers={"X-Meteo-Alert": notice.id},
                    format=NotifyFormat.TEXT,
                    cto=WAIT_SECONDS,
                )
                accepted = mail.notify(title=notice.title, body=notice.text, body_format=NotifyFormat.TEXT)
            said.seek(0)
            reason = _reason(said.read())
        if not accepted:
            raise DeliveryFailed(_without((self.password,), f"the mail server {self.host}: {reason}"))


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address that takes a POST; whoever knows it can write there, so it is a secret."""

    url: str = field(repr=False)
    form: Form = Form.JSON
    name: str = WEBHOOK

    def send(self, notice: Notice) -> None:
        """One request; any answer of 2xx is a receipt, and a redirect is none."""
        try:
            with (
                _silent(logging.getLogger("httpx")),
                httpx.Client(timeout=WAIT_SECONDS, follow_redirects=False) as client,
                client.stream(
                    "POST", self.url, json=notice.body(self.form), headers={"Idempotency-Key": notice.id}
                ) as answer,
            ):
                status = answer.status_code
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise DeliveryFailed(_without((self.url,), str(error) or type(error).__name__)) from None
        if not 200 <= status < 300:
            raise DeliveryFailed(f"it answered with status {status}")


class _Silence(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:  # noqa: ARG002
        return False


@contextmanager
def _silent(logger: logging.Logger) -> Iterator[None]:
    """Httpx logs each address that it asks."""
    silence = _Silence()
    logger.addFilter(silence)
    try:
        yield
    finally:
        logger.removeFilter(silence)


def _reason(said: str) -> str:
    """What the mail server said, from the lines that apprise logged."""
    lines = [line.strip() for line in said.splitlines()]
    for mark in ("Exception: ", "was refused: ", "WARNING "):
        for line in reversed(lines):
            if mark in line:
                return line.split(mark, 1)[1]
    return "it did not take the message"


def _without(secrets: tuple[str | None, ...], words: str) -> str:
    for secret in filter(None, secrets):
        words = words.replace(secret, "***")
    return " ".join(words.split())[:LONGEST_REASON]
