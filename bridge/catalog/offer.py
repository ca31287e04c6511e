"""Which rows of a device are offered: what it has, what the token may do, what the owner has enabled. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache

from bridge.catalog.places import Location, is_told
from bridge.catalog.rows import STREAMED, Command, Composite, Entity, Parameter
from bridge.catalog.vehicle.besides import HEADS
from bridge.model import Value


@dataclass(frozen=True, slots=True)
class Offer:
    """What decides which rows are offered, besides the device itself."""

    enabled_commands: Collection[str] = ()
    """Dangerous commands that the owner has enabled."""
    scopes: Collection[str] | None = None
    """What the token holds; None: not known, so nothing is hidden."""
    advice: str = ""
    """How the owner grants more."""
    signs: bool = True
    """Can the bridge sign commands itself?"""
    location: Location = Location.EXACT
    """How much of where a car is may be seen."""

    def is_enabled(self, command: Command) -> bool:
        return not command.dangerous or command.name in self.enabled_commands

    def in_scope(self, command: Command) -> bool:
        return self.scopes is None or command.is_local or any(scope in self.scopes for scope in command.scopes)

    def can_send(self, command: Command) -> bool:
        return self.signs or not command.signed_only

    def may_tell(self, command: Command) -> bool:
        return is_told(command.place, self.location)

    def allows(self, command: Command) -> bool:
        is_possible = self.in_scope(command) and self.can_send(command)
        return is_possible and self.is_enabled(command) and self.may_tell(command)

    def sees(self, entity: Entity) -> bool:
        """Does Tesla tell the value to this token, and does the owner let it out?"""
        is_covered = self.scopes is None or needed(entity).issubset(self.scopes)
        return is_covered and is_told(entity.place, self.location)

    def echoes(self, parameter: Parameter) -> bool:
        """May what was given for it be written down and told?"""
        return not parameter.secret and (not parameter.is_place or self.location is Location.EXACT)

    def shows(self, entity: Entity, commands: Collection[Command], values: Mapping[str, Value]) -> bool:
        """Is the entity a component for Home Assistant? `commands`: those that writing to it can call."""
        is_useful = entity.write is None or entity.component in _TELLING or any(map(self.allows, commands))
        return entity.source != STREAMED and has(entity.needs, values) and self.sees(entity) and is_useful

    def joins(
        self,
        composite: Composite,
        states: Collection[Entity],
        commands: Collection[Command],
        values: Mapping[str, Value],
    ) -> bool:
        """Is the composite a component? `states`: what it reads; `commands`: those that it can call."""
        is_useful = composite.component in _TELLING or any(map(self.allows, commands))
        is_told = all(self.sees(row) and row.source != STREAMED for row in states)
        return has(composite.needs, values) and is_told and is_useful


def needed(entity: Entity) -> frozenset[str]:
    """Scopes without which Tesla does not tell the value (fleet-api.md 1.9)."""
    return _needed(entity.scope, entity.source.partition(".")[0])


@cache
def _needed(own: str | None, answer: str) -> frozenset[str]:
    return frozenset(scope for scope in (own, _ANSWERS.get(answer)) if scope)


_CARS = (
    "vehicle charge_state charge_schedule_data climate_state drive_state gui_settings preconditioning_schedule_data "
    "vehicle_config vehicle_state"
)
_SITES = (
    "live_status site_info energy_history past_days backup_time_remaining backup_history charge_level_history "
    "charge_history wall_connector wall_connector_info"
)

_ANSWERS: Mapping[str, str] = {
    **dict.fromkeys(_CARS.split(), "vehicle_device_data"),
    **dict.fromkeys(_SITES.split(), "energy_device_data"),
    **HEADS,
    "users_region": "user_data",
    "orders": "user_data",
    "charging_history": "vehicle_charging_cmds",
}
"""Head of a row's source -> scope of the call that answers it. What the bridge tells of itself needs none."""

_TELLING = frozenset({"lock", "cover", "device_tracker", "update"})
"""Platforms that are worth something without a command; any other that can only be read would be a sensor."""


def has(needs: str | None, values: Mapping[str, Value]) -> bool:
    """Does the device have what a row needs?"""
    return needs is None or values.get(needs) not in _ABSENT


_ABSENT = (None, False, 0, "", "none")


def limits(entity: Entity, values: Mapping[str, Value]) -> tuple[float, float] | None:
    """The range of a number now: the device's own limits where it tells them; None for rows without a range."""
    own = entity.limits
    if own is None:
        return None
    minimum = known(values, own.minimum_from, own.minimum)
    return minimum, max(minimum, known(values, own.maximum_from, own.maximum))


def step(entity: Entity, values: Mapping[str, Value]) -> float:
    """How a number is counted now; only for rows with a range."""
    assert entity.limits  # noqa: S101 - the caller has looked
    own = known(values, entity.limits.step_from, entity.limits.step)
    return own if own > 0 else entity.limits.step


def known(values: Mapping[str, Value], key: str | None, otherwise: float) -> float:
    """The number that the device tells under this key, else another."""
    value = values.get(key) if key else None
    return value if isinstance(value, int | float) else otherwise
