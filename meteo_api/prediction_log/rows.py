"""An answered question as a row of the table `predictions`, and how rows come into it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

import msgspec
from sqlalchemy import Connection, insert

from meteo_api.database.tables import predictions
from meteo_api.predictions.schemas import Prediction, PredictionRequest

_to_json: Final = msgspec.json.Encoder().encode


class Row(NamedTuple):
    """Columns of the table, but for the number that the database gives."""

    asked_at: datetime
    """UTC."""
    user_id: int | None
    station: str
    date: str
    issue: str
    model_version: int
    snapshot: str
    route: str
    inputs: str
    """JSON: values as given, null where null was given."""
    missing: str
    """JSON: names of parameters that were usable and unknown."""
    p_gt_1_0: float

    @classmethod
    def of(
        cls, asked_at: datetime, user_id: int | None, request: PredictionRequest, answer: Prediction
    ) -> "Row":
        """Make a row of a question and its answer."""
        issue = request.issue.value
        return cls(
            asked_at,
            user_id,
            request.station,
            request.date.isoformat(),
            issue,
            answer.model_version,
            answer.snapshot.name,
            answer.route,
            _given(request, issue),
            _to_json(answer.fields.missing).decode(),
            answer.p_gt_1_0,
        )


def _given(request: PredictionRequest, issue: str) -> str:
    """The parameters of a request alone: what stands behind station, date and issue in its JSON.

    Putting them together one by one would take three times as long.
    """
    return "{" + _to_json(request).decode().partition(f'"issue":"{issue}"')[2].removeprefix(",")


_COLUMNS: Final = ", ".join(Row._fields)
_FOR_SQLITE: Final = f"INSERT INTO predictions ({_COLUMNS}) VALUES ({', '.join('?' for _ in Row._fields)})"


def add(connection: Connection, rows: Sequence[Row]) -> None:
    """Insert rows within the connection's transaction."""
    if connection.dialect.name == "sqlite":
        # Straight to the driver: it shares a core with the answers, and takes a third of the time this way.
        stored = [(_as_sqlite_stores(row.asked_at), *row[1:]) for row in rows]
        connection.exec_driver_sql(_FOR_SQLITE, stored)
    else:
        connection.execute(insert(predictions), [row._asdict() for row in rows])


def _as_sqlite_stores(moment: datetime) -> str:
    """As the column's own type writes it: UTC without saying so."""
    return moment.isoformat(" ", "microseconds").removesuffix("+00:00")
