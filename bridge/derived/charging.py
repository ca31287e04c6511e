"""Charging: power, energy over all sessions, cost of the session, what the pack holds. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bridge.derived.frame import Derived, Scene, at_once, derivation
from bridge.model import Kind, Value

# --- power --------------------------------------------------------------------------------------------------

PHASES: Mapping[float | None, int] = {1: 1, 2: 3, 3: 3}
"""`charger_phases` -> phases: a car that says two charges with three (fleet-api.md 2.2)."""

ROUNDING = 1.0
"""kW that `charger_power` may be off, being a whole number; besides, both are measured to about 5 %."""


def _power(scene: Scene) -> Iterator[Value]:
    """W; None where it does not fit the car's own whole kW, as with a fast charger, which tells no current."""
    volts, amperes, told = map(scene.number, ("charger_voltage", "charger_current", "charger_power"))
    phases = 1 if amperes == 0 else PHASES.get(scene.number("charger_phases"))
    if volts is None or amperes is None or told is None or phases is None or min(volts, amperes) < 0:
        yield None
    else:
        watts = volts * amperes * phases
        yield round(watts) if abs(watts / 1000 - told) <= ROUNDING + 0.05 * told else None


# --- energy and cost ----------------------------------------------------------------------------------------

NEW_SESSION = 1.0
"""kWh that `charge_energy_added` must fall for a new session; a smaller fall is noise (entities.md, appendix 5)."""

MOST = 2000.0
"""kWh that no session of any car adds: what says more is no reading."""


def _energy(scene: Scene) -> Derived:
    """Every kWh is counted once: the session's highest reading so far is remembered."""
    memory = dict(scene.memory)
    added = scene.number("charge_energy_added")
    if scene.values.get("charging_state") == "disconnected" and "charging_state" in scene.changed:
        memory |= {"unplugged": True} if memory else {}
    if added is not None and 0 <= added <= MOST:
        if not memory:  # what was charged before, nobody counted
            memory = {"total": 0.0, "session": added, "cost": _cost(None if added else 0.0, 0.0, _price(scene))}
        elif "charge_energy_added" in scene.changed:  # what a restart recalled may be older than the memory
            memory = _counted(memory, added, _price(scene))
    if not memory:
        return Derived()
    return Derived({"charge_energy_total": memory["total"], "charge_cost": _rounded(memory["cost"])}, memory)


def _counted(memory: dict[str, Any], added: float, price: float | None) -> dict[str, Any]:
    before, cost = memory["session"], memory["cost"]
    # After unplugging, less than half is another session too: short ones never fall by so much.
    if before - added > NEW_SESSION or ("unplugged" in memory and added < before / 2):
        before, cost = 0.0, 0.0
    elif added <= before:
        return memory
    new = added - before
    return {"total": round(memory["total"] + new, 3), "session": added, "cost": _cost(cost, new, price)}


def _cost(cost: float | None, energy: float, price: float | None) -> float | None:
    """With so much more energy; unknown as soon as a part is."""
    return None if cost is None or price is None else cost + energy * price


def _price(scene: Scene) -> float | None:
    """Of a kWh at home now; None where the car charges elsewhere, or where there is not exactly one price."""
    is_elsewhere = scene.values.get("fast_charger_present") is True or scene.values.get("at_home") is False
    told = [values.get("buy_price") for at, values in scene.known.items() if at.kind is Kind.ENERGY_SITE]
    prices = [price for price in told if price is not None]
    return prices[0] if len(prices) == 1 and not is_elsewhere else None


def _rounded(cost: float | None) -> float | None:
    return None if cost is None else round(cost, 2)


# --- the pack -----------------------------------------------------------------------------------------------

FAR_ENOUGH = 50.0
"""km of range added that tell the rated consumption to 1.6 %: Tesla tells them in halves of a mile."""

FULL_ENOUGH = 50.0
"""% from which a level in whole percents tells the capacity to a percent."""

STEADY = 0.03
"""Part by which an estimate must be off before it moves."""


def _rated(scene: Scene) -> Derived:
    """Wh/km of rated range, which is the same for all charges of a car."""
    energy, added = scene.number("charge_energy_added"), scene.number("range_added")
    if energy is None or added is None or added < FAR_ENOUGH or energy <= 0:
        return Derived()
    return _moved(scene, "rated_consumption", energy / added * 1000)


def _pack(scene: Scene) -> Derived:
    """Of a full battery, in kWh."""
    level = scene.number("usable_battery_level") or scene.number("battery_level") or 0
    held, reach, rated = map(scene.number, ("energy_remaining", "battery_range", "rated_consumption"))
    if held is None and reach is not None and rated is not None:
        held = reach * rated / 1000
    if held is None or held <= 0 or not FULL_ENOUGH <= level <= 100:
        return Derived()
    return _moved(scene, "pack_energy", held / level * 100)


def _moved(scene: Scene, key: str, now: float) -> Derived:
    before = scene.number(key)
    is_steady = before is not None and abs(now - before) <= STEADY * before
    return Derived({} if is_steady else {key: round(now, 1)})


CHARGING = (
    derivation(
        "charging power",
        Kind.VEHICLE,
        "charger_voltage charger_current charger_phases charger_power",
        at_once("charging_power", _power),
    ),
    # `passes`: after a restart the memory is newer than the value that was recalled.
    derivation("charge energy", Kind.VEHICLE, "charge_energy_added charging_state", _energy, passes=True),
    derivation("rated consumption", Kind.VEHICLE, "charge_energy_added range_added", _rated),
    derivation(
        "pack energy",
        Kind.VEHICLE,
        "energy_remaining battery_range usable_battery_level battery_level rated_consumption",
        _pack,
    ),
)
