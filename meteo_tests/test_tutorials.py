"""Every tutorial, followed to the letter in a copy of the checkout.

Of its fenced blocks, `diff` is applied, `python title=PATH` is written to that file, `sh` is run, and each
line of a `text` block must be among what the command before it said (`...` stands for anything). `console`
and `yaml` are shown and not run.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
TUTORIALS = sorted((PROJECT / "docs/tutorials").glob("*.md"))
BLOCK = re.compile(
    r"^```(?P<language>\w+)(?: title=(?P<title>\S+))?\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL
)
FOLLOWED = {"diff", "python", "sh", "text", "yaml", "console"}


@dataclass(frozen=True)
class Block:
    language: str
    title: str | None
    body: str


def blocks(tutorial: Path) -> Iterator[Block]:
    for found in BLOCK.finditer(tutorial.read_text(encoding="utf-8")):
        yield Block(found["language"], found["title"], found["body"])


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The files of the project as they stand, with the environment that these tests run in."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        if (PROJECT / name).is_file() and not (PROJECT / name).is_symlink():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes((PROJECT / name).read_bytes())
    (tmp_path / ".venv").symlink_to(sys.prefix)
    return tmp_path


def run(command: list[str], checkout: Path, *, given: str = "") -> str:
    settings = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("METEO_", "DAGSTER_", "PYTEST_"))
    }
    done = subprocess.run(
        command,
        cwd=checkout,
        env={**settings, "PYTHONPATH": str(checkout), "COLUMNS": "120"},
        input=given,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, f"{given or command}\n{done.stdout}"
    return done.stdout


@pytest.mark.parametrize("tutorial", TUTORIALS, ids=lambda tutorial: tutorial.stem)
def test_a_tutorial_works_as_written(tutorial: Path, checkout: Path):
    said = ""
    steps = list(blocks(tutorial))

    for block in steps:
        match block.language:
            case "diff":
                run(["git", "apply", "-"], checkout, given=block.body)
            case "sh":
                said = run(["bash", "-euo", "pipefail"], checkout, given=block.body)
            case "text":
                for line in block.body.splitlines():
                    pattern = ".*".join(re.escape(" ".join(part.split())) for part in line.split("..."))
                    assert re.search(pattern, " ".join(said.split())), f"{line}\nis not in\n{said}"
            case "console" | "yaml":
                pass
            case _:
                assert block.title, f"a block of {block.language} that says no file"
                (checkout / block.title).write_text(block.body, encoding="utf-8")

    assert {block.language for block in steps} <= FOLLOWED
    assert any(block.language == "text" for block in steps)


def test_there_is_a_tutorial_for_each_usual_change():
    assert [tutorial.stem for tutorial in TUTORIALS] == [
        "add_a_predictor",
        "add_a_source",
        "add_a_station",
        "change_a_threshold",
        "write_an_alert",
    ]
