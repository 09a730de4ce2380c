"""Where the broker of the runners is, as an operator says it."""

from pathlib import Path

import pytest

from meteo_assets.broker_settings import BrokerNotNamed, BrokerSettings
from meteo_assets.secret_settings import UnreadableSecret


def test_without_a_broker_the_setting_is_named():
    with pytest.raises(BrokerNotNamed, match=r"METEO_BROKER .*set it, such as redis://broker:6379/0"):
        BrokerSettings(_env_file=None).broker_address()


def test_a_password_of_any_signs_is_part_of_the_address_and_of_nothing_that_is_shown(tmp_path: Path):
    file = tmp_path / "password"
    file.write_text("p@ss/w:rd%\n")

    settings = BrokerSettings(broker="redis://broker:6379/0", broker_password_file=file)

    assert settings.broker_address() == "redis://:p%40ss%2Fw%3Ard%25@broker:6379/0"
    assert "p@ss" not in repr(settings)
    assert BrokerSettings(broker="redis://broker:6379/0").broker_address() == "redis://broker:6379/0"


def test_a_password_file_that_gives_none_is_named(tmp_path: Path):
    settings = BrokerSettings(broker="redis://broker:6379/0", broker_password_file=tmp_path / "none")

    with pytest.raises(UnreadableSecret, match=r"METEO_BROKER_PASSWORD_FILE: .*none cannot be read"):
        settings.broker_address()
