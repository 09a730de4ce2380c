"""The table of faults: what is done to the system, what an operator would want, what was seen.

Every test with a `fault` marker is a row. Exits with 1 where one was not met.
"""

import sys
from typing import Any

import pytest
from rich.console import Console
from rich.table import Table


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
        return "not tried: " + str(report.longrepr[2] if isinstance(report.longrepr, tuple) else "skipped")
    last = [line for line in str(report.longrepr).splitlines() if line.startswith("E ")]
    return f"{report.nodeid}: {last[0][1:].strip() if last else 'failed'}"


def main() -> int:
    """Run every fault, print the table."""
    rows = Rows()
    status = pytest.main(["-m", "fault", "-q", "--no-header", *sys.argv[1:]], plugins=[rows])
    table = Table("fault", "expected", "seen", title="Faults", show_lines=True)
    for (what, expected), outcomes in sorted(rows.seen.items()):
        wrong = [outcome for outcome in outcomes if outcome]
        times = f" ({len(outcomes)} ways)" if len(outcomes) > 1 else ""
        table.add_row(what, expected, "[green]as expected[/]" + times if not wrong else "[red]" + wrong[0])
    console = Console(width=170)
    console.print(table)
    unmet = sum(any(outcomes) for outcomes in rows.seen.values())
    console.print(f"{len(rows.seen)} faults, {unmet or 'all'} {'not ' if unmet else ''}as expected")
    return int(status)


if __name__ == "__main__":
    sys.exit(main())
