"""Who is examined: the bridge, as it is here or in its image, or the naive one that shows that the cases can fail."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bridge.database import FILE

CAR = "vehicle/LRW3F7EK4NC700001"
OTHER_CAR = "vehicle/5YJYGDEE1MF700002"
SITE = "energy_site/2252000000000001"
CONNECTOR = "wall_connector/1734412-02-D--PGT00000000001"
PROGRAM = str(Path(sys.executable).with_name("fleet2mqtt"))
FILES = Path(__file__).parents[2] / "build" / "image"
"""The image, unpacked by unpack_image.py."""

CONFINED = ("unshare", "--mount", str(Path(__file__).with_name("in_image.sh")), str(FILES))
REFRESH_TOKEN = re.compile(r"(?:NA|EU|CN)_[0-9a-f]{64}|simulated-refresh-token")


@dataclass(frozen=True)
class Subject:
    """A program that is examined. All of them read the bridge's settings from their environment."""

    name: str
    command: Sequence[str]
    known: Sequence[str]
    """Topics below the base that are published when it is ready."""
    kept_tokens: Callable[[Path], set[str]]
    """The refresh tokens in a data directory."""

    program: Sequence[str] = (PROGRAM,)
    """The bridge's, for its other verbs."""

    python: Sequence[str] = (sys.executable,)
    """What runs a file of the kit in its place: the bridge with a clock that is driven."""

    is_naive: bool = False


def _in_database(directory: Path) -> set[str]:
    """Of a copy, so that reading it mends and locks nothing."""
    with tempfile.TemporaryDirectory() as name:
        for file in directory.glob(f"{FILE}*"):
            shutil.copy(file, name)
        rows = sqlite3.connect(Path(name) / FILE).execute("SELECT value FROM secret").fetchall()
        return set(REFRESH_TOKEN.findall(" ".join(row[0] for row in rows)))


def _in_file(directory: Path) -> set[str]:
    kept: str = json.loads((directory / "tokens.json").read_text())["refresh_token"]
    return {kept}


BRIDGE = Subject(
    "bridge",
    (PROGRAM, "run"),
    # The groups that are published last; the other car may be asleep.
    (f"{CAR}/software", f"{OTHER_CAR}/status", f"{SITE}/power", f"{SITE}/settings", f"{CONNECTOR}/charge"),
    _in_database,
)
IN_IMAGE = replace(
    BRIDGE,
    name="image",
    command=(*CONFINED, "/opt/fleet2mqtt/bin/fleet2mqtt", "run"),
    program=(*CONFINED, "/opt/fleet2mqtt/bin/fleet2mqtt"),
    python=(*CONFINED, "/opt/fleet2mqtt/bin/python"),
)
NAIVE = Subject(
    "naive",
    (sys.executable, str(Path(__file__).with_name("naive_bridge.py"))),
    ("bridge/state", f"{CAR}/charge/battery_level", f"{SITE}/settings/backup_reserve"),
    _in_file,
    is_naive=True,
)
SUBJECTS = {each.name: each for each in (BRIDGE, IN_IMAGE, NAIVE)}

STARTED: list[str] = []
"""Who was started in this run, each time: tests that start the bridge by other means say nothing about another."""

_examined = [BRIDGE]


def examined() -> Subject:
    """Who is examined in this run (`pytest --subject`)."""
    return _examined[0]


def examine(name: str) -> None:
    _examined[0] = SUBJECTS[name]
