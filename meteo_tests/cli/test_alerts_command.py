"""`meteo alerts`: the channels tried, and what is wrong listed, on the command line."""

import traceback
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from meteo_assets.alerting import ChannelNotConfigured, alert_store, channel_names, channels_of
from meteo_assets.secret_settings import UnreadableSecret
from meteo_assets.settings import Settings
from meteo_cli.main import app
from meteo_core.alerts.alert import Kind, Trouble
from meteo_core.alerts.channels import Tls
from meteo_tests.receivers import free_port, mail_server, webhook

NOW = datetime.now(UTC)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("METEO_HOME", str(tmp_path))
    return tmp_path


def meteo(*words: str) -> tuple[int, str]:
    from meteo_cli.console import console

    console.width = 200  # it may have been made before, by the width of the test's own terminal
    result = CliRunner().invoke(app, list(words))
    return result.exit_code, result.output


def test_a_test_message_goes_through_each_channel(home: Path, monkeypatch: pytest.MonkeyPatch):
    with mail_server() as box, webhook() as hook:
        monkeypatch.setenv("METEO_ALERT_EMAIL_TO", "a@example.org, b@example.org")
        monkeypatch.setenv("METEO_SMTP_HOST", "127.0.0.1")
        monkeypatch.setenv("METEO_SMTP_PORT", str(box.port))
        monkeypatch.setenv("METEO_SMTP_TLS", "none")
        (home / "address").write_text(f"{hook.url}\n")
        monkeypatch.setenv("METEO_ALERT_WEBHOOK_URL_FILE", str(home / "address"))
        monkeypatch.setenv("METEO_ALERT_WEBHOOK_FORMAT", "slack")

        code, said = meteo("alerts", "test")

    assert code == 0, said
    assert said.split("\n")[:3] == [
        "email:a@example.org: taken",
        "email:b@example.org: taken",
        "webhook: taken",
    ]
    assert [message["To"] for message in box.messages] == ["a@example.org", "b@example.org"]
    assert "Nothing is wrong" in hook.bodies[0]["text"]


def test_a_channel_that_fails_is_said_so_without_its_secret(home: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("METEO_ALERT_WEBHOOK_URL", f"http://127.0.0.1:{free_port()}/T0K3N")

    code, said = meteo("alerts", "test")

    assert code == 1
    assert said.startswith("webhook: failed: ")
    assert "T0K3N" not in said


def test_without_a_channel_the_command_says_where_to_set_one(home: Path):
    code, said = meteo("alerts", "test")

    assert code == 0
    assert "METEO_ALERT_EMAIL_TO" in said


def test_what_is_wrong_is_listed(home: Path):
    assert "Nothing is wrong" in meteo("alerts", "list")[1]
    trouble = Trouble(
        Kind.NO_FORECAST, "evening", "No fresh evening forecast", "w", "everywhere", NOW, "http://l"
    )
    with alert_store(Settings(alert_email_to=("a@example.org",))) as store:
        store.report(Kind.NO_FORECAST, [trouble], over=lambda alert: None, at=NOW)

    code, said = meteo("alerts", "list")

    assert code == 0
    assert "No fresh evening forecast" in said
    assert "1 waiting" in said


def test_secrets_are_in_no_settings_that_are_shown_and_names_need_none(tmp_path: Path):
    settings = Settings(
        alert_email_to=("a@example.org",),
        smtp_host="mail.example.org",
        smtp_password="hunter2hunter2",
        alert_webhook_url="https://hooks.example.org/T0K3N",
    )

    email, hook = channels_of(settings)

    assert (email.port, email.tls, email.sender) == (587, Tls.STARTTLS, "a@example.org")
    assert channel_names(settings) == (email.name, hook.name) == ("email:a@example.org", "webhook")
    for shown in (repr(settings), str(settings.model_dump()), repr(email), repr(hook)):
        assert "hunter2hunter2" not in shown
        assert "T0K3N" not in shown


def test_a_channel_set_up_by_half_is_said_so():
    with pytest.raises(ChannelNotConfigured, match="METEO_SMTP_HOST"):
        channels_of(Settings(alert_email_to=("a@example.org",)))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "secret cannot be read: No such file"),
        (b"\xffT0K3N", "secret cannot be read: it is no text in UTF-8"),
        (b" \n", "secret is empty"),
    ],
)
@pytest.mark.parametrize(
    "setting",
    ["alert_webhook_url_file", "smtp_password_file", "warehouse_password_file", "s3_secret_file"],
)
def test_a_file_that_gives_no_secret_is_named_with_its_setting(
    setting: str, content: bytes | None, words: str, tmp_path: Path
):
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)
    settings = Settings(
        home_dir=tmp_path,
        alert_email_to=("a@example.org",),
        smtp_host="mail.example.org",
        warehouse="ducklake:postgresql://meteo@127.0.0.1:1/lake",
        **{setting: file},
    )

    with pytest.raises(UnreadableSecret, match=f"METEO_{setting.upper()}: .*{words}") as told:
        _ = settings.tables(), channels_of(settings)

    assert "T0K3N" not in "".join(traceback.format_exception(told.value))
