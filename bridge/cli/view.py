"""What the demo shows: the devices, and the messages as they come."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rich.columns import Columns
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

SHOWN: Mapping[str, tuple[tuple[str, str], ...]] = {
    "vehicle": (
        ("connectivity", "status/connectivity"),
        ("battery", "charge/battery_level"),
        ("charging", "charge/charging_state"),
        ("charger", "charge/charger_power"),
        ("limit", "charge/charge_limit"),
        ("range", "charge/battery_range"),
        ("speed", "drive/speed"),
        ("inside", "climate/inside_temperature"),
        ("locked", "closures/locked"),
    ),
    "energy_site": (
        ("sun", "power/solar_power"),
        ("house", "power/load_power"),
        ("Powerwall", "power/battery_power"),
        ("grid", "power/grid_power"),
        ("charge", "battery/percentage_charged"),
        ("reserve", "settings/backup_reserve"),
        ("mode", "settings/operation_mode"),
    ),
    "wall_connector": (("state", "charge/wall_connector_state"), ("power", "charge/wall_connector_power")),
}
"""For each kind: what it is called here, and its topic below the device."""

LINES = 14


@dataclass
class View:
    """Everything heard so far. `base` is the base topic; `hints` are the lines that say how to send a command."""

    base: str
    hints: tuple[str, ...]
    values: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    news: deque[tuple[str, str, str]] = field(default_factory=lambda: deque(maxlen=LINES))
    documents: set[str] = field(default_factory=set)
    first_state: float | None = None

    def hear(self, topic: str, payload: bytes, at: str, elapsed: float) -> str | None:
        """Takes a message; gives the line that tells of it, or None if it is not news. `elapsed` in seconds."""
        if not topic.startswith(f"{self.base}/"):
            self._read_document(topic, payload)
            return None
        rest = topic.removeprefix(f"{self.base}/")
        text = payload.decode(errors="replace")
        if self.first_state is None and rest.count("/") == 3:
            self.first_state = elapsed
        is_new = self.values.get(rest) != text
        self.values[rest] = text
        if not is_new or not _is_news(rest, text):
            return None
        self.news.append((at, rest, _short(text)))
        return f"{at}  {rest} = {_short(text)}"

    def _read_document(self, topic: str, payload: bytes) -> None:
        """Names and units, from where Home Assistant has them."""
        if not payload:
            self.documents.discard(topic)
            return
        document: dict[str, Any] = json.loads(payload)
        self.documents.add(topic)
        for component in document["components"].values():
            state = component.get("state_topic", "").removeprefix(f"{self.base}/")
            self.units[state] = component.get("unit_of_measurement", "")
            device = "/".join(state.split("/")[:2])
            self.names.setdefault(device, document["device"]["name"])

    def summary(self) -> str:
        """Figures of what is there."""
        took = f", first state after {self.first_state:.1f} s" if self.first_state is not None else ""
        return f"{len(self.values)} topics, {len(self.documents)} Home Assistant devices{took}"

    def render(self) -> RenderableType:
        return Group(
            Panel(Text("\n".join(self.hints)), title="fleet2mqtt demo", subtitle=self.summary(), border_style="cyan"),
            Columns([self._device(device, name) for device, name in sorted(self.names.items()) if _kind(device)]),
            Panel(self._messages(), title="messages", border_style="dim"),
        )

    def _device(self, device: str, name: str) -> Panel:
        table = Table.grid(padding=(0, 1))
        for label, place in SHOWN[_kind(device)]:
            topic = f"{device}/{place}"
            if topic in self.values:
                value = self.values[topic]
                unit = self.units.get(topic, "")
                table.add_row(Text(label, style="dim"), Text(f"{value} {unit}".strip(), style=_style(value)))
        return Panel(table, title=name, width=32, border_style="green")

    def _messages(self) -> Table:
        table = Table.grid(padding=(0, 1), expand=True)
        table.add_column(style="dim", no_wrap=True)
        table.add_column(no_wrap=True, ratio=3, overflow="ellipsis")
        table.add_column(no_wrap=True, ratio=2, overflow="ellipsis", style="bold")
        for at, topic, text in self.news:
            style = "yellow" if "/set/" in topic or "/result/" in topic else ""
            table.add_row(at, Text(topic, style=style), text)
        return table


def _kind(device: str) -> str:
    kind = device.partition("/")[0]
    return kind if kind in SHOWN else ""


def _is_news(topic: str, text: str) -> bool:
    """Group objects only repeat; clocks tick."""
    if "/set/" in topic or "/result/" in topic:
        return True
    return topic.count("/") == 3 and not text.startswith("{") and "/status/" not in topic


def _short(text: str) -> str:
    if text.startswith('{"attempts"'):
        result = json.loads(text)
        return " ".join(str(part) for part in (result["outcome"], result["reason"], result["message"]) if part)
    return text if len(text) <= 120 else text[:119] + "…"


def _style(value: str) -> str:
    return {"true": "green", "online": "green", "charging": "green", "asleep": "blue", "None": "dim"}.get(value, "bold")
