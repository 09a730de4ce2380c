"""The OpenAPI document: what it says beside what handlers say themselves, and an example for each of them."""

from importlib.metadata import version
from inspect import getdoc
from typing import Final

from litestar import MediaType, Router
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, YamlRenderPlugin
from litestar.openapi.spec import Components, OAuthFlow, OAuthFlows, SecurityScheme
from litestar.plugins import ReceiveRoutePlugin
from litestar.routes import BaseRoute, HTTPRoute

INTRODUCTION: Final = """\
How likely is rain tomorrow at Australian weather stations.

Examples are for a shell that has signed in. The demo keeps passwords in `demo-passwords.txt`, in its folder.

```sh
METEO=http://127.0.0.1:8000/api/v1
read -rs PASSWORD
TOKEN=$(curl -s -d username=user --data-urlencode "password=$PASSWORD" "$METEO/login" |
  sed 's/.*access_token":"\\([^"]*\\).*/\\1/')
AUTH="Authorization: Bearer $TOKEN"
```

What everyone reads alike is sent with an `ETag`: ask again with `If-None-Match`, and the answer is 304 while
it still stands. Errors are problem details (RFC 9457) that name the value at fault.
"""
SIGN_IN: Final = "/api/v1/login"
SIGNED_IN: Final = 'curl -H "$AUTH" "$METEO{}"'
_READS: Final = {
    "list_stations": "/stations",
    "list_newest_forecasts": "/forecasts?issue=evening",
    "list_forecasts_of_station": "/forecasts/Sydney?issue=evening",
    "list_verification": "/verification?group=station&issue=evening&threshold=gt_1_0",
    "get_reliability": "/verification/reliability?issue=evening&threshold=gt_1_0",
    "list_skill_over_time": "/verification/rolling?issue=evening&threshold=gt_1_0&window_days=30",
    "get_drift": "/drift",
    "list_alerts": "/alerts",
    "list_observations_of_station": "/observations/Sydney",
    "get_model_card": "/cards/model",
    "get_data_card": "/cards/data",
    "get_model": "/model",
    "list_models": "/models",
    "get_model_version": "/models/1",
    "list_model_scores": "/models/1/scores",
    "compare_models": "/models/compare?a=1&b=2",
    "list_runs": "/runs?limit=10",
    "get_me": "/me",
    "list_users": "/users",
    "list_audit": "/audit?limit=10",
}
EXAMPLES: Final = {name: SIGNED_IN.format(path) for name, path in _READS.items()} | {
    "predict": (
        'curl -H "$AUTH" --json "{\\"station\\": \\"Sydney\\", \\"date\\": \\"$(date +%F)\\", '
        '\\"humidity_3pm\\": 85, \\"rain_today\\": true, \\"rainfall\\": 4.2}" "$METEO/predictions"'
    ),
    "start_run": 'curl -H "$AUTH" --json \'{"job": "ingest"}\' "$METEO/runs"',
    "reload_model": 'curl -X POST -H "$AUTH" "$METEO/model/reload"',
    "login": 'curl -d username=user --data-urlencode "password=$PASSWORD" "$METEO/login"',
    "logout": 'curl -X POST -H "$AUTH" "$METEO/logout"',
    "get_liveness": "curl http://127.0.0.1:8000/health/live",
    "get_readiness": "curl http://127.0.0.1:8000/health/ready",
}
"""Command for each operation, as pasted into a shell after those of the introduction."""


class WorkedExamples(ReceiveRoutePlugin):
    """Puts the example of an operation under what its handler says."""

    def receive_route(self, route: BaseRoute) -> None:
        """Look at each handler of a route as it is added to the application."""
        for handler in route.route_handlers if isinstance(route, HTTPRoute) else ():
            example = EXAMPLES.get(str(handler.operation_id))
            if example and example not in (handler.description or ""):
                said = handler.description or getdoc(handler.fn) or ""
                handler.description = f"{said}\n\nExample:\n\n```sh\n{example}\n```"


def document() -> OpenAPIConfig:
    """How the document is made and served, open to everyone."""
    return OpenAPIConfig(
        title="Meteo",
        version=version("meteo"),
        use_handler_docstrings=True,
        description=INTRODUCTION,
        # Litestar's pages load their scripts from a content network; the document itself needs none.
        render_plugins=[JsonRenderPlugin(media_type=MediaType.JSON), YamlRenderPlugin()],
        openapi_router=Router("/schema", route_handlers=[], opt={"open": True}, include_in_schema=False),
        components=Components(
            security_schemes={
                "bearer": SecurityScheme(type="http", scheme="bearer", bearer_format="JWT"),
                "password": SecurityScheme(
                    type="oauth2",
                    flows=OAuthFlows(password=OAuthFlow(token_url=SIGN_IN, scopes={})),
                ),
            }
        ),
        security=[{"bearer": []}, {"password": []}],
    )
