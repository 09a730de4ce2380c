"""The secret that sign-ins rest on."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from meteo_api.accounts.secret import Secret, UnusableSecret, secret_in, secret_made_in
from meteo_api.accounts.wiring import secret_of
from meteo_api.settings import Settings

GOOD = "3f9a1c77e2d04b6895ab0c1d2e3f4a5b6c7d8e9f00112233"  # pragma: allowlist secret


@pytest.mark.parametrize(
    "text",
    [
        *("", "short", "x" * 31, GOOD[:31], "a" * 64, "changeme" * 8, "secret" * 10, "ab12" * 16),
        # pragma: allowlist nextline secret
        *("please-CHANGE-ME-before-production-0123456789", "0123456789 my password 0123456789 xyz"),
    ],
)
def test_a_short_or_known_secret_is_refused_with_how_to_make_one(text: str):
    with pytest.raises(UnusableSecret, match="token_hex"):
        Secret(text)


def test_a_secret_is_made_once_for_its_owner_alone(tmp_path: Path):
    file = tmp_path / "state" / "secret"

    with ThreadPoolExecutor(8) as starts:
        made = list(starts.map(lambda _: secret_made_in(file).token_key, range(8)))

    assert len(set(made)) == 1
    assert len(made[0]) == 64
    assert file.stat().st_mode & 0o777 == 0o600
    assert [kept.name for kept in file.parent.iterdir()] == ["secret"]


def test_each_purpose_and_each_secret_has_its_own_signature():
    secret = Secret(GOOD)

    signatures = {secret.sign("csrf", "1"), secret.sign("name", "1"), secret.sign("csrf", "2")}

    assert len(signatures | {Secret(GOOD + "x").sign("csrf", "1")}) == 4
    assert GOOD not in repr(secret)


def test_settings_say_where_the_secret_is(tmp_path: Path):
    file = tmp_path / "elsewhere"
    file.write_text(f"{GOOD}\n")

    assert secret_of(Settings(home_dir=tmp_path, secret_file=file)).token_key == GOOD.encode()
    assert secret_of(Settings(home_dir=tmp_path, secret_key=GOOD)).token_key == GOOD.encode()
    with pytest.raises(UnusableSecret, match="both"):
        secret_of(Settings(home_dir=tmp_path, secret_file=file, secret_key=GOOD))
    assert GOOD not in repr(Settings(home_dir=tmp_path, secret_key=GOOD))


def test_a_file_that_is_not_there_is_refused(tmp_path: Path):
    with pytest.raises(UnusableSecret, match="cannot be read"):
        secret_in(tmp_path / "nothing")


@pytest.mark.fault("short or well-known secret", "no start, one line says why")
@pytest.mark.parametrize("key", ["changeme", "short", "secret" * 8])
def test_the_process_refuses_to_start_with_a_bad_secret(tmp_path: Path, key: str):
    refused = subprocess.run(
        [sys.executable, "-m", "meteo_api"],
        env={"METEO_HOME": str(tmp_path), "METEO_SECRET_KEY": key, "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert refused.returncode == 1
    assert "the secret" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert key not in refused.stderr.replace("the secret", "")
