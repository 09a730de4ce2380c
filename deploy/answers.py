"""Health check of a container: does this address answer? `answers.py URL`, with http://, grpc:// or redis://.

Light: it is asked for as long as the stack lives, and Dagster's own check imports all of Dagster each time.
"""

import os
import socket
import sys
import urllib.request
from pathlib import Path


def _http(url: str) -> bool:
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 (the compose file's own address)
        return answer.status == 200


def _grpc(address: str) -> bool:
    """The standard health service of gRPC."""
    import grpc
    from grpc_health.v1 import health_pb2, health_pb2_grpc

    with grpc.insecure_channel(address) as channel:
        asked = health_pb2.HealthCheckRequest(service="DagsterApi")
        said = health_pb2_grpc.HealthStub(channel).Check(asked, timeout=10)
    return said.status == health_pb2.HealthCheckResponse.SERVING


def _runner(broker: str) -> bool:
    """The runner of this container, asked through its broker as Dagster asks it."""
    from celery import Celery

    password = Path(os.environ["METEO_BROKER_PASSWORD_FILE"]).read_text().strip()
    celery = Celery(broker=broker.replace("://", f"://:{password}@"))
    return bool(celery.control.ping([f"runs@{socket.gethostname()}"], timeout=10))


if __name__ == "__main__":
    url = sys.argv[1]
    scheme, _, rest = url.partition("://")
    sys.exit(not (_grpc(rest) if scheme == "grpc" else _runner(url) if scheme == "redis" else _http(url)))
