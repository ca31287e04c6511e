"""The event of a budget: half of it is spent, four fifths, all."""

from __future__ import annotations

from bridge.derived.frame import Derived, Happened, Scene, derivation
from bridge.model import Kind

SHARES = (50, 80, 100)
"""Percent of the budget."""


def _crossed(scene: Scene) -> Derived:
    """Told once a month each, also across restarts; after a jump only the highest."""
    spent, left = scene.number("cost_month"), scene.number("budget_left")
    if spent is None or left is None or scene.values.get("budget_state") == "ok":
        return Derived()
    month = f"{scene.now:%Y-%m}"
    told = scene.memory.get("told", 0) if scene.memory.get("month") == month else 0
    reached = max((share for share in SHARES if 100 * spent >= share * (spent + left)), default=0)
    if reached <= told:
        return Derived()
    event = Happened(f"budget_{reached}", {"cost_month": spent, "budget_left": left})
    return Derived(memory={"month": month, "told": reached}, events=(event,))


SPENDING = (derivation("budget", Kind.ACCOUNT, "cost_month budget_left budget_state", _crossed),)
