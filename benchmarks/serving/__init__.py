"""The service under load against what it could be at most, and against the usual ways to serve a model."""

import json
import logging
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Final

import httpx

from benchmarks.report import show
from benchmarks.serving import notebook, questions
from benchmarks.serving.load import CONNECTIONS, Measured, Target, load, middle, require_wrk
from benchmarks.serving.processes import SERVER_CORE, Servers
from benchmarks.serving.served import NO_OP
from benchmarks.serving.state import signed_in, state
from meteo_core.home import Home
from meteo_core.serving import Snapshot, current_name, read

WARM_UP_SECONDS: Final = 2
SECONDS: Final = 4
ROUNDS: Final = 3
QUESTIONS: Final = 20_000
"""So many different bodies that no answer is asked for twice within seconds."""
BATCH: Final = 10_000

NO_OP_ROW, HELLO, WHAT_IF, FORECAST, FASTAPI, MLFLOW = (
    "no-op",
    "hello",
    "what-if",
    "forecast",
    "FastAPI",
    "MLflow",
)


def run() -> None:
    """Print requests a second of each, and ratios beside their targets."""
    require_wrk()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        home = state(folder / "home")
        snapshot = _snapshot(home)
        with Servers(folder) as servers:
            targets = _start(servers, folder, home, snapshot)
            measured = _interleaved(targets)
            over_http = _batch_over_http(targets[2], questions.whole_days(snapshot, BATCH))
        batch = _batch_computed(folder, home, snapshot)
    _report(measured, over_http, batch)


def _snapshot(home: Home) -> Snapshot:
    name = current_name(home.serving)
    if name is None:
        raise FileNotFoundError(f"{home.serving} holds no snapshot")
    return read(home.serving, name)


def _start(servers: Servers, folder: Path, home: Home, snapshot: Snapshot) -> list[Target]:
    asked = questions.what_ifs(snapshot, QUESTIONS)
    what_ifs = _lines(folder / "what-ifs.jsonl", asked)
    rows = _lines(folder / "rows.jsonl", [_as_dataframe(question) for question in asked])
    model = notebook.train(snapshot.observations, folder)
    _save_for_mlflow(model, folder / "mlflow-model")

    uvicorn = ("--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning")
    ours = servers.start(
        "meteo", "benchmarks.serving.served", ready="/health/ready", METEO_HOME=str(home.root)
    )
    hello = servers.start(
        "hello",
        *("uvicorn", "--factory", "benchmarks.serving.served:bare", "--port", "{port}", *uvicorn),
        ready="/",
    )
    fastapi = servers.start(
        "fastapi",
        *("uvicorn", "--factory", "benchmarks.serving.notebook:create_app", "--port", "{port}", *uvicorn),
        ready="/docs",
        **{notebook.FOLDER_SETTING: str(folder)},
    )
    mlflow = servers.start(
        "mlflow",
        *("mlflow", "models", "serve", "-m", str(folder / "mlflow-model"), "-h", "127.0.0.1"),
        *("-p", "{port}", "--env-manager", "local", "-w", "1"),
        ready="/ping",
    )
    token = signed_in(home, ours)
    return [
        Target(NO_OP_ROW, ours, NO_OP, what_ifs, token),
        Target(HELLO, hello, "/"),
        Target(WHAT_IF, ours, "/api/v1/predictions", what_ifs, token),
        Target(FORECAST, ours, "/api/v1/forecasts/Sydney", token=token),
        Target(FASTAPI, fastapi, "/predict", what_ifs),
        Target(MLFLOW, mlflow, "/invocations", rows),
    ]


def _lines(file: Path, bodies: Sequence[object]) -> Path:
    file.write_text("".join(f"{json.dumps(body)}\n" for body in bodies))
    return file


def _as_dataframe(question: questions.Question) -> object:
    row = notebook.encode(question)
    columns = list(notebook.COLUMNS)
    # A null would make it a frame of objects, which XGBoost refuses; the value makes no difference in time.
    values = [0.0 if row[name] is None else row[name] for name in columns]
    return {"dataframe_split": {"columns": columns, "data": [values]}}


def _save_for_mlflow(model: object, place: Path) -> None:
    from mlflow.xgboost import save_model

    # It looks for the version of pip, which an installation by uv has none of.
    logging.getLogger("mlflow.utils.environment").setLevel(logging.ERROR)
    save_model(model, str(place), model_format="ubj")


def _interleaved(targets: Sequence[Target]) -> Mapping[str, Measured]:
    """Every target in turn, several times over, so that noise of the machine hits all alike."""
    for target in targets:
        load(target, seconds=WARM_UP_SECONDS, seed=0)
    rounds: dict[str, list[Measured]] = {target.name: [] for target in targets}
    for number in range(1, ROUNDS + 1):
        for target in targets:
            rounds[target.name].append(load(target, seconds=SECONDS, seed=number))
    return {name: middle(each) for name, each in rounds.items()}


def _batch_over_http(what_if: Target, batch: Sequence[questions.Question]) -> float:
    """Seconds from sending a batch to having read its answer."""
    headers = {"Content-Type": "application/json"}
    if what_if.token:
        headers["Authorization"] = f"Bearer {what_if.token}"
    body, taken = json.dumps(batch).encode(), []
    with httpx.Client(base_url=what_if.server, headers=headers, timeout=60.0) as client:
        for _ in range(ROUNDS):
            started = time.perf_counter()
            answer = client.post(what_if.path, content=body)
            taken.append(time.perf_counter() - started)
            answer.raise_for_status()
    return median(taken)


def _batch_computed(folder: Path, home: Home, snapshot: Snapshot) -> Mapping[str, float]:
    file = _lines(folder / "batch.jsonl", questions.whole_days(snapshot, BATCH))
    command = [
        *("taskset", "-c", SERVER_CORE, sys.executable, "-m", "benchmarks.serving.batch", str(file)),
    ]
    environment = {**os.environ, "METEO_HOME": str(home.root), "OMP_NUM_THREADS": "1"}
    told = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if told.returncode:
        raise RuntimeError(f"the batch could not be computed: {told.stderr[-2000:]}")
    return json.loads(told.stdout.splitlines()[-1])


def _report(measured: Mapping[str, Measured], over_http: float, batch: Mapping[str, float]) -> None:
    def ratio(name: str, to: str) -> float:
        return measured[name].per_second / measured[to].per_second

    print(
        f"One worker on one core, {CONNECTIONS} connections from another; median of {ROUNDS} rounds of "
        f"{SECONDS} s, in turn.\n"
        "no-op: the same server decodes the same body and answers a ready prediction; hello: Litestar alone; "
        "forecast: GET\nforecasts/Sydney; FastAPI: the classic handler; MLflow: `mlflow models serve` of the "
        "same model."
    )
    peers = (NO_OP_ROW, HELLO, FASTAPI, MLFLOW)
    show(
        [
            "",
            "requests/s",
            "p50 ms",
            "p99 ms",
            *(f"/ {p}" for p in peers),
        ],
        [
            (
                name,
                f"{each.per_second:,.0f}",
                f"{each.p50_ms:.1f}",
                f"{each.p99_ms:.1f}",
                *(f"{ratio(name, peer):.2f}" for peer in peers),
            )
            for name, each in measured.items()
        ],
    )
    goals = [
        ("what-if / no-op handler", ratio(WHAT_IF, NO_OP_ROW), 0.70, "at least"),
        ("what-if / classic FastAPI handler", ratio(WHAT_IF, FASTAPI), 15.0, "at least"),
        ("what-if / mlflow models serve", ratio(WHAT_IF, MLFLOW), 15.0, "at least"),
        ("forecast read / hello world", ratio(FORECAST, HELLO), 0.70, "at least"),
        (f"batch of {BATCH:,}, computed / bare XGBoost", batch["ours"] / batch["bare"], 2.0, "at most"),
        (f"batch of {BATCH:,}, over HTTP / bare XGBoost", over_http / batch["bare"], 2.0, "at most"),
    ]
    show(
        ["ratio", "measured", "target", "met"],
        [
            (name, f"{value:.2f}", f"{kind} {goal:g}", "yes" if _met(value, goal, kind) else "NO")
            for name, value, goal, kind in goals
        ],
    )
    print(
        f"batch: {batch['bare'] * 1e3:.0f} ms bare XGBoost on {BATCH:,} x {batch['columns']}, "
        f"{batch['ours'] * 1e3:.0f} ms computed, {over_http * 1e3:.0f} ms over HTTP"
    )
    met = sum(_met(value, goal, kind) for _, value, goal, kind in goals)
    print(
        f"serving: {measured[WHAT_IF].per_second:,.0f} what-ifs/s, {ratio(WHAT_IF, NO_OP_ROW):.0%} of no-op, "
        f"{ratio(WHAT_IF, FASTAPI):.1f} x FastAPI; {met} of {len(goals)} targets met"
    )


def _met(value: float, goal: float, kind: str) -> bool:
    return value >= goal if kind == "at least" else value <= goal
