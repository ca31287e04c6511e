"""The files of a report: each is made of what is known, and goes through the mask before it is written."""

from __future__ import annotations

import math
import os
import platform
import re
import shutil
import stat
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any

from bridge import build, systemd
from bridge.accounts import SERVED
from bridge.catalog import CATALOGUE
from bridge.catalog.offer import Offer
from bridge.cli import diagnostics_settings
from bridge.cli.diagnostics_known import UNSHOWN, Known, device
from bridge.cli.diagnostics_mask import Mask
from bridge.components import Look, components
from bridge.fleet import VERSION, keys
from bridge.fleet.auth.tokens import claims
from bridge.model import DeviceId, Kind
from bridge.settings import FIRST, addon, of_all
from bridge.settings.section import words
from bridge.sources.roster import MODELS
from bridge.state import kept_as, recalled
from bridge.topics import CONTRACT_VERSION, Topics

NEWEST = 50
"""Commands that are shown."""

Part = Callable[[Known, Mask], Any]


def program(_: Known, __: Mask) -> Mapping[str, Any]:
    """Versions, and where it runs."""
    return {
        "fleet2mqtt": VERSION,
        "topic_contract": CONTRACT_VERSION,
        "python": platform.python_version(),
        "system": platform.platform(),
        "machine": platform.machine(),
        "container": any(Path(mark).exists() for mark in ("/.dockerenv", "/run/.containerenv")),
        "home_assistant_app": addon.is_one(),
        "systemd": systemd.is_there(),
        "libraries": dict(_libraries()),
    }


def _libraries() -> Iterator[tuple[str, str]]:
    """Those that it needs; not those of the demo."""
    for line in requires("fleet2mqtt") or ():
        if (found := re.match(r"[\w.-]+", line)) and "extra ==" not in line:
            try:
                yield found[0], version(found[0])
            except PackageNotFoundError:
                yield found[0], "missing"


# --- accounts and money -------------------------------------------------------------------------------------------


def accounts(known: Known, mask: Mask) -> list[Mapping[str, Any]]:
    """How each sign-in is doing, without a token."""
    kept = [name.removeprefix("tokens ") for name in known.secrets if name.startswith("tokens ")]
    paused = [name.removeprefix("renewal ") for name in known.secrets if name.startswith("renewal ")]
    return [_account(known, mask, name) for name in dict.fromkeys([*kept, *paused])]


def _account(known: Known, mask: Mask, kept_name: str) -> Mapping[str, Any]:
    tokens = known.secrets.get(f"tokens {kept_name}", {})
    renewal = known.secrets.get(f"renewal {kept_name}", {})
    said = claims(str(tokens.get("access", "")))
    name = next((name for name in _names(known) if name in kept_name.split()), FIRST)
    tesla = of_all(known.own).get(name) if known.own else None
    pause = renewal.get("pause") or {}
    return {
        "account": mask.label(DeviceId(Kind.ACCOUNT, name)),
        "kind": kept_name.replace(name, "").strip() or "signed in with a browser",
        "region_set": tesla.region if tesla else None,
        "region_moved": known.secrets.get(f"region {kept_name}", {}).get("to"),
        "signed_in": bool(tokens),
        "can_be_renewed": bool(tokens.get("refresh")),
        **{key: tokens.get(key) for key in ("generation", "obtained_at", "expires_at", "stored_at", "used_at")},
        "scopes": sorted(said.scopes),
        "scopes_missing": sorted(set(tesla.scopes) - said.scopes) if tesla and said.scopes else None,
        "audiences": said.audiences,
        "renewal_begun_at": renewal.get("begun_at"),
        "renewal_is_open": renewal.get("is_open"),
        "pause": {key: pause[key] for key in ("kind", "text", "until", "failures", "refusals") if key in pause},
    }


def _names(known: Known) -> list[str]:
    further = known.given.get("FLEET2MQTT_ACCOUNTS")
    return [FIRST, *words((further.text if further else "") or "")]


def ledger(known: Known, mask: Mask) -> Mapping[str, Any]:
    """Calls by month and price class, by device, who has asked to wait, and the budget."""
    months: defaultdict[str, Counter[str]] = defaultdict(Counter)
    devices: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for row in known.kept.rows("spent"):
        months[row["at"][:7]][row["cost"]] += row["calls"]
        months[row["at"][:7]]["unanswered"] += row["unanswered"]
        if row["at"].startswith(f"{known.now:%Y-%m}"):
            devices[row["about"]][row["cost"]] += row["calls"]
    return {
        "months": months,
        "this_month_by_device": devices,
        "budget": known.own.tesla.budget if known.own else None,
        "prices": build.prices(known.own).dollars if known.own else None,
        "blocks": [dict(row) | {"until": _moment(row["until"])} for row in known.kept.rows("block")],
        "options": [{**row, "device": _label(row["device"], mask)} for row in known.kept.rows("option")],
    }


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


# --- devices and commands -----------------------------------------------------------------------------------------


def devices(known: Known, mask: Mask) -> list[Mapping[str, Any]]:
    """Kind, model, software, how much is known of each, and what is not offered of it."""
    shown = {device(f"{each.get('kind')}/{each.get('id')}"): each for each in known.devices}
    values = recalled({kept_as(at): held for at, held in known.values.items()})
    everything = {at: None for at in (*shown, *values) if at and at.kind is not Kind.BRIDGE}
    return [_device(at, known, mask, shown.get(at, {}), values.get(at, {})) for at in everything]


def _device(
    at: DeviceId, known: Known, mask: Mask, shown: Mapping[str, Any], values: Mapping[str, Any]
) -> Mapping[str, Any]:
    rows = CATALOGUE[at.kind].entities
    offered = {key for key, _ in components(at, values, Look(Topics(), VERSION, offer=_offer(known, at)), {})}
    return {
        "device": mask.label(at),
        "kind": at.kind,
        "model": MODELS.get(at.id[3:4]) if at.kind is Kind.VEHICLE else shown.get("model"),
        "software": next((values[key] for key in _SOFTWARE if values.get(key)), None),
        "connectivity": values.get("connectivity"),
        "is_shown": bool(shown),
        "values_known": sum(value is not None for value in values.values()),
        "offered": len(offered),
        "left_out": sorted(key for key, row in rows.items() if row.component and key not in offered),
    }


_SOFTWARE = ("software_version", "firmware_version", "gateway_firmware")


def _offer(known: Known, at: DeviceId) -> Offer:
    """As the bridge makes it, as far as that can be told from outside."""
    if not known.own:
        return Offer()
    account = known.secrets.get(SERVED, {}).get(kept_as(at), FIRST)
    tesla = of_all(known.own).get(account, known.own.tesla)
    tokens = known.secrets.get(f"tokens {build.stored_as(tesla, account)}", {})
    signs = bool(tesla.key_file or tesla.proxy_url or keys.where(known.own.data_dir, None).exists())
    scopes = claims(str(tokens.get("access", ""))).scopes or None
    own = known.own
    return Offer(enabled_commands=own.commands.enable, scopes=scopes, signs=signs, location=own.location)


def commands(known: Known, mask: Mask) -> list[Mapping[str, Any]]:
    """The newest entries of the journal. Of values only those that everybody may know."""
    return [_command(row, mask) for row in known.kept.rows("command")[-NEWEST:]]


def _command(row: Mapping[str, Any], mask: Mask) -> Mapping[str, Any]:
    asked, result = row["request"] or {}, row["result"] or {}
    at = device(f"{asked.get('kind')}/{asked.get('id')}")
    return {
        "device": mask.label(at) if at else None,
        "command": asked.get("name"),
        "received_at": asked.get("received_at"),
        "was_sent": row["sent"] is not None,
        **{key: result.get(key) for key in ("outcome", "reason", "attempts", "finished_at")},
        "value": _harmless(at, asked.get("name"), result.get("value")),
        "was_published": bool(row["published"]),
    }


def _harmless(at: DeviceId | None, name: Any, value: Any) -> Any:
    """A switch, a number on a scale, a word of a list; no text and no number that could be a PIN or a place."""
    row = CATALOGUE[at.kind].entities.get(name) if at else None
    if value is None or isinstance(value, bool):
        return value
    is_on_a_scale = isinstance(value, int | float) and math.isfinite(value) and row and row.limits
    return value if is_on_a_scale or (row and value in row.options) else UNSHOWN


def _label(name: str, mask: Mask) -> str:
    at = device(name)
    return mask.label(at) if at else "<device>"


# --- the bridge and its file --------------------------------------------------------------------------------------


def bridge(known: Known, mask: Mask) -> Mapping[str, Any]:
    """What it says of itself: asked now, and what lies on the broker. Of its list of devices no name and no topic."""
    info = known.said.get("bridge/info")
    shown = {key: value for key, value in info.items() if key != "devices"} if isinstance(info, dict) else None
    listed = [{"device": _label(f"{each.get('kind')}/{each.get('id')}", mask)} for each in known.devices]
    said = {topic: value for topic, value in known.said.items() if topic not in {"bridge/info", "bridge/health"}}
    return {
        "answers": known.health is not None,
        "why_not": known.silence or None,
        "health": known.health or known.said.get("bridge/health"),
        "info": shown and {**shown, "devices": listed},
        "retained": said,
    }


def database(known: Known, _: Mask) -> Mapping[str, Any]:
    """Is it whole, what is in it, and what lies beside it?"""
    kept, directory = known.kept, known.own.data_dir if known.own else None
    return {
        "read_from": kept.file,
        "trouble": kept.trouble or None,
        "integrity": kept.integrity or None,
        "schema_version": kept.schema_version,
        "sqlite": kept.sqlite,
        "rows": {name: len(rows) for name, rows in kept.tables.items()},
        "directory": _files(directory) if directory else None,
    }


def _files(directory: Path) -> Mapping[str, Any]:
    try:
        found = {path.name: path.lstat() for path in sorted(directory.iterdir())}
        free = shutil.disk_usage(directory).free
    except OSError as error:
        return {"trouble": error.strerror}
    return {
        "user": os.geteuid(),
        "free_bytes": f"{free / 1e6:.0f} MB",
        "files": {
            name: {
                "bytes": each.st_size,
                "mode": stat.filemode(each.st_mode),
                "user": each.st_uid,
                "changed_at": _moment(each.st_mtime),
            }
            for name, each in found.items()
        },
    }


PARTS: Mapping[str, tuple[Part, str]] = {
    "program.json": (program, "versions of the program and its libraries, and where it runs"),
    "settings.json": (
        diagnostics_settings.settings,
        "what is set and where; values of numbers, switches and known words",
    ),
    "accounts.json": (accounts, "how each sign-in is doing; no tokens"),
    "devices.json": (devices, "kind, model and software of each device, and the entities that are not offered"),
    "bridge.json": (bridge, "what the bridge says of its health"),
    "commands.json": (commands, f"the newest {NEWEST} commands: names, outcomes, reasons, times"),
    "ledger.json": (ledger, "calls by month and price class, the budget, options, and who has asked to wait"),
    "database.json": (database, "whether the database is whole, and how much is in it"),
}
"""File -> what makes it, and what is in it, in words."""
