"""Stories of the simulated site, named on the command line."""

from datetime import UTC, datetime
from pathlib import Path

from meteo_cli.console import console
from meteo_core import jobs
from meteo_core.sources.simulator.story import Story, read_story


def story_of(file: Path | None) -> Story | None:
    """The story in a file, its days counted from today in Sydney; raises `UnusableStory`."""
    if file is None:
        return None
    story = read_story(file, today=jobs.today(datetime.now(UTC)))
    console.print(f"Story: {story.title}")
    return story
