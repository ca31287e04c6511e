"""Writes the request collection, docs/collection: Postman's format v2.1, and an environment for each place to ask.

With --check it compares them. Which requests there are is in collection_rows.py and collection_commands.py.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from collection_commands import COMMANDS, OFF, WRITES
from collection_notes import Folder, Noted, Row, named, noted
from collection_rows import CHARGING, ENERGY, PARTNER, SIGN_IN, USERS, VEHICLES

from bridge import logs
from bridge.fleet.hosts import FLEET, OWNERS, Region
from bridge.prices import PRICES
from bridge.settings import TeslaSettings
from bridge.simulator.account import Owner
from bridge.simulator.grants import BUSINESS_CODE
from bridge.simulator.simulation import HOMES, Simulation, build_cloud
from bridge.simulator.tokens import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN

FOLDERS = (SIGN_IN, PARTNER, USERS, VEHICLES, COMMANDS, OFF, ENERGY, WRITES, CHARGING)

HOME = Path(__file__).parent.parent / "docs" / "collection"
COLLECTION = HOME / "fleet2mqtt.postman_collection.json"
SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
ABOUT = """Tesla's Fleet API, as fleet2mqtt asks it. Written by `make docs` from the bridge's own client.

Choose an environment first. With a real one the requests reach your real car: they move it, and Tesla bills them."""


def main() -> int:
    """0 when all files are as the client has it; 1 when --check finds one that is not."""
    logs.configure("error", as_json=False)  # a token that is renewed is news elsewhere
    old = {path: text for path, text in pages().items() if not path.exists() or path.read_text("utf-8") != text}
    for path, text in old.items():
        if "--check" in sys.argv:
            sys.stderr.write(f"{path} is not what the client sends: run `make docs`\n")
        else:
            path.write_text(text, encoding="utf-8")
    return 1 if old and "--check" in sys.argv else 0


def pages() -> dict[Path, str]:
    """What each file should hold."""
    found = {COLLECTION: collection()} | {
        HOME / f"{name}.postman_environment.json": environment(name, values) for name, values in places().items()
    }
    return {path: json.dumps(content, indent=2, ensure_ascii=False) + "\n" for path, content in found.items()}


# --- requests -----------------------------------------------------------------------------------------------------


def collection() -> dict[str, Any]:
    return {
        "info": {"name": "fleet2mqtt: Tesla Fleet API", "description": ABOUT, "schema": SCHEMA},
        "item": [asyncio.run(_folder(folder)) for folder in FOLDERS],
        "auth": _bearer("{{token}}"),
    }


async def _folder(folder: Folder) -> dict[str, Any]:
    items = [await (_folder(row) if isinstance(row, Folder) else _item(row)) for row in folder.rows]
    return {"name": folder.name, "description": folder.note, "item": items, "event": _before(folder.before)}


async def _item(row: Row) -> dict[str, Any]:
    note = await noted(row)
    price = f" (${PRICES[note.cost]:g} a call)" if PRICES[note.cost] else ""
    request = {
        "method": note.method,
        "header": [{"key": name, "value": value} for name, value in note.headers.items() if name != "Authorization"],
        "url": _url(note),
        "description": f"{row.note}\n\nPrice class: {note.cost}{price}.".strip(),
        **_auth(note),
        **_body(note),
    }
    event = [*_before(row.before), _script("test", [*SHAPES[row.shape], *_has(row), *_saved(row.saves)])]
    # A link to sign in leads to another server; where it leads to is the answer.
    behaviour = {"protocolProfileBehavior": {"followRedirects": False}} if row.shape == "redirect" else {}
    return {"name": row.name, "request": request, "event": event, **behaviour}


def _url(note: Noted) -> dict[str, Any]:
    host, *path = note.url.split("/")
    query = [{"key": name, "value": value} for name, value in note.params.items()]
    asked = "&".join(f"{name}={value}" for name, value in note.params.items())
    raw = f"{note.url}?{asked}" if asked else note.url
    return {"raw": raw, "host": [host], "path": path, **({"query": query} if query else {})}


def _auth(note: Noted) -> dict[str, Any]:
    """The collection's own token, unless the call takes another one or none."""
    token = note.headers.get("Authorization", "").removeprefix("Bearer ")
    if token == "{{token}}":  # noqa: S105 - a variable
        return {}
    return {"auth": _bearer(token) if token else {"type": "noauth"}}


def _bearer(token: str) -> dict[str, Any]:
    return {"type": "bearer", "bearer": [{"key": "token", "value": token, "type": "string"}]}


def _body(note: Noted) -> dict[str, Any]:
    if note.method == "GET":
        return {}
    if "json" in note.headers["Content-Type"]:
        raw = named(json.dumps(note.content, indent=2))
        return {"body": {"mode": "raw", "raw": raw, "options": {"raw": {"language": "json"}}}}
    return {"body": {"mode": "urlencoded", "urlencoded": [{"key": k, "value": v} for k, v in note.content.items()]}}


# --- scripts ------------------------------------------------------------------------------------------------------

_DONE = 'pm.test("answers 2xx", () => pm.expect(pm.response.code).to.be.within(200, 299));'
_JSON = (_DONE, "const answer = pm.response.json();")
_FOUND = (*_JSON, "const found = answer.response;")


def _is(kind: str, said: str) -> str:
    return f'pm.test("{said}", () => pm.expect(found).to.be.an("{kind}"));'


SHAPES: Mapping[str, Iterable[str]] = {
    "object": (*_FOUND, _is("object", "gives an object")),
    "list": (
        *_FOUND,
        _is("array", "gives a list"),
        'pm.test("counts it", () => pm.expect(answer.count).to.equal(found.length));',
    ),
    "command": (
        *_FOUND,
        'pm.test("says yes or no", () => pm.expect(found.result).to.be.a("boolean"));',
        'pm.test("a no has a reason", () => pm.expect(found.result || found.reason).to.be.ok);',
    ),
    "history": (
        *_FOUND,
        'pm.test("gives a history, or null for no data", () => found && pm.expect(found).to.be.an("object"));',
    ),
    "write": (  # a yes unless `response.code` says otherwise (fleet-api.md 4.4)
        _DONE,
        "const found = pm.response.text() ? pm.response.json().response : null;",
        'pm.test("is accepted", () => pm.expect((found && found.code) || 200).to.be.within(200, 299));',
    ),
    "bare": (*_JSON, "const found = answer.response || answer;", _is("object", "gives an object")),
    "document": (*_JSON, "const found = answer;", _is("object", "gives a document")),
    "tokens": (
        *_JSON,
        "const found = answer;",
        'pm.test("gives a token", () => pm.expect(found.access_token).to.be.a("string").that.is.not.empty);',
        'pm.test("says how long it lasts", () => pm.expect(found.expires_in).to.be.above(0));',
    ),
    "pdf": (
        _DONE,
        'pm.test("gives a PDF", () => pm.expect(pm.response.headers.get("Content-Type")).to.include("pdf"));',
    ),
    "nothing": (_DONE,),
    "redirect": (
        'pm.test("signs in or leads back", () => pm.expect(pm.response.code).to.be.within(200, 399));',
        'const code = /[?&]code=([^&]+)/.exec(pm.response.headers.get("Location") || "");',
        'if (code) pm.environment.set("code", decodeURIComponent(code[1]));',
    ),
}
"""Shape of an answer -> the lines that test it."""

BEFORE: Mapping[str, Iterable[str]] = {
    "pkce": (
        'const crypto = require("crypto-js");',
        "const random = () => crypto.lib.WordArray.random(32).toString();",
        "const base64 = (words) => words.toString(crypto.enc.Base64);",
        'const url_safe = (text) => text.replace(/\\+/g, "-").replace(/\\//g, "_").replace(/=+$/, "");',
        "const code_verifier = random();",
        "const code_challenge = url_safe(base64(crypto.SHA256(code_verifier)));",
        "const made = { state: random(), nonce: random(), code_verifier, code_challenge };",
        "Object.entries(made).forEach(([name, value]) => pm.environment.set(name, value));",
    ),
    "day": (
        "// The last 24 hours, unless both are set.",
        "const ago = (hours) => new Date(Date.now() - hours * 3600e3).toISOString();",
        'if (!pm.variables.get("start_date")) pm.variables.set("start_date", ago(24));',
        'if (!pm.variables.get("end_date")) pm.variables.set("end_date", ago(0));',
    ),
    "only_if_on": ('if (pm.variables.get("dangerous_commands") !== "on") pm.execution.skipRequest();',),
}


def _has(row: Row) -> list[str]:
    if not row.has:
        return []
    names = ", ".join(f'"{name}"' for name in row.has)
    return [f'pm.test("has what we read", () => pm.expect(found).to.include.all.keys({names}));']


def _saved(saves: Mapping[str, str]) -> list[str]:
    return [f'pm.environment.set("{variable}", {place});' for variable, place in saves.items()]


def _before(name: str) -> list[dict[str, Any]]:
    return [_script("prerequest", BEFORE[name])] if name else []


def _script(listen: str, lines: Iterable[str]) -> dict[str, Any]:
    return {"listen": listen, "script": {"type": "text/javascript", "exec": list(lines)}}


# --- environments -------------------------------------------------------------------------------------------------

SECRET = {
    "auth_code", "business_token", "client_secret", "owner_refresh_token", "owner_token", "partner_token", "password",
    "refresh_token", "token",
}  # fmt: skip


def environment(name: str, values: Mapping[str, str]) -> dict[str, Any]:
    shown = [
        {"key": key, "value": value, "type": "secret" if key in SECRET else "default", "enabled": True}
        for key, value in values.items()
    ]
    return {"name": f"fleet2mqtt: {name}", "values": shown, "_postman_variable_scope": "environment"}


def places() -> dict[str, dict[str, str]]:
    """File name -> variables."""
    owners = {"cn": OWNERS["owner-cn"]}
    real = {f"tesla-{name}": _real(region, owners.get(name, OWNERS["owner"])) for name, region in FLEET.items()}
    return {"simulator": _simulator()} | real


def _real(region: Region, owner: Region) -> dict[str, str]:
    """A template: whoever uses it fills it in."""
    return _hosts(region.api, _origin(region.token), _origin(region.authorize), owner.api) | _inputs()


def _hosts(api: str, auth: str, authorize: str, owner: str) -> dict[str, str]:
    return {"host": api, "auth_host": auth, "authorize_host": authorize, "owner_host": owner}


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _inputs(**known: str) -> dict[str, str]:
    names = (
        "client_id", "client_secret", "token", "refresh_token", "vin", "site_id", "auth_code", "domain", "email",
        "password", "latitude", "longitude", "time_zone", "partner_token", "business_token", "owner_token",
        "owner_refresh_token", "code", "invoice_id", "start_date", "end_date",
    )  # fmt: skip
    redirect = str(TeslaSettings.model_fields["redirect_uri"].default)
    return {"redirect_uri": redirect, "dangerous_commands": "off"} | dict.fromkeys(names, "") | known


def _simulator() -> dict[str, str]:
    """As `fleet2mqtt simulate` starts, on this machine."""
    url, home, owner = "http://127.0.0.1:8085", HOMES["na"], Owner()
    account = build_cloud(Simulation(start=datetime(2026, 1, 1, tzinfo=UTC))).account
    return _hosts(url, url, url, url) | _inputs(
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
        refresh_token=REFRESH_TOKEN,
        auth_code=BUSINESS_CODE,
        vin=account.cars[0].vin,
        site_id=str(account.sites[0].site_id),
        domain="bridge.example.com",
        email=owner.email,
        password=owner.password,
        latitude=str(home.home.latitude),
        longitude=str(home.home.longitude),
        time_zone=home.zone,
        dangerous_commands="on",
    )


if __name__ == "__main__":
    sys.exit(main())
