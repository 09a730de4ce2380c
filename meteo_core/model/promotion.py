"""Another champion by a person's decision: refused where the version could not serve, or should not."""

import tempfile
from pathlib import Path
from typing import Final

from meteo_core.errors import MeteoError
from meteo_core.model.registry import (
    CHAMPION,
    CHECK,
    FAILED,
    PASSED,
    STATUS,
    ChampionChange,
    ModelRegistry,
    ModelVersion,
    number_of,
    require_expected,
)
from meteo_core.sentence import Sentence

REQUIRED_CHECKS: Final = ("rain_model_beats_climatology", "rain_model_is_calibrated")
"""Checks that a version must have passed before it can be champion."""
NOT_RUN: Final = "not run"


class ChecksNotPassed(MeteoError):
    """A version whose checks failed, or did not run."""


class ChampionAlready(MeteoError):
    """The version is champion as it is."""


def checks_of(version: ModelVersion) -> dict[str, str]:
    """How each check of a version ended; the required ones also where they were not run."""
    ended = {
        name.removeprefix(CHECK): value for name, value in version.tags.items() if name.startswith(CHECK)
    }
    return {**dict.fromkeys(REQUIRED_CHECKS, NOT_RUN), **ended}


def has_passed(version: ModelVersion) -> bool:
    """Whether every check that was run passed, and every required one was run."""
    return version.tags.get(STATUS) == PASSED and FAILED not in checks_of(version).values()


def promote(
    registry: ModelRegistry,
    number: int,
    *,
    reason: str,
    who: str,
    despite_checks: bool = False,
    expected_champion: int | None = None,
) -> ChampionChange:
    """Make a version champion, if its checks passed and this code can use it.

    Raises `UnknownVersion`, `ChampionAlready`, `ChecksNotPassed`, `UnusableModel`, or `ChampionHasChanged`
    where another version is champion than the one expected.
    """
    version, before = registry.version(number), registry.alias(CHAMPION)
    if before is not None and before.version == number:
        raise ChampionAlready(Sentence("version %(number)s is champion already", number=number))
    passed = has_passed(version)
    if not passed and not despite_checks:
        ended = ", ".join(f"{name}: {how}" for name, how in sorted(checks_of(version).items()))
        raise ChecksNotPassed(
            Sentence(
                "version %(number)s has not passed its checks (%(checks)s). It can be promoted despite its "
                "checks; the audit will say so",
                number=number,
                checks=ended,
            )
        )
    require_usable(registry, number)
    said = reason if passed else f"{reason} (despite its checks)"
    return registry.promote(number, reason=said, who=who, expected_champion=expected_champion)


def roll_back(
    registry: ModelRegistry, *, reason: str, who: str, expected_champion: int | None = None
) -> ChampionChange:
    """Make the version champion again that the present one replaced, if this code can use it.

    Raises `NothingToRollBackTo`, `UnusableModel` or `ChampionHasChanged`.
    """
    # Read once: it takes seconds to see whether a version can be used, and what follows is for this champion.
    champion = registry.alias(CHAMPION)
    require_expected(champion, expected_champion)
    require_usable(registry, registry.version_before(champion))
    return registry.roll_back(reason=reason, who=who, expected_champion=number_of(champion))


def require_usable(registry: ModelRegistry, number: int) -> None:
    """Read the version as the service would; raises `UnusableModel` where it would be refused there."""
    with tempfile.TemporaryDirectory() as workspace:
        registry.load(number, Path(workspace))
