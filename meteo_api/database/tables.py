"""Tables of the service database. A change here needs a migration beside it."""

from typing import Any, Final

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)

from meteo_core.service_database import BIG, Moment

NAMING: Final = {
    "pk": "pk_%(table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "ix": "ix_%(column_0_label)s",
}
metadata = MetaData(naming_convention=NAMING)


def _id() -> Column[Any]:
    return Column("id", BIG, primary_key=True, autoincrement=True)


def _table(name: str, *parts: Column[Any] | Index) -> Table:
    # AUTOINCREMENT: SQLite would give the number of a deleted row to the next, and a token names a number.
    return Table(name, metadata, _id(), *parts, sqlite_autoincrement=True)


users: Final = _table(
    "users",
    Column("name", String(64), nullable=False, unique=True),
    Column("password_hash", String(256), nullable=False),
    Column("role", String(16), nullable=False),
    Column("disabled", Boolean, nullable=False, default=False),
    Column("created_at", Moment, nullable=False),
)

sign_ins: Final = _table(
    "sign_ins",
    Column("user_id", BIG, ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    # token: a bearer token names the row; session: a cookie holds the secret whose SHA-256 is kept here.
    Column("kind", String(16), nullable=False),
    Column("secret_sha256", String(64), nullable=True, unique=True),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False, index=True),
    Column("last_seen_at", Moment, nullable=False),
    Column("revoked_at", Moment, nullable=True),
)

failed_sign_ins: Final = _table(
    "failed_sign_ins",
    # A keyed hash of the name: people type passwords into the field for names.
    Column("name_hash", String(64), nullable=False),
    Column("address", String(64), nullable=False),
    Column("at", Moment, nullable=False, index=True),
    Index("ix_failed_sign_ins_address_name_hash_at", "address", "name_hash", "at"),
)

audit: Final = _table(
    "audit",
    Column("at", Moment, nullable=False),
    # A name and no reference: what was done stays when the user goes.
    Column("who", String(100), nullable=False),
    Column("action", String(64), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("detail", Text, nullable=False, default=""),
)

predictions: Final = _table(
    "predictions",
    Column("asked_at", Moment, nullable=False, index=True),
    Column("user_id", BIG, nullable=True),
    Column("station", String(64), nullable=False),
    Column("date", String(10), nullable=False),
    Column("issue", String(16), nullable=False),
    Column("model_version", Integer, nullable=False),
    Column("snapshot", String(100), nullable=False),
    Column("route", String(16), nullable=False),
    # JSON: the values that were given, and the names of those that were missing.
    Column("inputs", Text, nullable=False),
    Column("missing", Text, nullable=False),
    Column("p_gt_1_0", Float(53), nullable=True),
)
