"""Settings that cannot be: a line for each, by the name that an operator knows it by, and no trace."""

import pytest
from typer.testing import CliRunner

from meteo_cli.main import app


@pytest.mark.fault("wrong settings", "no start, one line for each")
@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("METEO_API_PORT", "high", "Input should be a valid integer"),
        ("METEO_BACKUP_DATABASES", "{", "cannot be read: JSON is expected"),
    ],
)
def test_a_command_names_the_setting_that_is_wrong(
    meteo: CliRunner, monkeypatch: pytest.MonkeyPatch, name: str, value: str, why: str
):
    monkeypatch.setenv(name, value)

    done = meteo.invoke(app, ["backup", "--out", "x.tar.zst"])

    assert done.exit_code == 1
    assert f"error: {name}: {why}" in done.output
    assert "Traceback" not in done.output
