"""`fleet2mqtt diagnostics`: one file for a public report of a fault, while the bridge runs, is stopped or cannot start.

Whatever is wrong is a part of the report, so nothing here fails because the settings, the database or the broker do.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import sys
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bridge import logs
from bridge.cli.asking import answered, connected
from bridge.cli.diagnostics_known import Known, read_json, teach
from bridge.cli.diagnostics_mask import Mask
from bridge.cli.diagnostics_parts import PARTS
from bridge.clock import Clock, SystemClock
from bridge.database import FILE
from bridge.errors import BridgeError, SettingWrong
from bridge.glance import glance
from bridge.settings import Settings, load
from bridge.settings.origins import Origin, origins

PATIENCE, SOON = 20.0, 5.0
"""Seconds for all that the broker is asked, and for a bridge that runs to answer."""

REPORT = "README.txt"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--output", metavar="FILE", help="where to; `-`: standard output")


def main(options: argparse.Namespace, flags: Sequence[str]) -> int:
    """Gives 0. Raises SettingWrong where the file cannot be written."""
    logs.configure("error", as_json=False)
    clock = SystemClock()
    known, mask = learned(flags, clock), Mask()
    files = report(known, mask)
    name = options.output or f"fleet2mqtt-diagnostics-{clock.now():%Y-%m-%d}.zip"
    _write(name, zipped(files))
    out = sys.stderr if name == "-" else sys.stdout
    out.write(files[REPORT] + ("" if name == "-" else f"\nWritten: {name}\n"))
    return 0


def zipped(files: Mapping[str, str]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return made.getvalue()


def _write(name: str, content: bytes) -> None:
    if name == "-":
        sys.stdout.buffer.write(content)
        return
    try:
        Path(name).write_bytes(content)
    except OSError as error:
        raise SettingWrong(f"--output: cannot write {name}: {error.strerror}; name another file, or `-`") from None


# --- what there is ------------------------------------------------------------------------------------------------


def learned(flags: Sequence[str], clock: Clock) -> Known:
    """From settings, database and broker, as far as they can be read."""
    given = origins(flags)
    own, complaint = _settings(flags)
    directory = own.data_dir if own else Path(given.get("FLEET2MQTT_DATA_DIR", _NOWHERE).text or "data")
    kept = glance(directory / FILE)
    if own is None:
        return Known(clock.now(), given, None, complaint, kept, silence="the settings are wrong")
    said, health, silence = asyncio.run(_heard(own))
    return Known(clock.now(), given, own, complaint, kept, said, health, silence)


_NOWHERE = Origin("", None)


def _settings(flags: Sequence[str]) -> tuple[Settings | None, str]:
    """Where only the broker's are missing, the others are not wrong."""
    complaint = ""
    for with_broker in (True, False):
        try:
            return load(flags, with_broker=with_broker), complaint
        except SettingWrong as error:
            complaint = complaint or str(error)
    return None, complaint


async def _heard(own: Settings) -> tuple[Mapping[str, Any], Mapping[str, Any] | None, str]:
    """What lies on the broker, the health of a bridge that runs, and why there is none."""
    said: dict[str, Any] = {}
    try:
        async with asyncio.timeout(PATIENCE):
            said = await _retained(own)
            answer = await answered(own, "health", SOON)
    except (BridgeError, TimeoutError) as error:
        return said, None, str(error) or "no bridge answers with this base topic at this broker"
    return said, answer.get("data"), ""


async def _retained(own: Settings) -> dict[str, Any]:
    """Topic below the base -> what is said there of the bridge and its accounts."""
    async with connected(own, "diagnostics") as connection:
        lies = await connection.retained([f"{own.base_topic}/bridge/#", f"{own.base_topic}/account/+/status/#"])
    return {topic.removeprefix(f"{own.base_topic}/"): read_json(payload) for topic, payload in lies.items()}


# --- the report ---------------------------------------------------------------------------------------------------


def report(known: Known, mask: Mask) -> dict[str, str]:
    """Name of a file -> its text, with nothing personal in it."""
    teach(mask, known)
    files = {name: _text(mask(_made(name, known, mask))) for name in PARTS}
    return {REPORT: "\n".join(_read_me(known, mask)) + "\n", **files}


def _made(name: str, known: Known, mask: Mask) -> Any:
    try:
        return PARTS[name][0](known, mask)
    except Exception as error:  # noqa: BLE001 - what is broken there is what a person wants to see here
        return {"trouble": f"this part could not be made: {type(error).__name__}: {error}"}


def _text(found: Any) -> str:
    return json.dumps(found, indent=1, ensure_ascii=False, default=str) + "\n"


def _read_me(known: Known, mask: Mask) -> Iterator[str]:
    yield f"A report of fleet2mqtt, made {known.now:%Y-%m-%d %H:%M} UTC. It is meant to be shown in public."
    yield ""
    yield from (f"  {name:16}{what}" for name, (_, what) in PARTS.items())
    yield ""
    taken = [f"{word} ({number})" for word, number in sorted(mask.taken.items()) if number]
    yield f"Taken out or replaced: {', '.join(taken) or 'nothing had to be'}."
    yield "Not in it at all: values of cars and sites, texts of settings, what commands have said, the log."
    yield ""
    yield "Look through it before you show it. The log belongs to a report too; add its newest lines:"
    yield "  docker compose logs --tail 500 fleet2mqtt, or journalctl --unit fleet2mqtt --lines 500"
