"""What every API request passes before it is answered: token, bill, region, scope, pace; and the ledger after."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from inspect import isawaitable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bridge.simulator.account import Account, Car, Site
from bridge.simulator.answers import Json, Refused, not_found, parsed, refuse
from bridge.simulator.cloud import Cloud
from bridge.simulator.errors import BadParameter, GatewayDead, UnknownCommand
from bridge.simulator.ledger import Entry, Price
from bridge.simulator.tokens import Grant

Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True)
class Ask:
    """One admitted request, as the routes see it."""

    cloud: Cloud
    account: Account
    grant: Grant
    now: datetime
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Json
    base_url: str

    @property
    def car(self) -> Car:
        """The car of the path; Refused with 404."""
        car = self.account.car(self.path["tag"])
        if car is None:
            raise not_found()
        return car

    @property
    def site(self) -> Site:
        """The energy site of the path; Refused with 404."""
        site = self.account.site(self.path["site"])
        if site is None:
            raise not_found()
        return site

    def need_scope(self, *scopes: str) -> None:
        """Refused with 403 unless one of them is granted; the first is the one that is named."""
        if scopes and not self.has_scope(*scopes):
            raise refuse(403, f"Unauthorized missing scopes {scopes[0]}")

    def has_scope(self, *scopes: str) -> bool:
        return not self.cloud.tokens.scopes(self.grant).isdisjoint(scopes)


@dataclass(frozen=True)
class Call:
    """One row of the API: where it is, what it costs, which scopes open it (any of them), who answers."""

    method: str
    path: str
    price: Price
    scopes: tuple[str, ...]
    answer: Callable[[Ask], Json | Response | Awaitable[Json]]
    partner: bool = False


def api_route(cloud: Cloud, call: Call) -> Route:
    """The row as a route that obeys faults and writes the ledger."""

    async def endpoint(request: Request) -> Response:
        body = await request.body()
        response = await cloud.faults.around(_line(request), partial(_answer, cloud, call, request, body))
        cloud.ledger.record(_entry(cloud, call, request, body, response.status_code))
        return response

    return Route(call.path, endpoint, methods=[call.method])


def free_route(cloud: Cloud, method: str, path: str, answer: Endpoint) -> Route:
    """A route outside the API (sign-in, status): faults, but no gate and no bill."""

    async def endpoint(request: Request) -> Response:
        await request.body()
        return await cloud.faults.around(_line(request), partial(_settle, answer, request))

    return Route(path, endpoint, methods=[method])


async def _settle(answer: Endpoint, request: Request) -> Response:
    try:
        return await answer(request)
    except Refused as refusal:
        return refusal.response()


async def _answer(cloud: Cloud, call: Call, request: Request, body: bytes) -> Response:
    try:
        ask = _ask(cloud, request, body)
        _admit(call, ask)
        answer = call.answer(ask)
        if isawaitable(answer):
            answer = await answer
    except Refused as refusal:
        return refusal.response()
    except BadParameter as problem:
        return refuse(400, "invalid_field", str(problem)).response()
    except UnknownCommand:
        return refuse(400, "invalid_command").response()
    except GatewayDead:
        return refuse(500, "upstream internal error").response()
    return answer if isinstance(answer, Response) else JSONResponse(answer)


def _ask(cloud: Cloud, request: Request, body: bytes) -> Ask:
    now = cloud.clock.now()
    grant = cloud.tokens.grant(_bearer(request))
    cloud.account.advance(now)
    return Ask(
        cloud=cloud,
        account=cloud.account_of(grant),
        grant=grant,
        now=now,
        path=request.path_params,
        query=request.query_params,
        body=_json(request, body),
        base_url=str(request.base_url).rstrip("/"),
    )


def _bearer(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise refuse(401, "invalid bearer token")
    return token.strip()


def _json(request: Request, body: bytes) -> Json:
    """The parameters; no body at all is accepted as none (fleet-api.md 0.2)."""
    if not body:
        return {}
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise refuse(406, "not_a_JSON_request")
    parameters = parsed(body)
    if not isinstance(parameters, dict):
        raise refuse(400, "invalid_request", "the parameters are no JSON object")
    return parameters


def _admit(call: Call, ask: Ask) -> None:
    """Raises Refused for the first thing that stands against it."""
    _paid(call, ask)
    _registered(call, ask)
    _in_region(call, ask)
    _right_kind(call, ask)
    ask.need_scope(*call.scopes)
    if "tag" in ask.path:
        ask.cloud.limits.admit(call.price, ask.car.vin, ask.now)


def _paid(call: Call, ask: Ask) -> None:
    if call.price != "free" and ask.cloud.ledger.exceeded(ask.now):
        raise Refused(403, {"error": "account disabled: EXCEEDED_LIMIT"})


def _registered(call: Call, ask: Ask) -> None:
    if not ask.cloud.policy.registered and not call.partner:
        text = (
            f"Account {ask.grant.client_id} must be registered in the current region {ask.base_url}, "
            "please see https://developer.tesla.com/docs/fleet-api#register"
        )
        raise Refused(412, {"error": text})


def _in_region(call: Call, ask: Ask) -> None:
    policy = ask.cloud.policy
    if policy.out_of_region and not call.partner and not call.path.endswith("/users/region"):
        text = f"user out of region, use base URL: {policy.home_url}, see https://developer.tesla.com/docs/fleet-api"
        raise refuse(421, text)


def _right_kind(call: Call, ask: Ask) -> None:
    if call.partner and ask.grant.kind not in {"partner", "business"}:
        raise refuse(403, "Expected partner account")


def _line(request: Request) -> str:
    return f"{request.method} {request.url.path}"


def _entry(cloud: Cloud, call: Call, request: Request, body: bytes, status: int) -> Entry:
    sent = parsed(body)
    return Entry(
        time=cloud.clock.now(),
        price=call.price,
        method=request.method,
        path=request.url.path,
        status=status,
        device=_device(cloud, request),
        parameters={**request.query_params, **(sent if isinstance(sent, dict) else {})},
    )


def _device(cloud: Cloud, request: Request) -> str | None:
    """VIN or site id; a tag nobody has stays as it was asked for."""
    tag = request.path_params.get("tag")
    car = cloud.account.car(tag) if tag else None
    return car.vin if car else tag or request.path_params.get("site")
