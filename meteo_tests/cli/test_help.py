"""Whoever asks a command for help learns how it is used."""

from collections.abc import Iterator
from typing import Any

import pytest
from typer.main import get_command

from meteo_cli.main import app


def commands(command: Any, name: str = "meteo") -> Iterator[tuple[str, Any]]:
    """Every command that does something, by what a person types."""
    if hasattr(command, "commands"):
        for word, each in command.commands.items():
            yield from commands(each, f"{name} {word}")
    else:
        yield name, command


COMMANDS = dict(commands(get_command(app)))


@pytest.mark.parametrize("name", COMMANDS)
def test_help_says_what_a_command_does_with_an_example(name: str):
    command = COMMANDS[name]

    assert len(command.help or "") > 20
    assert name in (command.help or "").partition("Example")[2]
    assert [each.name for each in command.params if not each.help] == []
