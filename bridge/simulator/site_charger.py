"""Wall connectors: what is plugged in, what it draws, and the sessions that are over."""

from collections import deque
from collections.abc import Mapping
from datetime import date
from random import Random
from typing import Any, NamedTuple

Json = dict[str, Any]
CHARGING, UNPLUGGED, PLUGGED = 1, 2, 4  # fleet-api.md 4.2 and the recorded answers
NO_FAULT = 2  # as recorded
KEEP_SESSIONS = 500


class Session(NamedTuple):
    """One uninterrupted charge: epoch, seconds, Wh."""

    start: float
    seconds: float
    energy: float

    def watts_at(self, epoch: float) -> float:
        """The mean power while it runs, 0 at other times."""
        running = self.start <= epoch < self.start + self.seconds
        return self.energy / self.seconds * 3600 if running else 0.0

    def entry(self) -> Json:
        """An entry of charge_history (fleet-api.md 4.5)."""
        return {
            "charge_start_time": {"seconds": int(self.start)},
            "charge_duration": {"seconds": int(self.seconds)},
            "energy_added_wh": int(self.energy),
        }


def usual_session(seed: int, din: str, day: date, midnight: int) -> Session | None:
    """A past day's charge, if the car was charged: late in the evening, done before midnight."""
    dice = Random(f"charge {seed} {din} {day}")
    if dice.random() > 0.4:
        return None
    start = midnight + dice.randint(19 * 12, 20 * 12) * 300
    seconds = dice.randint(12, 36) * 300
    return Session(start, seconds, dice.choice((3680, 7360, 11040)) * seconds / 3600)


class WallConnector:
    """One wall connector and the charge that runs on it."""

    def __init__(self, din: str) -> None:
        self.din = din
        self.fault_state = NO_FAULT
        self.over: deque[Session] = deque(maxlen=KEEP_SESSIONS)
        self._vin: str | None = None
        self._watts = 0.0
        self._running: Session | None = None

    @property
    def watts(self) -> float:
        """What the car asks for."""
        return self._watts

    def plug(self, vin: str | None, watts: float) -> None:
        """The car at the cable (None: none) and what it draws from now on."""
        if self._running and (vin != self._vin or watts <= 0):
            self.over.append(self._running)
            self._running = None
        self._vin, self._watts = vin, watts

    def run(self, epoch: float, seconds: float) -> None:
        """Deliver what is asked for during `seconds` from `epoch` on."""
        if self._watts <= 0:
            return
        start, before, energy = self._running or Session(epoch, 0, 0)
        self._running = Session(start, before + seconds, energy + self._watts * seconds / 3600)

    def live(self, *, fed: bool) -> Json:
        """Its entry in live_status; `vin` only while a car is plugged in."""
        watts = self._watts if fed else 0.0
        state = CHARGING if watts > 0 else PLUGGED if self._vin else UNPLUGGED
        return {
            "din": self.din,
            **({"vin": self._vin} if self._vin else {}),
            "wall_connector_state": state,
            "wall_connector_fault_state": self.fault_state,
            "wall_connector_power": round(watts),
            "ocpp_status": 1,
            "powershare_session_state": 1,
        }


class WallConnectors:
    """All wall connectors of a site."""

    def __init__(self, dins: tuple[str, ...]) -> None:
        self._all = [WallConnector(din) for din in dins]

    @property
    def watts(self) -> float:
        """What all cars ask for together."""
        return sum(connector.watts for connector in self._all)

    def plug(self, cars: Mapping[str, tuple[str | None, float]]) -> None:
        """DIN -> (VIN or None, W); a DIN left out is unplugged."""
        for connector in self._all:
            connector.plug(*cars.get(connector.din, (None, 0.0)))

    def run(self, epoch: float, seconds: float) -> None:
        for connector in self._all:
            connector.run(epoch, seconds)

    def fault(self, state: int) -> None:
        for connector in self._all:
            connector.fault_state = state

    def live(self, *, fed: bool) -> list[Json]:
        return [connector.live(fed=fed) for connector in self._all]

    def sessions(self) -> list[Session]:
        """Every session that is over, oldest first."""
        return sorted(session for connector in self._all for session in connector.over)
