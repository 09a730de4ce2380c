"""A real S3-compatible store on loopback (SeaweedFS), from a wheel that carries it."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx

KEY_ID, SECRET = "meteo", "the-right-secret"
PARTS = ("master", "volume", "filer", "s3")
SECONDS = 120


@contextmanager
def object_store(folder: Path) -> Iterator[str]:
    """A store that knows one key, for the time of the `with` block; gives its address."""
    keys = [{"accessKey": KEY_ID, "secretKey": SECRET}]
    (folder / "keys.json").write_text(
        json.dumps({"identities": [{"name": "meteo", "credentials": keys, "actions": ["Admin"]}]})
    )
    data = folder / "data"
    data.mkdir()
    ports = _free_ports(2 * len(PARTS))
    told = [
        option
        for part in PARTS
        for option in (f"-{part}.port={ports.pop()}", f"-{part}.port.grpc={ports.pop()}")
    ]
    address = f"http://127.0.0.1:{dict(option.split('=') for option in told)['-s3.port']}"
    with (folder / "log").open("w") as log:
        running = subprocess.Popen(
            [
                str(Path(sys.executable).with_name("weed")),
                *("server", f"-dir={data}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-filer", "-s3", *told),
                *(f"-s3.config={folder / 'keys.json'}", "-s3.autoCreateBucket", "-s3.port.iceberg=0"),
                *("-s3.port.lance=0", "-master.telemetry=false", "-master.volumeSizeLimitMB=64"),
            ],
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_it_answers(address, running, folder / "log")
        yield address
    finally:
        running.kill()  # its own way out takes half a minute
        running.wait()


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def _wait_until_it_answers(address: str, running: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            if httpx.get(address, timeout=5).status_code == 403:  # it asks for the key
                return
        except httpx.TransportError:
            pass
        if running.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the object store did not start: {log.read_text()[-2000:]}")
        time.sleep(0.1)
