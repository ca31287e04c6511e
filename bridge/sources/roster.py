"""The products list -> the devices of the account (fleet-api.md 2.1, 4.1). Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from bridge.catalog import convert
from bridge.model import Device, DeviceId, Kind
from bridge.sources import answers

MODELS: Mapping[str, str] = {
    "S": "Model S",
    "3": "Model 3",
    "X": "Model X",
    "Y": "Model Y",
    "C": "Cybertruck",
    "R": "Roadster",
    "T": "Semi",
}
"""Fourth character of the VIN."""


def devices(products: Iterable[Any]) -> Iterator[Device]:
    """The devices in a products list; entries that are no car and no site are passed over (B8, B10)."""
    for product in products:
        match product:
            case {"vin": vin} if answers.is_id(vin):
                yield _vehicle(vin, product)
            case {"energy_site_id": int() | str() as site} if _SITE.fullmatch(str(site)):
                yield from _site(str(site), product)


GONE_AFTER = 86_400.0
"""Seconds that a device may be missing from the products list before it counts as gone (reliability.md B10)."""


class Missing:
    """Since when each device is missing, in monotonic seconds."""

    def __init__(self) -> None:
        self._since: dict[DeviceId, float] = {}

    def gone(self, devices: Iterable[DeviceId], listed: Collection[DeviceId], now: float) -> list[DeviceId]:
        """What every list of a whole day has left out. One list proves nothing, least of all an empty one."""
        missing = (at for at in devices if at not in listed and at.kind is not Kind.WALL_CONNECTOR)
        self._since = {at: self._since.get(at, now) for at in missing}
        return [at for at, since in self._since.items() if now - since > GONE_AFTER]


_SITE = re.compile(r"[1-9][0-9]{0,19}")


def _vehicle(vin: str, product: Mapping[str, Any]) -> Device:
    model = MODELS.get(vin[3:4])
    name = _text(product.get("display_name")) or model or vin
    return Device(DeviceId(Kind.VEHICLE, vin), name, model=model, serial=vin)


def _site(site: str, product: Mapping[str, Any]) -> Iterator[Device]:
    given = product.get("components")
    components: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
    connectors = answers.wall_connectors(components)
    if not (components.get("battery") or components.get("solar") or connectors or product.get("resource_type")):
        return  # an empty site: Tesla lists them, and they have nothing to tell (fleet-api.md 4.1)
    at = DeviceId(Kind.ENERGY_SITE, site)
    yield Device(at, _text(product.get("site_name")) or "Energy site", model=_site_model(product), serial=site)
    for connector in connectors:
        yield wall_connector(connector["din"], at, connector)


def _site_model(product: Mapping[str, Any]) -> str:
    return "Powerwall" if product.get("resource_type") == "battery" else "Energy site"


def wall_connector(din: str, site: DeviceId, info: Mapping[str, Any]) -> Device:
    """A wall connector of a site, from its entry in products, site_info or live_status."""
    return Device(
        DeviceId(Kind.WALL_CONNECTOR, din),
        "Wall connector",
        model=_text(info.get("part_name")) or "Wall Connector",
        serial=_text(info.get("serial_number")) or din,
        software=_text(info.get("firmware_version")),
        via=site,
    )


def _text(raw: Any) -> str | None:
    """A text that says something; None for all else: a name is shown, so nothing unprintable stays in it."""
    return convert.text(raw).strip() or None if isinstance(raw, str) else None
