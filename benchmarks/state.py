"""How long a vehicle_data body takes from bytes to the broker's acknowledgements, and what a car takes in memory.

Each side is a process of its own; they take turns. Both parse the same bytes and publish at QoS 1, retained.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from benchmarks.report import Row
from benchmarks.services import Services, child

FLEETS = (1, 100, 1000)
ROUNDS = 15
GOAL = 1.5


def measure(services: Services) -> list[Row]:
    return [row for cars in FLEETS for row in _measure_fleet(services, cars)]


def _measure_fleet(services: Services, cars: int) -> list[Row]:
    with (
        child("benchmarks.state_child", "ours", cars, services.broker) as ours,
        child("benchmarks.state_child", "bare", cars, services.broker) as bare,
    ):
        kib = ours.hear()["kib_per_car"], bare.hear()["kib_per_car"]
        ours.ask()  # the first batch warms up
        bare.ask()
        rounds = [(ours.ask(), bare.ask()) for _ in range(ROUNDS)]
    mine, theirs = zip(*rounds, strict=True)
    name = f"{cars:,} car{'s' * (cars > 1)}"
    rows = [
        Row(what=f"{name}: a body", unit="ms", ours=_each(mine, "bodies"), bare=_each(theirs, "bodies"), goal=GOAL),
        Row(what=f"{name}: a message", unit="ms", ours=_each(mine, "messages"), bare=_each(theirs, "messages")),
        Row(what=f"{name}: bodies", unit="1/s", ours=_each_second(mine, "bodies"), bare=_each_second(theirs, "bodies")),
    ]
    if cars == max(FLEETS):
        rows.append(Row(what="memory of a car", unit="KiB", ours=[kib[0]], bare=[kib[1]]))
    return rows


def _each(batches: Sequence[dict[str, Any]], what: str) -> list[float]:
    return [batch["seconds"] * 1000 / batch[what] for batch in batches]


def _each_second(batches: Sequence[dict[str, Any]], what: str) -> list[float]:
    return [batch[what] / batch["seconds"] for batch in batches]
