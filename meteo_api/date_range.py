"""First and last day that an address asks for."""

from datetime import date

from meteo_api.errors import FieldError, InvalidRequest


def require_order(first: date | None, last: date | None) -> None:
    """Raise `InvalidRequest` where the dates are the wrong way round."""
    if first and last and first > last:
        raise InvalidRequest(
            [FieldError(pointer="/from", detail=f"{first} is after to, {last}", place="query")]
        )
