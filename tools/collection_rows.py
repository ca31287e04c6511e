"""Every request of the collection but the commands. What only people ask for is an `_other`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from collection_notes import (
    APP_SCOPES,
    CLOCK,
    END,
    HERE,
    INVOICE,
    NOW,
    OWNER,
    SITE,
    START,
    VIN,
    Desk,
    Folder,
    Row,
    credentials,
)

from bridge.fleet.auth.endpoint import request_tokens, revoke
from bridge.fleet.auth.grants import OwnerApi, RefreshToken
from bridge.fleet.auth.metadata import Metadata
from bridge.fleet.auth.sign_in import App, SignIn, begin
from bridge.fleet.auth.tokens import Tokens
from bridge.fleet.auth.verify import Verifier
from bridge.fleet.calls import Call, vehicle_path
from bridge.fleet.hosts import Region
from bridge.fleet.transport import Message

GROUPS = ("charge_state", "climate_state", "drive_state", "location_data", "vehicle_config", "vehicle_state")

# --- signing in ---------------------------------------------------------------------------------------------------


def _sign_in(secret: str | None) -> SignIn:
    return begin(App("{{client_id}}", "{{redirect_uri}}", APP_SCOPES, secret), HERE, CLOCK)


async def _authorize(secret: str | None, desk: Desk) -> None:
    desk.http.last = Message("GET", _sign_in(secret).link, {})


async def _code(secret: str | None, desk: Desk) -> None:
    signin = _sign_in(secret)
    state = dict(parse_qsl(urlsplit(signin.link).query))["state"]
    answer = urlencode({"code": "{{code}}", "state": state}, quote_via=quote)
    await signin.finish(desk.http, f"http://localhost/?{answer}", CLOCK)


def _form(region: Region, fields: Mapping[str, str]) -> Callable[[Desk], Awaitable[object]]:
    return lambda desk: request_tokens(desk.http, region, region.token, fields, NOW)


def _refreshable(token: str) -> Tokens:
    return Tokens("", token, None, 0, NOW)


_PAIR = {"token": "found.access_token", "refresh_token": "found.refresh_token"}
_OWNER_PAIR = {"owner_token": "found.access_token", "owner_refresh_token": "found.refresh_token"}


def _by_browser(name: str, note: str, secret: str | None) -> Folder:
    renewal = RefreshToken("{{client_id}}").fields(_refreshable("{{refresh_token}}"), HERE)
    link = "Open this address in a browser and sign in. Put the `code` of the address that it ends up at into the "
    rows = (
        Row("Authorize", partial(_authorize, secret), "redirect", note=f"{link}variable `code`.", before="pkce"),
        Row("Code for tokens", partial(_code, secret), "tokens", ("refresh_token",), saves=_PAIR),
        Row("Renew", _form(HERE, renewal), "tokens", ("refresh_token",), "Each refresh token works once.", _PAIR),
    )
    return Folder(name, note, rows)


_OWNER_API = OwnerApi("{{email}}", "{{password}}")
SIGN_IN = Folder(
    "Sign-in",
    "Tokens of each type. Those of type `fixed` need no request: put the token into the variable `token`.",
    (
        Row("Metadata", lambda desk: Metadata(desk.http, CLOCK).read(HERE), "document", ("token_endpoint", "jwks_uri")),
        Row("Keys (JWKS)", lambda desk: Verifier(desk.http, CLOCK).signature(_SIGNED, HERE), "document", ("keys",)),
        _by_browser("Third-party", "A Tesla account, by an app with a secret.", "{{client_secret}}"),
        _by_browser("Open source", "A Tesla account, by an app that has no secret.", None),
        Folder(
            "Machine to machine",
            "The app itself, and a business that has consented. There is nothing to renew: ask again.",
            (
                Row(
                    "Partner",
                    _form(HERE, credentials().fields(None, HERE)),
                    "tokens",
                    saves={"partner_token": "found.access_token"},
                ),
                Row(
                    "Business",
                    _form(HERE, credentials("{{auth_code}}").fields(None, HERE)),
                    "tokens",
                    note="`auth_code` is the consent code of Tesla for Business.",
                    saves={"business_token": "found.access_token"},
                ),
            ),
        ),
        Folder(
            "Owner API",
            "The sign-in of before 2021. Tesla has retired it; the simulator still knows it.",
            (
                Row(
                    "Password",
                    _form(OWNER, _OWNER_API.fields(None, OWNER)),
                    "tokens",
                    ("refresh_token",),
                    saves=_OWNER_PAIR,
                ),
                Row(
                    "Renew",
                    _form(OWNER, _OWNER_API.fields(_refreshable("{{owner_refresh_token}}"), OWNER)),
                    "tokens",
                    ("refresh_token",),
                    saves=_OWNER_PAIR,
                ),
                Row("Revoke", lambda desk: revoke(desk.http, OWNER, "{{owner_token}}", NOW), "nothing"),
            ),
        ),
    ),
)

_SIGNED = "eyJhbGciOiAiUlMyNTYiLCAia2lkIjogImsifQ.e30.c2ln"
"""Any token whose header names a key: {"alg": "RS256", "kid": "k"}."""


# --- reading ------------------------------------------------------------------------------------------------------


def _other(name: str, call: Call, shape: str = "object", *has: str, note: str = "", **saves: str) -> Row:
    """A call that the bridge does not make."""
    return Row(name, lambda desk: desk.account.send(call), shape, has, note, saves)


def _car(endpoint: str) -> Call:
    return Call("GET", vehicle_path(VIN, endpoint), cost="data", device=VIN)


def _charging(path: str, **params: str) -> Call:
    return Call("GET", f"/api/1/dx/charging/{path}", params=params)


PARTNER = Folder(
    "App",
    "The app's own account, with the partner's token: `Sign-in / Machine to machine / Partner` first.",
    (
        Row("Register", lambda desk: desk.partner.register("{{domain}}"), has=("domain",), note="Once in each region."),
        Row("Public key", lambda desk: desk.partner.public_key("{{domain}}"), has=("public_key",)),
        Row("Telemetry errors", lambda desk: desk.partner.telemetry_errors(), has=("fleet_telemetry_errors",)),
    ),
)

USERS = Folder(
    "Users",
    "Who is signed in (fleet-api.md 1.12).",
    (
        _other("Me", Call("GET", "/api/1/users/me"), "object", "email", "full_name"),
        Row("Region", lambda desk: desk.account.users_region(), has=("region", "fleet_api_base_url")),
        _other("Features", Call("GET", "/api/1/users/feature_config"), "object", "signaling"),
        _other("Orders", Call("GET", "/api/1/users/orders"), "list"),
    ),
)

VEHICLES = Folder(
    "Vehicles",
    "The lists do not reach a car. Everything else does: it is billed, and keeps the car awake.",
    (
        Row("Products", lambda desk: desk.account.products(), "list", note="Cars and energy sites."),
        Row("Vehicles", lambda desk: desk.account.vehicles(), "list"),
        Row("Vehicle", lambda desk: desk.account.vehicle(VIN), has=("vin", "state"), note="Does not reach the car."),
        Row("Fleet status", lambda desk: desk.account.fleet_status([VIN]), has=("key_paired_vins", "vehicle_info")),
        Row("Wake up", lambda desk: desk.account.wake_up(VIN), has=("vin", "state"), note="Answers before it is up."),
        Row("Vehicle data", lambda desk: desk.account.vehicle_data(VIN, GROUPS), has=("vin", "charge_state")),
        _other("Mobile access", _car("mobile_enabled"), "object", "result"),
        _other("Charging sites nearby", _car("nearby_charging_sites"), "object", "superchargers"),
        _other("Recent alerts", _car("recent_alerts"), "object", "recent_alerts"),
        _other("Release notes", _car("release_notes"), "object", "release_notes"),
        _other("Service data", _car("service_data")),
    ),
)

CHARGING = Folder(
    "Charging",
    "Supercharging (fleet-api.md 5).",
    (
        _other(
            "Charging history",
            _charging("history", vin=VIN, pageNo="1", pageSize="5"),
            "bare",
            "data",
            invoice_id="found.data[0].invoices[0].contentId",
        ),
        _other("Invoice", _charging(f"invoice/{INVOICE}"), "pdf"),
        Row(
            "Sessions of a business",
            lambda desk: desk.business.send(_charging("sessions", limit="5")),
            "bare",
            ("data",),
        ),
    ),
)


def _history(kind: str, desk: Desk) -> Awaitable[object]:
    zone = "{{time_zone}}"
    return desk.account.energy_history(SITE, start=START, end=END, period="day", zone=zone, kind=kind)


ENERGY = Folder(
    "Energy sites",
    "Reading. `Products` lists the ids.",
    (
        Row("Live status", lambda desk: desk.account.live_status(SITE), has=("timestamp",)),
        Row("Site info", lambda desk: desk.account.site_info(SITE), has=("id",)),
        Row("Energy history", partial(_history, "energy"), "history", before="day"),
        Row("Backup history", partial(_history, "backup"), "history", before="day"),
        Row(
            "Backup time remaining",
            lambda desk: desk.account.backup_time_remaining(SITE),
            has=("time_remaining_hours",),
        ),
        Row(
            "Charge history",
            lambda desk: desk.account.charge_history(SITE, start=START, end=END, zone="{{time_zone}}"),
            note="Of the site's wall connectors.",
            before="day",
        ),
    ),
)
