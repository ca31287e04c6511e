"""What can be set and done on the bridge itself: its options, what follows from them, and its own commands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bridge import logs
from bridge.commands.local import Errand
from bridge.commands.waking import Policy
from bridge.errors import NotOffered, VehicleUnavailable
from bridge.health import Health
from bridge.ledger import Ledger
from bridge.model import Connectivity, DeviceId, Kind, Value
from bridge.options import Choices, Defaults, Options
from bridge.settings import FIRST, Settings, WakePolicy
from bridge.topics import BRIDGE

PAYER = DeviceId(Kind.ACCOUNT, FIRST)
"""The budget is that of all accounts together: the first one has it."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What it can move. `tell`: a device's own values; `want`: fresh data; `values`: what is known of a device."""

    tell: Callable[[DeviceId, Mapping[str, Any]], None]
    want: Callable[[DeviceId], None]
    values: Callable[[DeviceId], Mapping[str, Value]]
    republish: Callable[[], object]
    stop: Callable[[], None]


class Control:
    """`errands` are the commands; the others ask `policy`, `is_polled` and `options` what counts."""

    def __init__(
        self, settings: Settings, store: Choices, ledger: Ledger, health: Health, reach: Reach, *, comes_back: bool
    ) -> None:
        """`comes_back`: somebody starts the bridge again when it ends."""
        self._ledger = ledger
        self._health = health
        self._reach = reach
        self.comes_back = comes_back
        self.is_to_start_again = False
        self.options = Options(
            store=store,
            defaults=defaults(settings),
            tell=reach.tell,
            effects={
                "polling": reach.want,
                "log_level": lambda at: logs.set_level(self.options.of(at, "log_level")),
                "monthly_budget": self._set_budget,
                "budget_mode": self._set_budget,
            },
        )
        self.policy = Policy(wake_time=settings.commands.wake_time, may_wake=self._may_wake, is_dry=self._is_dry)
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
        is_hard = self.options.of(at, "budget_mode") == "hard_stop"
        self._ledger.budget = self.options.of(at, "monthly_budget") if is_hard else None

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


def defaults(own: Settings) -> Defaults:
    """The options of each device, as the settings have them."""
    of_kind: Mapping[Kind, Mapping[str, Value]] = {
        Kind.VEHICLE: {"polling": True, "wake_policy": own.commands.wake.value},
    }
    of_one: Mapping[DeviceId, Mapping[str, Value]] = {
        PAYER: {"monthly_budget": own.tesla.budget, "budget_mode": "hard_stop"},
        BRIDGE: {"log_level": own.log.level, "dry_run": False},
    }
    return lambda at: of_one.get(at) or of_kind.get(at.kind, {})
