"""What our own client sends: it is asked to make a call, and its transport notes the message in place of sending it.

So method, path, parameters, body, headers and price class of a request are those of the bridge.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from bridge.clock import SystemClock
from bridge.fleet.auth.grants import ClientCredentials, Fixed
from bridge.fleet.auth.sources import TokenSource
from bridge.fleet.auth.store import Custody
from bridge.fleet.client import FleetClient
from bridge.fleet.home import Home
from bridge.fleet.hosts import FLEET, OWNERS, Region
from bridge.fleet.partner import PartnerClient
from bridge.fleet.transport import Answer, Message, Transport
from bridge.settings import TeslaSettings

HERE, OWNER = FLEET["na"], OWNERS["owner"]
CLOCK = SystemClock()
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
START, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)
VIN, SITE, INVOICE = "LRW3F7EK4NC000000", 1234567890123, "contentId"
LATITUDE, LONGITUDE = 12.345678, 23.456789
APP_SCOPES: tuple[str, ...] = TeslaSettings.model_fields["scopes"].default

VARIABLES: Mapping[str, str] = {
    HERE.api: "{{host}}",
    "https://fleet-auth.prd.vn.cloud.tesla.com": "{{auth_host}}",
    "https://auth.tesla.com": "{{authorize_host}}",
    OWNER.api: "{{owner_host}}",
    VIN: "{{vin}}",
    str(SITE): "{{site_id}}",
    INVOICE: "{{invoice_id}}",
    str(LATITUDE): "{{latitude}}",
    str(LONGITUDE): "{{longitude}}",
    START.isoformat(): "{{start_date}}",
    END.isoformat(): "{{end_date}}",
    str(int(NOW.timestamp() * 1000)): "{{$timestamp}}000",
}
"""What the client was given where it takes no variable -> the variable."""

MADE_UP = ("state", "nonce", "code_challenge", "code_verifier")
"""Fields that are new each time: a script of the collection makes them."""


class Enough(Exception):
    """The message is known. No error of the bridge's own, so nobody handles it."""


class Notebook(Transport):
    """Notes the last message, and answers only what leads to another one."""

    def __init__(self) -> None:
        super().__init__(CLOCK)
        self.last = Message("", "", {})

    async def exchange(self, region: Region, message: Message, until: float) -> Answer:  # noqa: ARG002 - as inherited
        self.last = message
        if message.url == HERE.metadata:
            return Answer(200, {}, b"{}")
        if message.url == region.token:
            return Answer(200, {}, b'{"access_token": "{{partner_token}}", "refresh_token": "r", "expires_in": 28800}')
        raise Enough


class Prices:
    """A ledger that notes the price class of the last call."""

    def __init__(self) -> None:
        self.last = "free"  # signing in is (fleet-api.md 6.2)

    def begin(self, cost: str, about: str, account: str) -> None:  # noqa: ARG002 - as every ledger has it
        self.last = cost

    def end(self, line: None, status: int | None) -> None:
        """Nothing was sent."""

    def limited(self, line: None, wait: float) -> None:
        """Nobody was asked."""

    def switched_off(self, line: None, said: str) -> None:
        """Nobody was asked."""


class Nowhere:
    """A token store that forgets."""

    def load(self, account: str) -> Custody:  # noqa: ARG002 - as every store has it
        return Custody()

    def keep(self, account: str, custody: Custody) -> None:
        """Nothing."""


class Desk:
    """All clients, of the notebook."""

    def __init__(self) -> None:
        self.http = Notebook()
        self.prices = Prices()
        self.account, self.business = self._client("{{token}}"), self._client("{{business_token}}")
        self.partner = PartnerClient(app=credentials(), region=HERE, http=self.http, clock=CLOCK)

    def _client(self, token: str) -> FleetClient:
        tokens = TokenSource(account="", grant=Fixed(token), store=Nowhere(), region=HERE, http=self.http, clock=CLOCK)
        return FleetClient(tokens=tokens, home=Home(HERE, CLOCK), clock=CLOCK, ledger=self.prices, http=self.http)


@dataclass(frozen=True)
class Row:
    """One request. `shape` says what its answer looks like (SHAPES of collection.py), `has` which members it has.

    `saves`: variable -> where the answer has its value, in JavaScript. `before`: name of a script that comes first.
    """

    name: str
    ask: Callable[[Desk], Awaitable[object]]
    shape: str = "object"
    has: tuple[str, ...] = ()
    note: str = ""
    saves: Mapping[str, str] = field(default_factory=dict)
    before: str = ""


@dataclass(frozen=True)
class Folder:
    """Requests that belong together, or folders of such."""

    name: str
    note: str
    rows: tuple[Row | Folder, ...]
    before: str = ""


def credentials(auth_code: str | None = None) -> ClientCredentials:
    return ClientCredentials("{{client_id}}", "{{client_secret}}", APP_SCOPES, auth_code)


@dataclass(frozen=True)
class Noted:
    """A request as it would leave, with variables in it; `cost` is its price class."""

    method: str
    url: str
    headers: Mapping[str, str]
    params: Mapping[str, str]
    content: Mapping[str, Any]
    cost: str


async def noted(row: Row) -> Noted:
    """What our client sends for it. RuntimeError if it sends nothing."""
    desk = Desk()
    with suppress(Enough):
        await row.ask(desk)
    message = desk.http.last
    if not message.url:
        raise RuntimeError(f"{row.name}: nothing was sent")
    url, _, query = message.url.partition("?")
    params = dict(parse_qsl(query)) | dict(message.params)
    return Noted(
        message.method,
        _named(url),
        message.headers,
        {name: _named(value, name) for name, value in params.items()},
        _content(message),
        desk.prices.last,
    )


def _named(value: str, name: str = "") -> str:
    return f"{{{{{name}}}}}" if name in MADE_UP else named(value)


def named(text: str) -> str:
    """With variables in place of what stood for them."""
    for value, variable in VARIABLES.items():
        text = text.replace(value, variable)
    return text


def _content(message: Message) -> Mapping[str, Any]:
    """The fields of a form, or of a JSON body with variables left to whoever prints it."""
    text = (message.content or b"").decode()
    if "json" in message.headers.get("Content-Type", ""):
        return dict(json.loads(text or "{}"))
    return {name: _named(value, name) for name, value in parse_qsl(text)}
