"""The strings behind the stage, for tests and the demo: JSON under /control, no sign-in, no bill."""

from collections.abc import Callable, Mapping
from functools import partial

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bridge.simulator.answers import Json, parsed, refuse
from bridge.simulator.cloud import Cloud
from bridge.simulator.errors import BadParameter
from bridge.simulator.faults import Fault
from bridge.simulator.policy import REGIONS, SCOPES

Path = Mapping[str, str]
Control = Callable[[Cloud, Path, Json], Json]


def routes(cloud: Cloud) -> list[Route]:
    return [
        Route(f"/control/{path}", partial(_control, cloud, control), methods=[method])
        for method, path, control in CONTROLS
    ]


async def _control(cloud: Cloud, control: Control, request: Request) -> Response:
    body = parsed(await request.body() or b"{}")
    if not isinstance(body, dict):
        return refuse(400, "invalid_request", "the body is no JSON object").response()
    try:
        return JSONResponse(control(cloud, request.path_params, body))
    except BadParameter as problem:
        return refuse(400, "invalid_field", str(problem)).response()


def _ledger(cloud: Cloud, _path: Path, _body: Json) -> Json:
    return {"entries": [entry.json() for entry in cloud.ledger.entries]}


def _clear_ledger(cloud: Cloud, _path: Path, _body: Json) -> Json:
    cloud.ledger.clear()
    return {}


def _bill(cloud: Cloud, _path: Path, _body: Json) -> Json:
    return cloud.ledger.bill(cloud.clock.now())


def _set_bill(cloud: Cloud, _path: Path, body: Json) -> Json:
    cloud.ledger.limit_usd = _number(body, "limit_usd")
    return cloud.ledger.bill(cloud.clock.now())


def _add_fault(cloud: Cloud, _path: Path, body: Json) -> Json:
    cloud.faults.add(Fault.parse(body))
    return {}


def _clear_faults(cloud: Cloud, _path: Path, _body: Json) -> Json:
    cloud.faults.clear()
    return {}


def _revoke(cloud: Cloud, _path: Path, _body: Json) -> Json:
    cloud.tokens.revoke_access()
    return {}


def _revoke_consent(cloud: Cloud, _path: Path, _body: Json) -> Json:
    cloud.tokens.revoke_consent()
    return {}


def _limits(cloud: Cloud, _path: Path, body: Json) -> Json:
    """Requests per minute and device: `data`, `wake`, `command`."""
    limits = cloud.limits.per_minute
    for price, limit in limits.items():
        limits[price] = int(_number({price: limit} | body, price))
    return {str(price): limit for price, limit in limits.items()}


def _now(cloud: Cloud, _path: Path, _body: Json) -> Json:
    return {"now": cloud.clock.now().isoformat()}


def _jump(cloud: Cloud, path: Path, body: Json) -> Json:
    seconds = _number(body, "jump_s")
    if seconds < 0:
        raise BadParameter("time only moves forward")
    cloud.clock.jump(seconds)
    cloud.account.advance(cloud.clock.now())
    return _now(cloud, path, body)


def _vehicle(cloud: Cloud, path: Path, body: Json) -> Json:
    """Force the car into a state (vehicle.py lists the fields); its list entry."""
    car = cloud.account.car(path["tag"])
    if car is None:
        raise BadParameter(f"no car {path['tag']}")
    cloud.account.advance(cloud.clock.now())
    car.force(**body)
    return car.entry()


def _pair(cloud: Cloud, path: Path, body: Json) -> Json:
    """What the Tesla app does with https://tesla.com/_ak/<domain>: the domain's key goes into the car."""
    car = cloud.account.car(path["tag"])
    if car is None:
        raise BadParameter(f"no car {path['tag']}")
    if body.get("domain") not in cloud.domains:
        raise BadParameter(f"domain is one of {', '.join(cloud.domains) or 'none: nothing is registered'}")
    keys = car.fleet_status()["total_number_of_keys"]
    if keys is None:
        raise BadParameter("a recorded car takes no key")
    cloud.signing_car(car.vin).keys.add(cloud.domains[body["domain"]].public_key)
    if not car.key_paired:
        car.force(key_paired=True, number_of_keys=keys + 1)
    return {"key_paired": car.key_paired}


def _telemetry_errors(cloud: Cloud, path: Path, body: Json) -> Json:
    """What the car failed at when it streamed: `errors`, a list of {"name", "error"}."""
    errors = body.get("errors")
    if not isinstance(errors, list) or not all(isinstance(error, dict) for error in errors):
        raise BadParameter("errors is a list of objects")
    cloud.telemetry_errors[path["tag"]] = [{**error, "vin": path["tag"]} for error in errors]
    return {"errors": cloud.telemetry_errors[path["tag"]]}


def _signing(cloud: Cloud, path: Path, body: Json) -> Json:
    """What the car knows and does of signing: see the names below; `clock_s` moves its clock forward."""
    car = cloud.account.car(path["tag"])
    if car is None:
        raise BadParameter(f"no car {path['tag']}")
    signing = cloud.signing_car(car.vin)
    signing.keys = set(body.get("keys", signing.keys))
    signing.faults = list(body.get("faults", signing.faults))
    signing.late_faults = list(body.get("late_faults", signing.late_faults))
    signing.encrypts = body.get("encrypts", signing.encrypts) is True
    for part in signing.parts.values():
        if body.get("reboot"):
            part.reboot(cloud.clock.now())
        if body.get("new_computer"):
            part.replace_key()
        part.shift(body.get("clock_s", 0))
    return {"keys": sorted(signing.keys), "faults_given": signing.given}


def _site(cloud: Cloud, path: Path, body: Json) -> Json:
    """Force the site into a state (site.py lists the fields); its product entry."""
    site = cloud.account.site(path["site"])
    if site is None:
        raise BadParameter(f"no energy site {path['site']}")
    cloud.account.advance(cloud.clock.now())
    site.force(**body)
    return site.product()


def _executions(cloud: Cloud, _path: Path, _body: Json) -> Json:
    return {"executions": [execution.json() for execution in cloud.executions]}


def _clear_executions(cloud: Cloud, _path: Path, _body: Json) -> Json:
    cloud.executions.clear()
    return {}


def _scopes(cloud: Cloud, _path: Path, body: Json) -> Json:
    """Grant exactly these: what is missing stops at once, what is new needs a new sign-in."""
    scopes = body.get("scopes")
    if not isinstance(scopes, list) or not set(scopes) <= set(SCOPES):
        raise BadParameter(f"scopes is a list of {', '.join(SCOPES)}")
    cloud.policy.scopes = frozenset(scopes)
    return {"scopes": sorted(cloud.policy.scopes)}


def _region(cloud: Cloud, _path: Path, body: Json) -> Json:
    """Move the account to another region (`account`, with an own `url`), or unregister (`registered`)."""
    policy = cloud.policy
    account = body.get("account", policy.account_region)
    if account not in REGIONS:
        raise BadParameter(f"account is one of {', '.join(REGIONS)}")
    policy.account_region = account
    policy.account_url = body.get("url", policy.account_url)
    policy.registered = body.get("registered", policy.registered) is True
    return {
        "region": policy.region,
        "account": policy.account_region,
        "url": policy.home_url,
        "registered": policy.registered,
    }


def _number(body: Json, name: str) -> float:
    value = body.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise BadParameter(f"{name} is a number")
    return value


CONTROLS: tuple[tuple[str, str, Control], ...] = (
    ("GET", "ledger", _ledger),
    ("DELETE", "ledger", _clear_ledger),
    ("GET", "bill", _bill),
    ("POST", "bill", _set_bill),
    ("POST", "limits", _limits),
    ("POST", "faults", _add_fault),
    ("DELETE", "faults", _clear_faults),
    ("POST", "revoke", _revoke),
    ("POST", "revoke-consent", _revoke_consent),
    ("GET", "time", _now),
    ("POST", "time", _jump),
    ("POST", "vehicles/{tag}", _vehicle),
    ("POST", "vehicles/{tag}/pair", _pair),
    ("POST", "vehicles/{tag}/telemetry_errors", _telemetry_errors),
    ("POST", "vehicles/{tag}/signing", _signing),
    ("POST", "sites/{site}", _site),
    ("GET", "executions", _executions),
    ("DELETE", "executions", _clear_executions),
    ("POST", "scopes", _scopes),
    ("POST", "region", _region),
)
