"""The process that serves."""

import gc
import logging
import sys

import uvicorn
from threadpoolctl import threadpool_limits

from meteo_api.app import create_app
from meteo_api.bounded_requests import BoundedRequests
from meteo_api.database.schema import bring_up_to_date
from meteo_api.hosts import require_loopback
from meteo_api.settings import Settings
from meteo_core.service_database import ServiceDatabase

SECONDS_TO_FINISH = 10
"""How long requests that are being answered at the end may still take."""
SECONDS_KEPT_OPEN = 150
"""How long a connection waits for its next request: longer than those who keep it to send one, the gateway
(two minutes) and programs (five seconds), or a request meets the end of its connection."""
LOOKED_AT_TOGETHER = 20_000
"""New objects after which the garbage collector looks at them; by default 700."""
TURN_OF_A_THREAD_SECONDS = 0.0005
"""How long a thread may go on while another waits; by default ten times as long."""


def serve(settings: Settings) -> None:
    """Listen until told to stop; raises `NotLoopback` where others could ask and no names are allowed.

    Raises `UnusableSecret`, `UnusableDatabase`, `NewerDatabase`, `DatabaseAway`.
    """
    if not settings.allowed_hosts:
        require_loopback(settings.api_host)
    # A question is a small matrix: where cores are shared, waiting for a second thread costs a hundred times
    # what it saves.
    threadpool_limits(limits=1)
    # An answer makes some hundred objects that the collector looks at, and hardly any garbage that needs it.
    gc.set_threshold(LOOKED_AT_TOGETHER)
    # The loop waits for the log's thread, or a watcher's, no longer than a question takes.
    sys.setswitchinterval(TURN_OF_A_THREAD_SECONDS)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)  # a line for every question to Dagster
    app = create_app(settings)
    _prepare_database(settings)
    uvicorn.run(
        app,
        host=settings.api_host,
        port=settings.api_port,
        # Named, so that a machine without them says so rather than serve at a third of the speed.
        loop="uvloop",
        http=BoundedRequests,
        access_log=False,
        server_header=False,
        # Whoever is believed on the client's address can guess passwords from a thousand of them.
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        timeout_keep_alive=SECONDS_KEPT_OPEN,
        timeout_graceful_shutdown=SECONDS_TO_FINISH,
        log_config=None,
    )


def _prepare_database(settings: Settings) -> None:
    """Fail here with a sentence, rather than within the server with a trace."""
    database = ServiceDatabase(settings.service_database_url)
    try:
        bring_up_to_date(database)
    finally:
        database.close()
