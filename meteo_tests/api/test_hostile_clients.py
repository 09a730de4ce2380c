"""A client that means harm: memory stays bounded, others are answered, the log stays readable."""

import contextlib
import http.client
import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from meteo_core.home import Home
from meteo_tests.api.clients import PREDICTIONS, answers_at, eventually, free_port, problem_of, process
from meteo_tests.api.people import LOGIN, PASSWORD, USER, bearer, populate
from meteo_tests.builders import LAST_DAY

ONE = {"station": "Albury", "date": str(LAST_DAY)}
MEGABYTE = 1_000_000
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}


class Service:
    """The service as a process of its own, as seen from outside."""

    def __init__(self, port: int, log: Path, pid: int) -> None:
        self.port = port
        self.log = log
        self.address = f"http://127.0.0.1:{port}"
        self._process = psutil.Process(pid)
        with httpx.Client(base_url=self.address, timeout=30) as client:
            self.headers = bearer(client)

    @property
    def megabytes(self) -> float:
        return self._process.memory_info().rss / MEGABYTE

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def head(self, first_line: str) -> bytes:
        authorization = self.headers["Authorization"]
        return f"{first_line}\r\nHost: 127.0.0.1\r\nAuthorization: {authorization}\r\n".encode()


@pytest.fixture(scope="module")
def service(served_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder, port = tmp_path_factory.mktemp("hostile"), free_port()
    url = f"sqlite:///{folder / 'own.db'}"
    populate(url)
    settings = {"METEO_HOME": str(served_home.root), "METEO_API_PORT": str(port), "METEO_DATABASE_URL": url}
    with process("meteo_api", log=folder / "log", **settings) as started:
        eventually(lambda: answers_at(f"http://127.0.0.1:{port}/health/ready"), within_seconds=60)
        yield Service(port, folder / "log", started.pid)


@pytest.fixture
def client(service: Service) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=service.address, timeout=60, headers=service.headers) as client:
        yield client


def flood(connection: socket.socket, piece: bytes, *, pieces: int) -> bytes:
    """Send until hung up; give the answer, or nothing where there was none."""
    try:
        for _ in range(pieces):
            connection.sendall(piece)
        return connection.recv(1_000)
    except OSError:
        return b""


@pytest.mark.fault("slow or endless request head", "hung up on")
@pytest.mark.parametrize(
    ("beginning", "piece"),
    [
        (b"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Long: ", b"a" * MEGABYTE),
        (b"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n", b"X-Many: a\r\n" * (MEGABYTE // 11)),
        (b"GET /health/live?", b"a=1&" * (MEGABYTE // 4)),
        (
            b"POST /api/v1/login HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: ",
            b"a" * MEGABYTE,
        ),
    ],
    ids=["one long header", "many headers", "long address", "long trailer"],
)
def test_a_head_without_an_end_is_hung_up_on(service: Service, beginning: bytes, piece: bytes):
    before, started = service.megabytes, time.monotonic()

    with service.connect() as connection:
        connection.sendall(beginning)
        answer = flood(connection, piece, pieces=50)

    assert answer.startswith(b"HTTP/1.1 4") or answer == b""
    assert time.monotonic() - started < 5
    assert service.megabytes - before < 20
    assert answers_at(f"{service.address}/health/live")


@pytest.mark.fault("client that asks and never reads", "hung up on")
def test_who_asks_on_and_on_without_reading_is_hung_up_on(service: Service):
    before = service.megabytes
    request = b"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"

    with service.connect() as connection:
        connection.settimeout(2)
        flood(connection, request * 1_000, pieces=200)

    assert service.megabytes - before < 60
    assert answers_at(f"{service.address}/health/live")


def test_a_client_may_send_some_requests_ahead(service: Service):
    request = b"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"a" * 3_000 + b"\r\n\r\n"
    answers = b""

    with service.connect() as connection:
        connection.sendall(request * 50)
        # Until the last body: it may come after the last status line.
        while answers.count(b'"alive"') < 50:
            piece = connection.recv(65_536)
            assert piece, "hung up on before all were answered"
            answers += piece

    assert answers.count(b"HTTP/1.1 200") == 50


def test_a_connection_that_a_program_keeps_for_its_next_request_is_kept_here_too(service: Service):
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=30)
    with contextlib.closing(connection):
        used = set()
        for idle_seconds in (0, 6):  # programs keep one for five
            time.sleep(idle_seconds)
            connection.request("GET", "/health/live")
            answer = connection.getresponse()
            used.add(connection.sock)
            assert (answer.status, json.load(answer)["status"]) == (200, "alive")

    assert len(used) == 1


def test_a_head_of_usual_size_and_a_long_chunked_body_are_read(service: Service, client: httpx.Client):
    batch = json.dumps([ONE] * 5_000).encode()
    pieces = (batch[at : at + 1_000] for at in range(0, len(batch), 1_000))

    answer = client.post(PREDICTIONS, content=pieces, headers=JSON | {"X-Long": "a" * 30_000})

    assert len(batch) > 200_000
    assert answer.status_code == 200
    assert len(answer.json()) == 5_000


@pytest.mark.fault("body of 100 MB", "413 in bounded memory")
@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"[" + b" " * 100 * MEGABYTE + b"]", 413),
        (json.dumps([ONE] * 100_000).encode(), 413),
        (b"[" * 15 * MEGABYTE, 400),
        (b'{"station":' + b"[" * 7 * MEGABYTE + b"]" * 7 * MEGABYTE + b"}", 400),
        (b"[" + b"{}," * 5 * MEGABYTE + b"{}]", 422),
        (b"{" + b",".join(b'"k%d":1' % n for n in range(MEGABYTE)) + b"}", 422),
        (b'{"station":"' + b"x" * 15 * MEGABYTE + b'","date":"2016-06-25"}', 422),
        (b'{"station":"Albury","date":"2016-06-25","rainfall":' + b"9" * 15 * MEGABYTE + b"}", 422),
    ],
    ids=["100 MB", "100,000", "brackets", "nested", "empty objects", "fields", "station", "digits"],
)
def test_an_enormous_body_is_refused_in_bounded_memory(
    service: Service, client: httpx.Client, body: bytes, status: int
):
    client.post(PREDICTIONS, json=ONE).raise_for_status()
    before = service.megabytes

    answer = client.post(PREDICTIONS, content=body, headers=JSON)

    problem_of(answer, status)
    assert service.megabytes - before < 150
    assert client.post(PREDICTIONS, json=ONE).status_code == 200


@pytest.mark.fault("large body from a stranger", "413")
def test_a_stranger_can_send_no_more_than_a_form(service: Service):
    with httpx.Client(base_url=service.address, timeout=60) as stranger:
        form = stranger.post(
            LOGIN, content=b"username=" + b"a" * 15 * MEGABYTE + b"&password=x", headers=FORM
        )
        started = time.monotonic()
        body = stranger.post(PREDICTIONS, content=b" " * 15 * MEGABYTE, headers=JSON)

    problem_of(form, 413)
    problem_of(body, 401)
    assert time.monotonic() - started < 5


@pytest.mark.fault("client gone before its body is whole", "no error in the log")
def test_who_hangs_up_before_the_body_is_whole_leaves_no_trace_in_the_log(service: Service):
    for _ in range(20):
        with service.connect() as connection:
            connection.sendall(
                service.head("POST /api/v1/predictions HTTP/1.1")
                + b"Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"
            )
    with httpx.Client(base_url=service.address, timeout=30) as client:
        client.post(LOGIN, data={"username": USER, "password": PASSWORD}).raise_for_status()
        metrics = client.get("/metrics").text

    assert "Traceback" not in service.log.read_text()
    assert 'status_code="500"' not in metrics


@pytest.mark.fault("a queue of large batches", "single questions are answered meanwhile")
def test_single_questions_are_answered_while_batches_queue(service: Service, client: httpx.Client):
    batch = json.dumps([ONE] * 10_000).encode()
    connections = []
    for _ in range(6):
        connection = service.connect()
        connection.sendall(
            service.head("POST /api/v1/predictions HTTP/1.1")
            + b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(batch)
            + batch
        )
        connections.append(connection)
    waits = []
    for _ in range(10):
        started = time.monotonic()
        client.post(PREDICTIONS, json=ONE).raise_for_status()
        waits.append(time.monotonic() - started)
    for connection in connections:
        connection.close()

    assert max(waits) < 2.0
