"""What a report is made of, and what of it is personal: settings, database, and what the bridge says at the broker."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from bridge.accounts import SERVED
from bridge.catalog import CATALOGUE
from bridge.cli.diagnostics_mask import Mask
from bridge.fleet.auth.tokens import claims
from bridge.glance import Glance, Row
from bridge.model import DeviceId, Kind
from bridge.settings import FIRST, Settings, names
from bridge.settings.accounts import account_of
from bridge.settings.origins import Origin
from bridge.settings.section import pairs, places, words

PERSONAL = {
    "MQTT_HOST": "<broker>",
    "MQTT_USERNAME": "<user name>",
    "MQTT_CLIENT_ID": "<client id at the broker>",
    "MQTT_CA_FILE": "<file>",
    "DATA_DIR": "<data directory>",
    "BASE_TOPIC": "<base topic>",
    "HOMEASSISTANT_PREFIX": "<discovery prefix>",
    "HOMEASSISTANT_STATUS_TOPIC": "<status topic>",
    "CLIENT_ID": "<client id>",
    "DOMAIN": "<domain>",
    "KEY_FILE": "<file>",
    "PROXY_URL": "<proxy>",
    "PROXY_CA_FILE": "<file>",
    "REDIRECT_URI": "<redirect URI>",
    "EMAIL": "<e-mail address>",
    "SIMULATOR_URL": "<simulator>",
}
"""End of a setting's name -> what is shown in its place, wherever its text stands."""

PLAIN = frozenset({"software_version", "firmware_version", "gateway_firmware", "car_type", "freshness", "last_command"})
"""Texts of devices that say nothing of their owner; those with a list of words do not either."""

UNSHOWN = "<set>"
"""Stands for a value that is there and not shown."""

AXES = ("lat", "lon", "lng")


@dataclass(frozen=True, slots=True)
class Known:
    """`complaint`: why the settings are wrong, and `own` then None. `said`: retained topics below the base topic.

    `answers`: does a bridge answer; None: it could not be asked, for this reason (`silence`).
    """

    now: datetime
    given: Mapping[str, Origin]
    own: Settings | None
    complaint: str
    kept: Glance
    said: Mapping[str, Any] = field(default_factory=dict)
    health: Mapping[str, Any] | None = None
    silence: str = ""

    @property
    def secrets(self) -> Mapping[str, Mapping[str, Any]]:
        return {row["name"]: row["value"] for row in self.kept.rows("secret") if isinstance(row["value"], dict)}

    @property
    def values(self) -> Mapping[DeviceId, Mapping[str, Any]]:
        found = ((device(row["device"]), row["known"]) for row in self.kept.rows("value"))
        return {at: known for at, known in found if at and isinstance(known, dict)}

    @property
    def devices(self) -> list[Mapping[str, Any]]:
        info = self.said.get("bridge/info")
        return info.get("devices", []) if isinstance(info, dict) else []


def device(name: str) -> DeviceId | None:
    """`vehicle/<VIN>`, `vehicle <VIN>` -> which; None for no device."""
    kind, _, id_ = name.replace(" ", "/", 1).partition("/")
    return DeviceId(Kind(kind), id_) if kind in set(Kind) and id_ else None


# --- what is personal in it ---------------------------------------------------------------------------------------


def teach(mask: Mask, known: Known) -> None:
    """Everything of it that must not be shown."""
    mask.label(DeviceId(Kind.ACCOUNT, FIRST))
    for name in _accounts(known):
        label = mask.label(DeviceId(Kind.ACCOUNT, name))
        mask.learn(f"ACCOUNT_{name}_".upper(), f"<{label}>_")
    for name, secret in known.secrets.items():
        _teach_secret(mask, name, secret)
    _teach_devices(mask, known)
    for name, origin in known.given.items():
        _teach_setting(mask, name, origin.text or "")
    if known.own and "host" in known.own.mqtt.model_fields_set:
        mask.learn(known.own.mqtt.host, "<broker>")
    for at, values in known.values.items():
        _teach_values(mask, at, values)
    for row in known.kept.rows("memory"):
        _teach_rest(mask, row["memory"])
    for row in known.kept.rows("command"):
        _teach_rest(mask, row["result"]["value"] if isinstance(row["result"], dict) else None)


def _accounts(known: Known) -> Iterator[str]:
    yield from words(known.given["FLEET2MQTT_ACCOUNTS"].text or "") if "FLEET2MQTT_ACCOUNTS" in known.given else ()
    yield from (account for name in known.given if (account := account_of(name)))
    yield from (str(name) for name in known.secrets.get(SERVED, {}).values())


def _teach_setting(mask: Mask, name: str, text: str) -> None:
    field_of = names([account] if (account := account_of(name)) else []).get(name)
    if field_of is None or "SecretStr" in str(field_of[1].annotation):
        mask.hide([text])
        return
    ending = name.removeprefix("FLEET2MQTT_")
    for end, placeholder in PERSONAL.items():
        if ending.endswith(end) and text != str(field_of[1].default):
            mask.learn(text, placeholder)
            mask.learn(urlsplit(text).hostname if "://" in text else None, placeholder)
    if ending == "ALIASES":
        _teach_aliases(mask, text)
    if ending == "ZONES":
        _teach_zones(mask, text)


def _teach_aliases(mask: Mask, text: str) -> None:
    try:
        found = pairs(text)
    except ValueError:
        mask.learn(text, "<aliases>")
        return
    for number, (id_, alias) in enumerate(found.items(), 1):
        mask.learn(id_, f"aliased device {number}")
        mask.learn(alias, f"alias {number}", is_whole=True, is_key=False)


def _teach_zones(mask: Mask, text: str) -> None:
    try:
        found = places(text)
    except ValueError:
        mask.learn(text, "<zones>")
        return
    for number, (name, numbers) in enumerate(found.items(), 1):
        mask.learn(name, f"zone {number}", is_whole=True, is_key=False)
        _place(mask, numbers[:2])


def _teach_secret(mask: Mask, name: str, secret: Mapping[str, Any]) -> None:
    tokens = [secret.get(part) for part in ("access", "refresh")]
    mask.hide(token for token in tokens if isinstance(token, str))
    if isinstance(secret.get("access"), str):
        said = claims(secret["access"])
        mask.learn(said.subject, "<account id>")
        mask.learn(said.app, "<client id>")
    if not name.startswith(("tokens ", "previous tokens ", "renewal ", "region ", SERVED)):
        mask.hide(text for text in _texts(secret) if len(text) > 15)


def _teach_devices(mask: Mask, known: Known) -> None:
    """In an order that stays: first those that the bridge shows."""
    shown = [(found, device(f"{found.get('kind')}/{found.get('id')}")) for found in known.devices]
    named = [row["about"] for table in ("spent", "block") for row in known.kept.rows(table)]
    ids = [at for _, at in shown if at]
    ids += sorted(known.values, key=str)
    ids += [at for name in known.secrets.get(SERVED, {}) if (at := device(name))]
    ids += [at for row in known.kept.rows("command") if (at := device("{kind}/{id}".format_map(_asked(row))))]
    for at in ids:
        mask.label(at)
    for found, at in shown:
        if at and at.kind not in {Kind.BRIDGE, Kind.ACCOUNT}:
            mask.learn(found.get("name"), f"<name of {mask.label(at)}>", is_whole=True, is_key=False)
    for about in {about for about in named if about and about != FIRST} - {at.id for at in ids}:
        mask.learn(about, "<device>")


def _asked(row: Row) -> Mapping[str, Any]:
    request = row["request"]
    return {"kind": "", "id": ""} | request if isinstance(request, dict) else {"kind": "", "id": ""}


def _teach_values(mask: Mask, at: DeviceId, values: Mapping[str, Any]) -> None:
    entities = CATALOGUE[at.kind].entities
    for key, value in values.items():
        row = entities.get(key)
        _teach_places(mask, value)
        if key in PLAIN or (row and row.options):
            continue
        for text in _texts(value):
            mask.learn(text, f"<{key} of {mask.label(at)}>", is_whole=True, is_key=False)


def _teach_rest(mask: Mask, found: Any) -> None:
    _teach_places(mask, found)
    for text in _texts(found):
        if not text.isidentifier() or not text.islower():
            mask.learn(text, "<text>", is_whole=True, is_key=False)


def _teach_places(mask: Mask, value: Any, axis: str = "") -> None:
    if isinstance(value, dict):
        for key, each in value.items():
            _teach_places(mask, each, str(key).lower())
    elif isinstance(value, list):
        for each in value:
            _teach_places(mask, each, axis)
    elif axis.startswith(AXES):
        _place(mask, [value])


def _place(mask: Mask, numbers: Any) -> None:
    for number in numbers:
        try:
            mask.place(float(number))
        except (TypeError, ValueError):
            continue


def _texts(found: Any) -> Iterator[str]:
    """Every text in it but times, and those in texts that are JSON themselves."""
    if isinstance(found, str):
        if not _is_moment(found):
            yield found
    elif isinstance(found, dict | list):
        for each in found.values() if isinstance(found, dict) else found:
            yield from _texts(each)


def _is_moment(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def read_json(payload: bytes) -> Any:
    """What was published: JSON, or a bare text."""
    text = payload.decode(errors="replace")
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
