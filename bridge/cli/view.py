"""What the demo shows: the devices, the commands with their answers, and the values as they change."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from bridge.catalog import CATALOGUE
from bridge.model import Kind

SHOWN: Mapping[Kind, Mapping[str, str]] = {
    Kind.VEHICLE: {
        "state": "connectivity",
        "battery": "battery_level",
        "charge": "charging_state",
        "limit": "charge_limit",
        "charger": "charger_power",
        "speed": "speed",
        "range": "battery_range",
        "inside": "inside_temperature",
        "locked": "locked",
    },
    Kind.ENERGY_SITE: {
        "sun": "solar_power",
        "house": "load_power",
        "battery": "battery_power",
        "grid": "grid_power",
        "level": "charge_level",
        "reserve": "backup_reserve",
        "mode": "operation_mode",
    },
    Kind.WALL_CONNECTOR: {"state": "state", "power": "power", "car": "vehicle_vin"},
}
"""For each kind, the most telling first: what it is called here, and the key of the entity."""

NARROWEST = 20
ROOMY = 24
"""Columns that a device needs, and from where on it gets a margin."""

HEADINGS = 3
FEWEST_CHANGES = 3
MOST_CHANGES = 60
MOST_COMMANDS = 6


class Row(NamedTuple):
    """One line of a device."""

    label: str
    value: str
    style: str


class Line(NamedTuple):
    """One message: the time of day, the topic below the base, and the payload in short."""

    at: str
    topic: str
    text: str


@dataclass
class View:
    """Everything heard so far. `base` is the base topic; `hints` are the lines that say how to send a command."""

    base: str
    hints: tuple[str, ...]
    values: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    changes: deque[Line] = field(default_factory=lambda: deque(maxlen=MOST_CHANGES))
    commands: deque[Line] = field(default_factory=lambda: deque(maxlen=MOST_COMMANDS))
    first_value: float | None = None

    def hear(self, topic: str, payload: bytes, at: str, elapsed: float) -> str | None:
        """Takes a message; gives the line that tells of it, or None if it is not news. `elapsed` in seconds."""
        if not topic.startswith(f"{self.base}/"):
            return None
        place, text = topic.removeprefix(f"{self.base}/"), payload.decode(errors="replace")
        if place == "bridge/info":
            self._read_names(text)
        if self.first_value is None and place.count("/") == 3:
            self.first_value = elapsed
        is_new = self.values.get(place) != text
        self.values[place] = text
        return self._note(Line(at, place, _short(text)), is_new=is_new)

    def _read_names(self, info: str) -> None:
        for device in json.loads(info)["devices"]:
            self.names[device["topic"].removeprefix(f"{self.base}/")] = device["name"]

    def _note(self, line: Line, *, is_new: bool) -> str | None:
        if _is_command(line.topic):
            self.commands.append(line)
        elif is_new and _is_change(line):
            self.changes.append(line)
        else:
            return None
        return f"{line.at}  {line.topic} = {line.text}"

    def summary(self) -> str:
        """Figures of what is there."""
        took = f", first value after {self.first_value:.1f} s" if self.first_value is not None else ""
        return f"{len(self.values)} topics of {len(self.names)} devices{took}"

    def render(self) -> RenderableType:
        """Fits the width and fills the height it is given: first the hints, then the devices, then what changes."""
        return _Page(self)

    def devices(self) -> list[tuple[str, list[Row]]]:
        """Name and rows of each device to show: cars first."""
        return [
            (name, self._rows(kind, device))
            for kind in SHOWN
            for device, name in sorted(self.names.items(), key=lambda item: item[1])
            if device.startswith(f"{kind}/")
        ]

    def _rows(self, kind: Kind, device: str) -> list[Row]:
        rows = []
        for label, key in SHOWN[kind].items():
            entity = CATALOGUE[kind].entities[key]
            value = self.values.get(f"{device}/{entity.group}/{key}", "None")
            if value != "None":
                shown = f"{value} {entity.unit}" if entity.unit else value.replace("_", " ")
                rows.append(Row(label, shown, _COLOURS.get(value, "bold")))
        return rows if len(rows) > 1 else [*rows, _NOTHING_YET]


_NOTHING_YET = Row("", "more when it wakes", "dim")

_COLOURS = {"true": "green", "online": "green", "charging": "green", "asleep": "blue", "none": "dim"}


class _Page:
    """The picture, made for the space that the console gives."""

    def __init__(self, view: View) -> None:
        self._view = view

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        view, width = self._view, options.max_width
        hints = Text("\n".join(view.hints))
        height = options.height or console.height
        left = height - HEADINGS - len(hints.wrap(console, width)) - max(1, len(view.commands))
        devices, used = _devices(view.devices(), width, left - FEWEST_CHANGES)
        yield _heading(f"fleet2mqtt demo: {view.summary()}")
        yield hints
        if used:
            yield devices
        yield _heading("commands and their answers")
        yield _messages(view.commands) if view.commands else Text("none yet: send one of those above", style="dim")
        yield _heading("values as they change")
        yield _messages(list(view.changes)[-max(1, left - used) :])


def _devices(devices: list[tuple[str, list[Row]]], width: int, height: int) -> tuple[Table, int]:
    """Panels side by side, all equally tall, and how many lines they take: 0 when there is no room for them."""
    in_a_row = max(1, min(width // NARROWEST, len(devices)))
    levels = -(-len(devices) // in_a_row)
    longest = max((len(rows) for _, rows in devices), default=0)
    tall = min(longest + 2, height // max(1, levels))
    wide = width // in_a_row
    grid = Table.grid(expand=True)
    for _ in range(in_a_row):
        grid.add_column(ratio=1)
    for start in range(0, len(devices), in_a_row):
        grid.add_row(*(_panel(name, rows, tall, wide) for name, rows in devices[start : start + in_a_row]))
    return grid, tall * levels if tall > 2 else 0


def _panel(name: str, rows: list[Row], tall: int, wide: int) -> Panel:
    labels = max(len(row.label) for row in rows) + 1
    lines = [Text.assemble((row.label.ljust(labels), "dim"), (row.value, row.style)) for row in rows]
    for line in lines:
        line.no_wrap, line.overflow = True, "ellipsis"
    padding = (0, 1 if wide > ROOMY else 0)
    return Panel(Group(*lines), title=f"[bold]{name}", height=max(3, tall), padding=padding, border_style="green")


def _heading(text: str) -> Rule:
    return Rule(f"[bold]{text}", align="left", style="cyan")


def _messages(lines: Iterable[Line]) -> Table:
    table = Table.grid(padding=(0, 1), expand=True)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(no_wrap=True, overflow="ellipsis")
    table.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    for line in lines:
        table.add_row(line.at, line.topic, Text(line.text, style=_style(line)))
    return table


def _style(line: Line) -> str:
    if "/result/" not in line.topic:
        return "bold"
    return "bold green" if line.text.startswith("ok") else "bold red"


def _is_command(topic: str) -> bool:
    return "/set/" in topic or "/result/" in topic


def _is_change(line: Line) -> bool:
    """Groups only repeat their values; clocks and counters of calls change all the time."""
    is_value = line.topic.count("/") == 3 and not line.text.startswith("{")
    return is_value and "/status/" not in line.topic and not line.topic.endswith(("_time", "_free"))


def _short(text: str) -> str:
    if text.startswith('{"attempts"'):
        result = json.loads(text)
        return " ".join(str(part) for part in (result["outcome"], result["reason"], result["message"]) if part)
    return text if len(text) <= 120 else text[:119] + "…"
