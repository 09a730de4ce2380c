"""Slowing down who guesses passwords, without shutting out those who know theirs."""

import ipaddress
from datetime import timedelta
from math import ceil
from threading import Lock
from typing import Final

from sqlalchemy import ColumnElement, Connection, delete, insert, select

from meteo_api.accounts.secret import Secret
from meteo_api.clock import Clock
from meteo_api.database.tables import failed_sign_ins
from meteo_api.errors import TooManyAttempts
from meteo_core.service_database import ServiceDatabase

WINDOW: Final = timedelta(minutes=15)
MOST_PER_NAME: Final = 10
"""Wrong passwords for one name from one address within the window: 960 guesses a day."""
MOST_PER_ADDRESS: Final = 100
"""Wrong passwords for any names from one address: an office behind one address still gets in."""


class Throttle:
    """Counts attempts in the service database, so that a restart forgives nothing. Blocks."""

    def __init__(self, database: ServiceDatabase, secret: Secret, *, now: Clock) -> None:
        self._database = database
        self._secret = secret
        self._now = now
        self._one_at_a_time = Lock()

    def admit(self, name: str, address: str) -> None:
        """Count an attempt as failed until `forgive`; raises `TooManyAttempts` without counting it.

        Counted before the password is looked at: attempts at the same moment must not all slip through.
        """
        now = self._now()
        row = {"name_hash": self._hash(name), "address": network_of(address)}
        with self._one_at_a_time, self._database.writing() as connection:
            connection.execute(delete(failed_sign_ins).where(failed_sign_ins.c.at < now - WINDOW))
            here = failed_sign_ins.c.address == row["address"]
            same = here & (failed_sign_ins.c.name_hash == row["name_hash"])
            waits = [
                self._wait(connection, same, MOST_PER_NAME),
                self._wait(connection, here, MOST_PER_ADDRESS),
            ]
            if not any(waits):
                connection.execute(insert(failed_sign_ins).values(at=now, **row))
                return
        raise TooManyAttempts(retry_after_seconds=max(waits))

    def forgive(self, name: str, address: str) -> None:
        """Forget the attempts of someone who knew the password."""
        with self._database.writing() as connection:
            connection.execute(
                delete(failed_sign_ins).where(
                    failed_sign_ins.c.address == network_of(address),
                    failed_sign_ins.c.name_hash == self._hash(name),
                )
            )

    def _wait(self, connection: Connection, which: ColumnElement[bool], most: int) -> int:
        """Seconds until one more is allowed; 0 where it is now."""
        query = select(failed_sign_ins.c.at).where(which).order_by(failed_sign_ins.c.at.desc()).limit(most)
        counted = connection.execute(query).scalars().all()
        if len(counted) < most:
            return 0
        return max(1, ceil((counted[-1] + WINDOW - self._now()).total_seconds()))

    def _hash(self, name: str) -> str:
        return self._secret.sign("name", name.casefold()[:256])


def network_of(address: str) -> str:
    """What one household or office has: an IPv4 address, or the /64 of an IPv6 address."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
