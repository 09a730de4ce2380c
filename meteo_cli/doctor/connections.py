"""Checks of what is reached over a network: databases, MLflow, Dagster, the source, mail; and the clock."""

import smtplib
import socket
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urlsplit

import httpx
import sqlalchemy as sa

from meteo_api.database.schema import known_revisions
from meteo_api.settings import Settings as ServiceSettings
from meteo_assets.settings import Settings, SourceName
from meteo_assets.tracking import registry_of
from meteo_cli.doctor.finding import Finding, fail, ok, skip, warn
from meteo_core.alerts.channels import DEFAULT_PORTS, Tls
from meteo_core.model.registry import RegistryUnavailable
from meteo_core.service_database import DatabaseAway, ServiceDatabase, UnusableDatabase
from meteo_core.sources.bom_dwo import BUREAU_SITE

SECONDS: Final = 5.0
"""How long an answer is waited for."""
OFF_SECONDS: Final = 5.0
FAR_OFF_SECONDS: Final = 60.0
"""Sign-ins and the hour of a forecast go by the clock."""
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")


def service_database_answers(settings: Settings, service: ServiceSettings) -> Finding:
    """The database of users and log answers, and its tables are not of a newer release."""
    if service.database_url is None and not settings.home.service_database.exists():
        return warn(
            f"{settings.home.service_database} is not there yet", "the service's first start makes it"
        )
    try:
        database = ServiceDatabase(service.service_database_url)
    except UnusableDatabase as error:
        return fail(str(error), "set METEO_DATABASE_URL")
    try:
        with database.reading() as connection:
            if not sa.inspect(connection).has_table("alembic_version"):
                return ok(
                    f"{database.engine.dialect.name} answers; the service's first start makes its tables"
                )
            present = connection.execute(
                sa.text("SELECT version_num FROM alembic_version")
            ).scalar_one_or_none()
    except DatabaseAway as error:
        return fail(str(error), "start it, or set METEO_DATABASE_URL right")
    finally:
        database.close()
    if present is not None and present not in known_revisions():
        return fail(f"revision {present} is a newer release's", "install that release, or restore a backup")
    return ok(f"{database.engine.dialect.name} answers, revision {present}")


def registry_answers(settings: Settings, _service: ServiceSettings) -> Finding:
    """MLflow answers."""
    registry = registry_of(settings)
    if registry.missing_file is not None:
        return warn(f"{registry.missing_file} is not there yet", "the first training makes it")
    if settings.registry_uri.startswith("http"):
        # Its client would try for longer than anybody waits here.
        try:
            httpx.get(f"{settings.registry_uri.rstrip('/')}/health", timeout=SECONDS).raise_for_status()
        except httpx.HTTPError as error:
            return fail(f"{settings.registry_uri}: {error}", "start MLflow, or set METEO_MLFLOW_URI right")
    try:
        return ok(f"answers, {len(registry.versions())} versions of the model")
    except RegistryUnavailable as error:
        return fail(str(error), "start MLflow, or set METEO_MLFLOW_URI right")


def dagster_answers(settings: Settings, _service: ServiceSettings) -> Finding:
    """Dagster's webserver answers."""
    try:
        httpx.get(f"{settings.dagster_url.rstrip('/')}/server_info", timeout=SECONDS).raise_for_status()
    except httpx.HTTPError as error:
        return warn(
            f"{settings.dagster_url}: {error}",
            "without it nobody starts runs from the pages; start it, or set METEO_DAGSTER_URL right",
        )
    return ok(f"answers at {settings.dagster_url}")


def source_answers(settings: Settings, _service: ServiceSettings) -> Finding:
    """Where observations come from can be reached; of the Bureau's site no page is asked for."""
    if settings.source is SourceName.DROP_FOLDER:
        folder = settings.drop_folder
        if folder is None or not folder.is_dir():
            return fail(f"the drop folder {folder} is not there", "set METEO_DROP_FOLDER to a folder")
        return ok(f"{sum(1 for _ in folder.iterdir())} files in {folder}")
    if settings.source is SourceName.SIMULATOR and settings.source_url is None:
        return ok("the simulator, which is started when it is asked")
    if settings.source not in (SourceName.SIMULATOR, SourceName.BUREAU):
        return ok(f"{settings.source}: nothing that could be tried without fetching")
    if (
        settings.source is SourceName.BUREAU
        and not settings.accept_bureau_terms
        and settings.source_url is None
    ):
        return fail(
            "the Bureau's terms are not accepted", "read them, then set METEO_ACCEPT_BUREAU_TERMS=true"
        )
    address = settings.source_url or BUREAU_SITE
    parts = urlsplit(address)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        with socket.create_connection((parts.hostname or "", port), timeout=SECONDS):
            return ok(f"{parts.hostname}:{port} can be reached")
    except OSError as error:
        return fail(f"{address}: {error}", "see to the network, or set METEO_SOURCE_URL right")


def mail_server_answers(settings: Settings, _service: ServiceSettings) -> Finding:
    """The mail server for alerts says who it is; nothing is sent."""
    if settings.smtp_host is None:
        if settings.alert_email_to:
            return fail("METEO_ALERT_EMAIL_TO names mailboxes and there is no server", "set METEO_SMTP_HOST")
        return skip("no mail server is set")
    port = settings.smtp_port or DEFAULT_PORTS[settings.smtp_tls]
    kind = smtplib.SMTP_SSL if settings.smtp_tls is Tls.TLS else smtplib.SMTP
    try:
        with kind(settings.smtp_host, port, timeout=SECONDS) as server:
            server.ehlo()
            if settings.smtp_tls is Tls.STARTTLS and not server.has_extn("starttls"):
                return fail(f"{settings.smtp_host}:{port} offers no STARTTLS", "set METEO_SMTP_TLS as it is")
    except (OSError, smtplib.SMTPException) as error:
        return fail(f"{settings.smtp_host}:{port}: {error}", "see to METEO_SMTP_HOST, _PORT and _TLS")
    return ok(f"{settings.smtp_host}:{port} answers")


def clock_is_right(settings: Settings, _service: ServiceSettings) -> Finding:
    """This machine's clock agrees with that of another machine which is asked anyway."""
    known = [settings.source_url, settings.dagster_url, settings.registry_uri]
    if settings.source is SourceName.BUREAU and settings.accept_bureau_terms:
        known.append(BUREAU_SITE)
    others = [
        url for url in known if url and url.startswith("http") and urlsplit(url).hostname not in _LOOPBACK
    ]
    for url in others:
        try:
            told = httpx.head(url, timeout=SECONDS).headers.get("Date")
        except httpx.HTTPError:
            continue  # said by its own check
        if told:
            off = abs((datetime.now(UTC) - parsedate_to_datetime(told)).total_seconds())
            says = f"{off:.0f} s from that of {urlsplit(url).hostname}"
            do = "let a time service set the clock (timedatectl set-ntp true)"
            if off > FAR_OFF_SECONDS:
                return fail(says, do)
            return warn(says, do) if off > OFF_SECONDS else ok(says)
    return skip("no other machine that tells the time is named in the settings, or none answers")
