"""What administrators did: written once, never changed."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct
from sqlalchemy import Connection, insert, select

from meteo_api.accounts.account import Account
from meteo_api.clock import Clock
from meteo_api.database.tables import audit
from meteo_core.service_database import ServiceDatabase


class AuditEntry(Struct, frozen=True, kw_only=True):
    """One act."""

    id: Annotated[int, Meta(description="Number; later acts have greater ones")]
    at: Annotated[datetime, Meta(description="When, UTC")]
    who: Annotated[str, Meta(description="Name of the user; cli:name for someone at the machine")]
    action: Annotated[str, Meta(description="What was done")]
    subject: Annotated[str, Meta(description="What it was done to")]
    detail: Annotated[str, Meta(description="Anything more")]


class Audit:
    """The trail in the service database. Blocks: call it from a thread."""

    def __init__(self, database: ServiceDatabase, *, now: Clock) -> None:
        self._database = database
        self._now = now

    def record(self, who: Account | str, *, action: str, subject: str, detail: str = "") -> None:
        """Keep what was done; raises `DatabaseAway`."""
        with self._database.writing() as connection:
            self.record_with(connection, who, action=action, subject=subject, detail=detail)

    def record_with(
        self, connection: Connection, who: Account | str, *, action: str, subject: str, detail: str = ""
    ) -> None:
        """Keep what was done, in the transaction that does it."""
        name = who if isinstance(who, str) else who.name
        connection.execute(
            insert(audit).values(
                at=self._now(),
                who=name[:100],
                action=action[:64],
                subject=subject[:200],
                detail=detail[:2000],
            )
        )

    def newest(self, *, limit: int, before: int | None = None) -> list[AuditEntry]:
        """Acts, newest first; with `before`, those with smaller numbers."""
        query = select(audit).order_by(audit.c.id.desc()).limit(limit)
        if before is not None:
            query = query.where(audit.c.id < before)
        with self._database.reading() as connection:
            return [AuditEntry(**row) for row in connection.execute(query).mappings()]
