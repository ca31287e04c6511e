"""What is installed on a site: its machines, their numbers, and the lists that describe them."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo

from bridge.simulator.site_battery import CAPACITY, POWER, Battery
from bridge.simulator.site_load import House
from bridge.simulator.site_plant import Plant
from bridge.simulator.site_settings import Settings
from bridge.simulator.site_sun import Panels

Json = dict[str, Any]
FIRMWARE = "26.10.1 4f0c8a2e"
GATEWAY = ("1152100-14-J", "Tesla Backup Gateway 2", 10)
POWERWALL = ("3012170-10-B", "Powerwall 2", 2)
INVERTER = ("1538000-45-C", "Tesla Solar Inverter", 7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Equipment:
    """One site's machines; `seed` decides its weather and its household."""

    site_id: int
    name: str
    seed: int
    zone: ZoneInfo
    latitude: float
    longitude: float
    batteries: int
    solar_watts: float
    wall_connectors: tuple[str, ...]
    installed: date

    @property
    def gateway_din(self) -> str:
        return _din(GATEWAY[0], f"CN{self.site_id:012d}")

    @property
    def warp_number(self) -> str:
        return f"STE{self.installed:%Y%m%d}-{self.site_id % 100_000:05d}"

    @property
    def uuid(self) -> str:
        return _uuid(self.warp_number)

    @property
    def nameplate_power(self) -> int:
        return POWER * self.batteries

    @property
    def nameplate_energy(self) -> int:
        return CAPACITY * self.batteries

    @property
    def resource_type(self) -> str:
        return "battery" if self.batteries else "solar" if self.solar_watts else "wall_connector"

    def plant(self, settings: Settings, level: float) -> Plant:
        """The machines in motion, the battery at `level` percent."""
        panels = Panels(
            seed=self.seed,
            latitude=self.latitude,
            longitude=self.longitude,
            peak_watts=self.solar_watts,
        )
        house = House(seed=self.seed, zone=self.zone)
        battery = Battery(units=self.batteries, level=level)
        return Plant(sun=panels.watts, house=house.watts, battery=battery, settings=settings, zone=self.zone)

    def gateways(self) -> list[Json]:
        serial = self.gateway_din.split("--")[1]
        return [self._device(GATEWAY, serial)] if self.batteries else []

    def powerwalls(self) -> list[Json]:
        rating = {
            "nameplate_max_charge_power": POWER,
            "nameplate_max_discharge_power": POWER,
            "nameplate_energy": CAPACITY,
        }
        serials = [f"TG{self.site_id % 10**9:09d}{number:03d}" for number in range(self.batteries)]
        return [{**self._device(POWERWALL, serial), **rating} for serial in serials]

    def inverters(self) -> list[Json]:
        return [self._device(INVERTER, f"TI{self.site_id:012d}")] if self.solar_watts else []

    def chargers(self) -> list[Json]:
        """As in the recorded products entry, with what the DIN tells besides."""
        return [_charger(din) for din in self.wall_connectors]

    def _device(self, kind: tuple[str, str, int], serial: str) -> Json:
        part_number, part_name, part_type = kind
        din = _din(part_number, serial)
        return {
            "device_id": _uuid(din),
            "din": din,
            "serial_number": serial,
            "part_number": part_number,
            "part_type": part_type,
            "part_name": part_name,
            "is_active": True,
            "site_id": self.uuid,
            "firmware_version": FIRMWARE,
            "updated_datetime": f"{self.installed:%Y-%m-%d}T09:30:00.000Z",
        }


def _charger(din: str) -> Json:
    part_number, _, serial = din.partition("--")
    return {
        "device_id": _uuid(din),
        "din": din,
        "is_active": True,
        "serial_number": serial or din,
        "part_number": part_number,
        "part_type": 9,
        "part_name": "Gen 3 Wall Connector",
    }


def _din(part_number: str, serial: str) -> str:
    return f"{part_number}--{serial}"


def _uuid(name: str) -> str:
    return str(uuid5(NAMESPACE_URL, name))
