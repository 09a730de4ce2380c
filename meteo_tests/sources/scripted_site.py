"""A web site on loopback that answers as told, to try how a fetcher takes bad answers."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self


@dataclass(frozen=True)
class Answer:
    """One answer; the last of a script repeats."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    claimed_length: int | None = None
    """Content-Length that the head names; the connection closes after the body."""
    drip_s: float = 0.0
    """Pause after each byte, of the head too."""


@dataclass(frozen=True)
class Request:
    """A request as it came in."""

    path: str
    headers: dict[str, str]
    at: float


class ScriptedSite:
    """Answers the requests in turn."""

    def __init__(self, script: Sequence[Answer]) -> None:
        self.script = script
        self.requests: list[Request] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.requests.append(Request(self.path, dict(self.headers), time.monotonic()))
                answer = site.script[min(len(site.requests), len(site.script)) - 1]
                length = len(answer.body) if answer.claimed_length is None else answer.claimed_length
                headers = {"Content-Length": str(length), "Connection": "close", **answer.headers}
                head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
                content = f"HTTP/1.1 {answer.status} As told\r\n{head}\r\n".encode() + answer.body
                self.close_connection = True
                try:
                    if not answer.drip_s:
                        self.wfile.write(content)
                        return
                    for at in range(len(content)):
                        self.wfile.write(content[at : at + 1])
                        time.sleep(answer.drip_s)
                except OSError:
                    return  # the fetcher has hung up, as it should

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 as in the base class
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
