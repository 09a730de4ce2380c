"""Health check of a container: does this address answer? `answers.py URL`, with http:// or grpc://.

Light: it is asked for as long as the stack lives, and Dagster's own check imports all of Dagster each time.
"""

import sys
import urllib.request


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


if __name__ == "__main__":
    scheme, _, rest = sys.argv[1].partition("://")
    sys.exit(not (_grpc(rest) if scheme == "grpc" else _http(sys.argv[1])))
