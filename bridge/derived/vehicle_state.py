"""What a car does, since when, and whether it was left open. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bridge.derived.frame import Derived, Scene, at_once, derivation
from bridge.model import Kind, Value


def _word(scene: Scene) -> str | None:
    """What is known of a car that cannot be reached is of the time before."""
    values = scene.values
    if values.get("connectivity") != "online":
        return values.get("connectivity")
    if values.get("update_status") == "installing":
        return "updating"
    if values.get("driving"):
        return "driving"
    return "charging" if values.get("battery_charging") else "online"


def _state(scene: Scene) -> Derived:
    """While the state is unknown, so is its age; the same state after that is still the same."""
    state = _word(scene)
    if state is None:
        return Derived({"vehicle_state": None, "state_since": None, "asleep": None})
    memory = scene.memory
    if memory.get("state") != state:
        memory = {"state": state, "since": scene.now.isoformat()}
    since = datetime.fromisoformat(memory["since"])
    return Derived({"vehicle_state": state, "state_since": since, "asleep": state == "asleep"}, memory)


OPENINGS = "unlocked any_door_open any_window_open frunk trunk"
"""Every car has these: safe is only what is known to be closed."""

ROOFS = "sunroof tonneau"


def _left_open(scene: Scene) -> Iterator[Value]:
    values = scene.values
    openings = [values.get(key) for key in OPENINGS.split()]
    is_open = True if True in openings or any(values.get(key) for key in ROOFS.split()) else _known_false(openings)
    attended = (values.get("parked") is False, values.get("user_present"))
    if True in attended or is_open is False:
        yield False
    else:
        yield None if None in (values.get("parked"), values.get("user_present")) else is_open


def _known_false(states: list[Value]) -> bool | None:
    return None if None in states else False


VEHICLE_STATE = (
    derivation("state", Kind.VEHICLE, "connectivity update_status driving battery_charging", _state),
    derivation(
        "left open",
        Kind.VEHICLE,
        f"{OPENINGS} {ROOFS} parked user_present",
        at_once("left_open", _left_open),
    ),
)
