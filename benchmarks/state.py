"""How long a vehicle_data body takes from bytes to the broker's acknowledgements, and what a car takes in memory.

Each side is a process of its own; they take turns. Both parse the same bytes and publish at QoS 1, retained.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from benchmarks.report import Row
from benchmarks.services import Services, child

Batch = Mapping[str, float]
Figure = Callable[[Batch], float]

FLEETS = (1, 100, 1000)
ROUNDS = 11

FIGURES: Mapping[str, tuple[str, Figure, float | None]] = {
    "a body": ("ms", lambda batch: batch["seconds"] * 1000 / batch["bodies"], 1.5),
    "CPU of a body": ("ms", lambda batch: batch["cpu"] * 1000 / batch["bodies"], None),
    "bodies": ("1/s", lambda batch: batch["bodies"] / batch["seconds"], None),
    "messages": ("1/s", lambda batch: batch["messages"] / batch["seconds"], None),
}


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
    rows = [_row(f"{cars:,} car{'s' * (cars > 1)}: {what}", rounds, *how) for what, how in FIGURES.items()]
    if cars == max(FLEETS):
        rows.append(Row(what="memory of a car", unit="KiB", ours=[kib[0]], bare=[kib[1]]))
    return rows


def _row(what: str, rounds: Sequence[tuple[Batch, Batch]], unit: str, figure: Figure, goal: float | None) -> Row:
    ours, bare = ([figure(batches[side]) for batches in rounds] for side in (0, 1))
    return Row(what=what, unit=unit, ours=ours, bare=bare, goal=goal)
