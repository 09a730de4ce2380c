"""What the settings say of accounts."""

from datetime import timedelta

from meteo_api.accounts.secret import Secret, UnusableSecret, secret_in, secret_made_in
from meteo_api.accounts.sign_ins import Lifetimes
from meteo_api.settings import Settings


def secret_of(settings: Settings) -> Secret:
    """The secret that is set, or the state folder's own; raises `UnusableSecret`."""
    if settings.secret_key is not None and settings.secret_file is not None:
        raise UnusableSecret("METEO_SECRET_KEY and METEO_SECRET_FILE are both set: keep one of them")
    if settings.secret_key is not None:
        return Secret(settings.secret_key.get_secret_value())
    if settings.secret_file is not None:
        return secret_in(settings.secret_file)
    return secret_made_in(settings.home.secret)


def lifetimes_of(settings: Settings) -> Lifetimes:
    """How long sign-ins last."""
    return Lifetimes(
        token=timedelta(minutes=settings.token_minutes),
        session=timedelta(hours=settings.session_hours),
        idle=timedelta(minutes=settings.session_idle_minutes),
    )
