"""All routes in one Starlette application."""

from random import Random
from uuid import UUID

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bridge.simulator import (
    legacy,
    oauth,
    routes_account,
    routes_charging,
    routes_control,
    routes_dx,
    routes_energy,
    routes_partner,
    routes_sharing,
    routes_signed,
    routes_telemetry,
    routes_vehicle,
    routes_vehicle_extras,
)
from bridge.simulator.answers import not_found, refuse
from bridge.simulator.cloud import Cloud
from bridge.simulator.gate import api_route, free_route

# Fixed paths before those with a tag in the same place: the first match wins.
CALLS = (
    *routes_account.CALLS,
    *routes_sharing.CALLS,
    *routes_vehicle.CALLS,
    *routes_signed.CALLS,
    *routes_telemetry.CALLS,
    *routes_vehicle_extras.CALLS,
    *routes_energy.CALLS,
    *routes_charging.CALLS,
    *routes_dx.CALLS,
    *routes_partner.CALLS,
)


def build(cloud: Cloud) -> Starlette:
    """The application of one simulation; usable in-process or behind a server."""
    app = Starlette(
        routes=[
            free_route(cloud, "GET", "/status", _status),
            *oauth.routes(cloud),
            *legacy.routes(cloud),
            *routes_control.routes(cloud),
            *(api_route(cloud, call) for call in CALLS),
        ],
        middleware=[Middleware(TransactionId)],
        exception_handlers={404: _not_found, 405: _invalid_method},
    )
    app.state.cloud = cloud
    app.router.redirect_slashes = False
    return app


class TransactionId:
    """Puts Tesla's request id `x-txid` on every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._random = Random("x-txid")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        txid = str(UUID(int=self._random.getrandbits(128), version=4)).encode()

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"x-txid", txid)]
            await send(message)

        await self._app(scope, receive, send_with_id)


async def _status(_request: Request) -> Response:
    return PlainTextResponse("ok")


async def _not_found(_request: Request, _error: Exception) -> Response:
    return not_found().response()


async def _invalid_method(_request: Request, _error: Exception) -> Response:
    return refuse(405, "invalid_method").response()
