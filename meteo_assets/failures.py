"""Why a run failed, in one sentence; the whole story is in the Dagster UI."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import dagster as dg


@dataclass(frozen=True)
class Failure:
    """The first failure of a run."""

    where: str
    """Step, or the job where no step failed."""
    error: str
    """Class of the innermost error; empty where there is none."""
    words: str
    """What it said."""
    metadata: Mapping[str, Any]
    """What the asset said beside it."""

    def __str__(self) -> str:
        return f"{self.where}: {self.words}"


def first_failure(events: Iterable[dg.DagsterEvent]) -> Failure | None:
    """The first among these events of a run, in order; None where nothing failed."""
    for event in events:
        if event.is_step_failure:
            data = event.step_failure_data
            error, said = data.error, data.user_failure_data
        elif event.is_run_failure:
            error, said = event.job_failure_data.error, None
        else:
            continue
        while error is not None and error.cause is not None:
            error = error.cause
        # Dagster puts the class of the exception before its message.
        name = (error.cls_name or "") if error else ""
        words = re.sub(rf"^(\w+\.)*{name}: ", "", error.message.strip()) if error else event.message
        metadata = {name: value.value for name, value in said.metadata.items()} if said else {}
        return Failure(event.step_key or event.job_name, name, words or "", metadata)
    return None
