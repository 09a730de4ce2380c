"""A Prometheus of our configuration, with other targets and less patience."""

import math
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from meteo_tests.api.clients import answers_at, eventually, free_port
from meteo_tests.deploy.programs import DEPLOY, program

EVERY = "2s"
"""Between two scrapes, and two evaluations of the rules."""


@dataclass(frozen=True)
class Scraper:
    """A running Prometheus."""

    address: str

    def ask(self, path: str, **what: str) -> Any:
        """Data of an answer of its API."""
        answer = httpx.get(f"{self.address}/api/v1/{path}", params=what, timeout=10)
        assert answer.status_code == 200, f"{what}: {answer.text}"
        return answer.json()["data"]

    def values(self, expression: str) -> list[float]:
        """Numbers that an expression has at this moment."""
        found = self.ask("query", query=expression)["result"]
        return [number for each in found if not math.isnan(number := float(each["value"][1]))]

    def names(self) -> set[str]:
        """Names of all series."""
        return set(self.ask("label/__name__/values"))

    def wait_for_scrapes(self, number: int) -> None:
        """Wait until each target was scraped this many times."""
        scrapes = 'min(count_over_time(up{job=~"api|pipeline"}[10m]))'
        eventually(
            lambda: bool(self.values("min(up) == 1")) and self.values(scrapes) >= [number],
            within_seconds=60,
            shown=lambda: self.ask("targets")["activeTargets"],
        )


@contextmanager
def scraping(targets: Mapping[str, str], folder: Path) -> Iterator[Scraper]:
    """Run Prometheus on a free port within the `with` block; targets by job, others are itself."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    config = yaml.safe_load((DEPLOY / "prometheus/prometheus.yml").read_text())
    config["global"] |= {"scrape_interval": EVERY, "evaluation_interval": EVERY, "scrape_timeout": EVERY}
    config["rule_files"] = [str(DEPLOY / "prometheus" / file) for file in config["rule_files"]]
    config.pop("alerting")
    for job in config["scrape_configs"]:
        target = targets.get(job["job_name"], address)
        job["static_configs"] = [{"targets": [target.removeprefix("http://")]}]
    file = folder / "prometheus.yml"
    file.write_text(yaml.safe_dump(config))
    command = [
        program("prometheus"),
        f"--config.file={file}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    try:
        eventually(lambda: answers_at(f"{address}/-/ready"), within_seconds=30)
        yield Scraper(address)
    finally:
        server.terminate()
        server.wait(timeout=20)
