"""Documents lead somewhere: each link within the project, and each file that a table names."""

import re
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
ELSEWHERE = re.compile(r"^(https?:|mailto:)")


def documents() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=PROJECT,
        capture_output=True,
        check=True,
        text=True,
    )
    return sorted(set(listed.stdout.split()))


@pytest.mark.parametrize("document", documents())
def test_links_lead_to_files_of_the_project(document: str):
    source = PROJECT / document
    text = re.sub(r"^```.*?^```", "", source.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)

    lost = [
        target
        for target in LINK.findall(text)
        if not ELSEWHERE.match(target) and not (source.parent / target).exists()
    ]

    assert lost == []


def test_what_must_stay_true_is_held_by_tests_that_are_there():
    text = (
        (PROJECT / "docs/architecture.md").read_text(encoding="utf-8").partition("## What must stay true")[2]
    )

    named = re.findall(r"`(\w+/test_\w+\.py)`", text)

    assert len(named) >= 7
    assert [name for name in named if not (PROJECT / "meteo_tests" / name).is_file()] == []


def test_where_to_go_names_places_that_are_there():
    text = (PROJECT / "docs/architecture.md").read_text(encoding="utf-8").partition("## Where do I go")[2]
    rows = text.partition("\n## ")[0]

    named = re.findall(r"`((?:meteo_\w+|deploy|docker-compose)[\w./-]*)`", rows)

    assert len(named) >= 20
    assert [name for name in named if not (PROJECT / name).exists()] == []
