"""An energy site that lives: sun, house, Powerwalls, grid and wall connectors behind Tesla's calls."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from bridge.simulator.errors import BadParameter, GatewayDead
from bridge.simulator.site_answers import Snapshot, live_status, product, site_info
from bridge.simulator.site_calendar import SERIES, backup_events
from bridge.simulator.site_charger import WallConnectors
from bridge.simulator.site_equipment import Equipment
from bridge.simulator.site_faults import Faults
from bridge.simulator.site_history import History
from bridge.simulator.site_outages import Outages, Storm, past_outages
from bridge.simulator.site_past import Past
from bridge.simulator.site_settings import LaggingSettings, Settings, changed
from bridge.simulator.site_window import Window, check_zone, read_window

Json = dict[str, Any]
Cars = Mapping[str, tuple[str | None, float]]  # DIN -> (VIN plugged in or None, W)
STEP = 60  # seconds; steps end on full minutes
UPDATED = {"code": 201, "message": "Updated"}
FAULTS = {field.name for field in fields(Faults)}


class EnergySite:
    """One site; it lives from the local midnight before `start`, earlier days are made up when asked for."""

    def __init__(
        self,
        *,
        site_id: int,
        name: str,
        seed: int,
        start: datetime,
        zone: str,
        latitude: float,
        longitude: float | None = None,
        wall_connectors: tuple[str, ...] = (),
        batteries: int = 2,
        solar_watts: float = 8000.0,
    ) -> None:
        """Degrees north and east, else the middle of the zone."""
        local = start.astimezone(ZoneInfo(zone))
        self.site_id = site_id
        self._equipment = Equipment(
            site_id=site_id,
            name=name,
            seed=seed,
            zone=ZoneInfo(zone),
            latitude=latitude,
            longitude=_middle_of_zone(local) if longitude is None else longitude,
            batteries=batteries,
            solar_watts=solar_watts,
            wall_connectors=wall_connectors,
            installed=local.date() - timedelta(days=380 + Random(seed).randrange(60)),
        )
        self._faults = Faults()
        self._settings = LaggingSettings(Settings())
        self._past = Past(self._equipment, local.date())
        self._plant = self._past.plant_at(local.date())
        self._chargers = WallConnectors(wall_connectors)
        self._storm = Storm(self._equipment.zone)
        self._outages = Outages(past_outages(seed, start.timestamp(), days=365))
        self._history = History(
            zone=self._equipment.zone,
            installed=self._equipment.installed,
            first_lived=local.date(),
            past=self._past.day,
            past_sum=self._past.sum_of_day,
        )
        self._epoch = float(self._past.midnight(local.date()))
        self._live_until(start.timestamp())

    @property
    def feeds_cars(self) -> bool:
        """Whether the wall connectors have power: not in an outage with the battery low."""
        return self._plant.feeds_cars

    def advance(self, now: datetime, ev: Cars) -> None:
        """Live until `now` with these cars at the wall connectors; a DIN left out has none."""
        self._chargers.plug(ev)
        self._live_until(now.timestamp())

    def product(self) -> Json:
        """The site's entry in the products list (fleet-api.md 4.1)."""
        return product(self._snapshot())

    def live_status(self) -> Json:
        """The `response` of live_status (4.2); GatewayDead while that is forced."""
        self._need_gateway()
        return self._faults.spoil(live_status(self._snapshot()))

    def site_info(self) -> Json:
        """The `response` of site_info (4.3)."""
        return site_info(self._snapshot())

    def backup_time_remaining(self) -> Json:
        """Hours that the battery would carry the present load (4.4)."""
        self._need_gateway()
        load = max(self._snapshot().flow.load, 1.0)
        return {"time_remaining_hours": round(self._plant.battery.energy / load, 2)}

    def write(self, path: str, body: Json, now: datetime) -> Json | str:
        """The `response` of a write (4.4), `path` as in `backup`; in force at once, shown after the lag."""
        path = path.strip("/")
        if not self._equipment.batteries:
            raise BadParameter(f"{path}: this site has no Powerwall")
        before = self._settings.current
        settings = changed(before, path, body)
        if refusal := self._faults.refuses(path, body):
            return {"code": 400, "message": refusal}
        if not self._faults.swallow_write():
            settings = self._faults.bend(settings, before)
            self._settings.change(settings, now.timestamp())
            self._plant.settings = settings
            self._watch_storm()
        return "" if path == "grid_import_export" else UPDATED.copy()

    def calendar_history(
        self, *, kind: str, start: str | None, end: str | None, period: str, zone: str | None
    ) -> Json | None:
        """The `response` of calendar_history (4.5), RFC 3339 texts in; None without data."""
        window = self._window(start, end, period, zone)
        if kind == "backup":
            return backup_events(self._outages, window)
        if kind not in SERIES:
            raise BadParameter(f"kind must be one of {', '.join(SERIES)} or backup, not {kind!r}")
        series = SERIES[kind](self._history, window, period)
        header = {
            "serial_number": self._equipment.gateway_din,
            "period": period,
            "installation_time_zone": self._equipment.zone.key,
        }
        return {**header, "time_series": series} if series else None

    def telemetry_history(self, *, kind: str, start: str | None, end: str | None, zone: str | None) -> Json:
        """The `response` of telemetry_history (4.5): the charges that are over and began in the window."""
        if kind != "charge":
            raise BadParameter(f"kind must be charge, not {kind!r}")
        window = self._window(start, end, "day", zone)
        sessions = [*self._past.sessions(window), *self._chargers.sessions()]
        return {"charge_history": [session.entry() for session in sessions if window.holds(session.start)]}

    def force(self, **values: Any) -> None:
        """Change the world: one of `worlds`, or a field of Faults; None lets solar and house live again."""
        worlds: dict[str, Callable[[Any], None]] = {
            "grid_down": self._force_grid,
            "percentage": self._force_level,
            "storm": self._force_storm,
            "solar_watts": partial(setattr, self._plant, "forced_sun"),
            "house_watts": partial(setattr, self._plant, "forced_house"),
            "wall_connector_fault": self._chargers.fault,
            **{name: partial(setattr, self._faults, name) for name in FAULTS},
        }
        if unknown := values.keys() - worlds.keys():
            raise BadParameter(f"cannot force {', '.join(sorted(unknown))}; known: {', '.join(worlds)}")
        for name, value in values.items():
            worlds[name](value)

    def _live_until(self, end: float) -> None:
        while self._epoch < end:
            until = min((self._epoch // STEP + 1) * STEP, end)
            self._step(until - self._epoch)
            self._epoch = until

    def _step(self, seconds: float) -> None:
        self._watch_storm()
        level = self._plant.battery.level
        if self._plant.feeds_cars:
            self._chargers.run(self._epoch, seconds)
        flow = self._plant.step(self._epoch, self._chargers.watts, seconds)
        self._history.count(self._epoch, level, flow, seconds)

    def _snapshot(self) -> Snapshot:
        settings = self._settings.current
        return Snapshot(
            equipment=self._equipment,
            plant=self._plant,
            settings=self._settings.shown(self._epoch),
            flow=self._plant.flow(self._epoch, self._chargers.watts),
            epoch=self._epoch,
            wall_connectors=self._chargers.live(fed=self._plant.feeds_cars),
            storms=self._storm.states(self._epoch, opted_out=not settings.storm_mode_enabled),
        )

    def _window(self, start: str | None, end: str | None, period: str, zone: str | None) -> Window:
        check_zone(zone)
        now = datetime.fromtimestamp(self._epoch, self._equipment.zone)
        return read_window(start, end, period, now=now, installed=self._equipment.installed)

    def _watch_storm(self) -> None:
        self._plant.storm = self._plant.settings.storm_mode_enabled and self._storm.active(self._epoch)

    def _need_gateway(self) -> None:
        if self._faults.dead_gateway:
            raise GatewayDead

    def _force_grid(self, down: Any) -> None:
        self._plant.grid_down = bool(down)
        self._plant.settle()
        (self._outages.begin if down else self._outages.end)(self._epoch)

    def _force_level(self, percent: float) -> None:
        self._plant.battery.level = percent
        self._plant.settle()

    def _force_storm(self, expected: Any) -> None:
        if expected:
            self._storm.announce(self._epoch)
        else:
            self._storm.cancel()
        self._watch_storm()


def _middle_of_zone(local: datetime) -> float:
    """Degrees east of the middle of a zone, by its standard time: 15 degrees an hour."""
    offset, summer = local.utcoffset(), local.dst()
    if offset is None:
        return 0.0
    return (offset - (summer or timedelta())).total_seconds() / 240
