"""The table of faults: what is done to the system, what an operator would want, what was seen.

Every test with a `fault` marker is a row. Exits with 1 where one was not met.
"""

import sys
from typing import Any

import pytest
from rich.console import Console
from rich.markup import escape
from rich.table import Table

NOT_TRIED = "not tried: "
"""What stands before the reason why a fault could not be made on this machine."""


class Rows:
    """Collects what became of each fault."""

    def __init__(self) -> None:
        self.seen: dict[tuple[str, str], list[str]] = {}

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Note the outcome of a test; of its set-up and clean-up only where they fail."""
        if report.when != "call" and report.passed:
            return
        for name, value in report.user_properties:
            if name == "fault":
                self.seen.setdefault(tuple(value), []).append(_outcome(report))


def _outcome(report: Any) -> str:
    if report.passed:
        return ""
    if report.skipped:
        return NOT_TRIED + str(report.longrepr[2] if isinstance(report.longrepr, tuple) else "skipped")
    last = [line for line in str(report.longrepr).splitlines() if line.startswith("E ")]
    return f"{report.nodeid}: {last[0][1:].strip() if last else 'failed'}"


def _worst(outcomes: list[str]) -> str:
    """What was not as expected, else what was not tried, else nothing."""
    return min(outcomes, key=lambda outcome: (not outcome, outcome.startswith(NOT_TRIED)))


def main() -> int:
    """Run every fault, print the table."""
    rows = Rows()
    status = pytest.main(["-m", "fault", "-q", "--no-header", *sys.argv[1:]], plugins=[rows])
    table = Table("fault", "expected", "seen", title="Faults", show_lines=True)
    worst = {fault: _worst(outcomes) for fault, outcomes in sorted(rows.seen.items())}
    for (what, expected), outcome in worst.items():
        ways = len(rows.seen[what, expected])
        times = f" ({ways} ways)" if ways > 1 else ""
        table.add_row(
            what, expected, "[red]" + escape(outcome) if outcome else "[green]as expected[/]" + times
        )
    console = Console(width=170)
    console.print(table)
    wrong = [outcome for outcome in worst.values() if outcome]
    untried = sum(outcome.startswith(NOT_TRIED) for outcome in wrong)
    console.print(
        f"{len(worst)} faults: {len(worst) - len(wrong)} as expected, {untried} not tried, "
        f"{len(wrong) - untried} not as expected"
    )
    return int(status)


if __name__ == "__main__":
    sys.exit(main())
