"""Tables of alerts in the service database, made by whoever comes first.

They are the pipeline's, so the service's migrations do not know them.
"""

from typing import Any, Final

from sqlalchemy import (
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from meteo_core.service_database import BIG, Moment

metadata = MetaData()
_LOCK: Final = 0x616C657274
"""PostgreSQL advisory lock: whoever changes alerts takes turns. SQLite has one writer anyway."""


def _id() -> Column[Any]:
    return Column("id", BIG, primary_key=True, autoincrement=True)


alerts: Final = Table(
    "alerts",
    metadata,
    _id(),
    Column("key", String(300), nullable=False, index=True),
    # The key while the episode lasts, null afterwards: so no trouble can be open twice.
    Column("open_key", String(300), nullable=True, unique=True),
    Column("kind", String(32), nullable=False, index=True),
    Column("title", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("since", Moment, nullable=False),
    Column("link", Text, nullable=False),
    Column("opened_at", Moment, nullable=False, index=True),
    Column("last_seen_at", Moment, nullable=False),
    Column("resolved_at", Moment, nullable=True),
    Column("resolution", Text, nullable=True),
    sqlite_autoincrement=True,
)

alert_deliveries: Final = Table(
    "alert_deliveries",
    metadata,
    _id(),
    Column("alert_id", BIG, ForeignKey("alerts.id", ondelete="CASCADE"), nullable=False),
    Column("telling", String(16), nullable=False),
    Column("channel", String(300), nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("queued_at", Moment, nullable=False),
    Column("next_attempt_at", Moment, nullable=False),
    Column("claimed_until", Moment, nullable=True),
    Column("sent_at", Moment, nullable=True),
    Column("last_error", Text, nullable=True),
    UniqueConstraint("alert_id", "telling", "channel", name="uq_alert_deliveries"),
    Index("ix_alert_deliveries_state", "state", "next_attempt_at"),
    sqlite_autoincrement=True,
)


def take_turn(connection: Connection) -> None:
    """Wait until no other transaction changes alerts; until the end of this one none other does."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
