"""What can be set and done on the bridge itself: its options, what follows from them, and its own commands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from bridge import logs
from bridge.budget import Budget, Mode
from bridge.commands.local import Errand
from bridge.commands.waking import Policy
from bridge.errors import NotOffered, VehicleUnavailable
from bridge.health import Health
from bridge.ledger import Ledger
from bridge.model import Connectivity, DeviceId, Kind, Value
from bridge.options import Choices, Defaults, Options
from bridge.pace import Pace
from bridge.settings import FIRST, Settings, WakePolicy
from bridge.topics import BRIDGE

INTENT_DURATION = 120
"""Minutes, until the owner chooses another number."""

INTERVALS: Mapping[str, str] = {
    "driving": "driving_interval",
    "charging": "charging_interval",
    "parked": "parked_interval",
}
"""Interval of a pace -> the option that sets it for a car."""

PAYER = DeviceId(Kind.ACCOUNT, FIRST)
"""The budget is that of all accounts together: the first one has it."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What it can move. `tell`: a device's own values; `want`: fresh data; `values`: what is known of a device."""

    tell: Callable[[DeviceId, Mapping[str, Any]], None]
    want: Callable[[DeviceId], None]
    changed: Callable[[DeviceId], None]
    """A car's pace is another one, or its polling was switched on or off."""
    values: Callable[[DeviceId], Mapping[str, Value]]
    republish: Callable[[], object]
    stop: Callable[[], None]


class Control:
    """`errands` are the commands; the others ask `policy`, `is_polled` and `options` what counts."""

    def __init__(
        self,
        settings: Settings,
        store: Choices,
        ledger: Ledger,
        health: Health,
        reach: Reach,
        *,
        paced: Callable[..., Pace],
        comes_back: bool,
    ) -> None:
        """`paced`: the settings' pace, but for what is given by name. `comes_back`: somebody starts it again."""
        self._ledger = ledger
        self._health = health
        self._reach = reach
        self.comes_back = comes_back
        self.is_to_start_again = False
        self._paced = cache(paced)  # asked at every decision about a car, and the settings never change
        self.options = Options(
            store=store,
            defaults=defaults(settings, self._intervals),
            tell=reach.tell,
            effects={
                "polling": reach.changed,
                "polling_profile": self._change_pace,
                **dict.fromkeys(INTERVALS.values(), self._change_pace),
                "log_level": lambda at: logs.set_level(self.options.of(at, "log_level")),
                "monthly_budget": self._set_budget,
                "budget_mode": self._set_budget,
            },
        )
        self.policy = Policy(
            wake_time=settings.commands.wake_time,
            may_wake=self._may_wake,
            is_dry=self._is_dry,
            interval=settings.commands.interval,
        )
        ledger.wakes_always = self._wakes_always

    def begin(self) -> None:
        """What was chosen in an earlier run takes effect."""
        self.options.take_effect([BRIDGE, PAYER])

    def errands(self) -> dict[str, Errand]:
        """Name of a local command -> who does it."""
        return {
            **self.options.errands(),
            "republish": self._republish,
            "refresh": self._refresh,
            "clear_error": self._clear_error,
            "restart": self._restart,
        }

    def is_polled(self, at: DeviceId) -> bool:
        return bool(self.options.of(at, "polling"))

    def pace(self, at: DeviceId) -> Pace:
        """How often a device is asked about; accounts and sites have what the settings say."""
        if at.kind is not Kind.VEHICLE:
            return self._paced()
        chosen = {name: self.options.chosen(at, key) for name, key in INTERVALS.items()}
        own = {name: value for name, value in chosen.items() if value is not None}
        return self._paced(profile=self.options.of(at, "polling_profile"), **own)

    def _intervals(self, at: DeviceId) -> dict[str, Value]:
        """Those of the profile, for what the owner has not chosen himself."""
        profile = self.options.chosen(at, "polling_profile")
        pace = self._paced(profile=profile) if profile else self._paced()
        return {key: getattr(pace, name) for name, key in INTERVALS.items()}

    def _change_pace(self, at: DeviceId) -> None:
        self._reach.tell(at, self.options.all(at))
        self._reach.changed(at)

    def intent_duration(self, at: DeviceId) -> float:
        """Minutes."""
        return float(self.options.of(at, "intent_duration"))

    def warnings(self) -> list[str]:
        """What its owner should be reminded of, and nothing is broken."""
        return ["dry run is on: commands are checked, and none is sent"] if self._is_dry() else []

    # --- what counts ------------------------------------------------------------------------------------

    def _is_dry(self) -> bool:
        return bool(self.options.of(BRIDGE, "dry_run"))

    def _may_wake(self, at: DeviceId) -> bool:
        return bool(self.options.of(at, "wake_policy") != WakePolicy.NEVER)

    def _wakes_always(self, vin: str) -> bool:
        return bool(self.options.of(DeviceId(Kind.VEHICLE, vin), "wake_policy") == WakePolicy.ALWAYS)

    def _set_budget(self, at: DeviceId) -> None:
        dollars, mode = self.options.of(at, "monthly_budget"), Mode(str(self.options.of(at, "budget_mode")))
        self._ledger.budget = Budget(dollars, mode)

    # --- what is done -----------------------------------------------------------------------------------

    async def _republish(self, _at: DeviceId, _parameters: Mapping[str, Value]) -> None:
        self._reach.republish()

    async def _refresh(self, at: DeviceId, _parameters: Mapping[str, Value]) -> str:
        if at.kind is Kind.VEHICLE and self._reach.values(at).get("connectivity") != Connectivity.ONLINE:
            raise VehicleUnavailable("the car is asleep, and it is not woken to be looked at")
        self._reach.want(at)
        return "its data is read as soon as 10 seconds have passed since the last time"

    async def _clear_error(self, at: DeviceId, _parameters: Mapping[str, Value]) -> None:
        self._health.clear_error(str(at))
        self._reach.tell(at, {"last_error": "none"})

    async def _restart(self, _at: DeviceId, _parameters: Mapping[str, Value]) -> str:
        if not self.comes_back:
            raise NotOffered(
                "nothing is here that would start the bridge again, such as systemd or a container's engine"
            )
        self.is_to_start_again = True
        self._reach.stop()
        return "the bridge ends, to be started again"


def defaults(own: Settings, intervals: Callable[[DeviceId], Mapping[str, Value]]) -> Defaults:
    """The options of each device, as the settings have them; `intervals`: those of a car's profile."""
    of_kind: Mapping[Kind, Mapping[str, Value]] = {
        Kind.VEHICLE: {
            "polling": True,
            "polling_profile": str(own.polling.profile),
            "wake_policy": own.commands.wake.value,
        },
        Kind.ENERGY_SITE: {"intent_duration": INTENT_DURATION},
    }
    of_one: Mapping[DeviceId, Mapping[str, Value]] = {
        PAYER: {"monthly_budget": own.tesla.budget, "budget_mode": "hard_stop"},
        BRIDGE: {"log_level": own.log.level, "dry_run": False},
    }

    def of(at: DeviceId) -> Mapping[str, Value]:
        own_pace = intervals(at) if at.kind is Kind.VEHICLE else {}
        return {**(of_one.get(at) or of_kind.get(at.kind, {})), **own_pace}

    return of
