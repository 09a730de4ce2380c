"""Bearer tokens: signed, short-lived, and naming a sign-in that can be revoked."""

from datetime import datetime
from typing import Final

import jwt
from msgspec import Struct

from meteo_api.accounts.secret import Secret

ALGORITHM: Final = "HS256"
ISSUER: Final = "meteo"
LONGEST: Final = 2_000
"""Characters; ours have about 200."""
LARGEST_ID: Final = 2**63 - 1


class Claims(Struct, frozen=True):
    """What a token of ours says."""

    user_id: int
    sign_in: int
    expires_at: float
    """Seconds since 1970."""


def token_for(user_id: int, sign_in: int, *, at: datetime, expires_at: datetime, secret: Secret) -> str:
    """A token for a sign-in."""
    claims = {
        "iss": ISSUER,
        "sub": str(user_id),
        "jti": str(sign_in),
        "iat": int(at.timestamp()),
        "exp": int(expires_at.timestamp()),
    }
    return jwt.encode(claims, secret.token_key, algorithm=ALGORITHM)


def claims_of(token: str, secret: Secret) -> Claims | None:
    """What the token says; None where it is not one of ours, whole and as signed. May have expired."""
    if len(token) > LONGEST:
        return None
    try:
        claims = jwt.decode(
            token,
            secret.token_key,
            algorithms=[ALGORITHM],
            issuer=ISSUER,
            # Whether it has expired is asked of the service's own clock.
            options={"require": ["exp", "sub", "jti"], "verify_exp": False, "verify_iat": False},
        )
        named = Claims(int(claims["sub"]), int(claims["jti"]), float(claims["exp"]))
    except (jwt.InvalidTokenError, ValueError, TypeError, OverflowError):
        return None
    return named if max(named.user_id, named.sign_in) <= LARGEST_ID else None
