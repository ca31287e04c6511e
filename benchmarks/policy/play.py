"""Lets a policy poll a car, and writes down what is published and what it costs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import cast

from benchmarks.policy.protocol import CHARGING, Level, Policy, Reply
from benchmarks.policy.world import FULL_RANGE, Truth


@dataclass
class Game:
    """What became of a policy."""

    truth: Truth
    calls: Counter[str] = field(default_factory=Counter)
    touches: list[float] = field(default_factory=list)
    """Answered data calls and wakes: they may hold the car awake."""
    read: list[Reply] = field(default_factory=list)
    levels: list[Level] = field(default_factory=list)
    refused: int = 0
    """Answers 408, which are billed."""

    def published(self, reply: Reply, policy: Policy) -> None:
        """A newer value ends what was extrapolated from an older one."""
        while self.levels and self.levels[-1].at >= reply.at:
            self.levels.pop()
        self.read.append(reply)
        self.levels += policy.levels(reply)


def play(policy: Policy, truth: Truth) -> Game:
    """One car's life, from the first midnight to the last."""
    world, game = truth.world, Game(truth)
    pushes = iter([*(truth.changes() if policy.is_pushed else ()), float("inf")])
    push, now, last, touched = next(pushes), 0.0, None, -1e9
    while True:
        request = policy.next(last, now)
        at = max(request.at, now + 1e-3)
        if push + 1 <= at:
            now = max(push + 1, now + 1e-3)
            push = next(pushes)
            last = snapshot(truth, now, "push")
            game.published(last, policy)
            continue
        now = at + (world.latency if request.kind != "state" else 0.2)
        if now >= truth.end:
            return game
        game.calls[request.kind] += 1
        is_awake = truth.is_active(now) or now - max(truth.last_active(now), touched) < world.sleep_after
        if request.kind == "state":
            last = Reply(now, "state", 200, is_awake)
        elif request.kind == "wake":
            now = touched = now + world.boot
            game.touches.append(now)
            last = Reply(now, "wake", 200, is_online=True)
        elif is_awake:
            if world.is_strict or truth.is_active(now):
                touched = now
                game.touches.append(now)
            last = snapshot(truth, now, "data")
            game.published(last, policy)
        else:
            game.refused += 1
            last = Reply(now, "data", 408, is_online=False)


def snapshot(truth: Truth, now: float, kind: str) -> Reply:
    """What the car tells."""
    soc, battery = truth.soc.at(now), cast("int", truth.battery.at(now))
    exact = soc if truth.world.has_fraction else battery
    charging = cast("str", truth.charging.at(now))
    end, rate, limit = None, 0.0, 80
    phase = truth.charge(now) if charging == CHARGING else None
    if phase:
        end = phase.end + hash((phase.start, 7)) % 240 - 120
        rate = 1.03 * (truth.soc.at(now + 1) - soc) or 1.03 * (soc - truth.soc.at(now - 1))
        limit = phase.limit
    return Reply(
        now,
        kind,
        200,
        is_online=True,
        is_driving=bool(truth.driving.at(now)),
        charging=charging,
        battery=battery,
        battery_range=round(exact * FULL_RANGE / 100, 2),
        place=truth.place.at(now),
        is_occupied=truth.is_occupied(now),
        charge_end=end,
        charge_limit=limit,
        rate=rate,
    )
