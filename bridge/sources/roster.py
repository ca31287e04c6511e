"""The products list -> the devices of the account (fleet-api.md 2.1, 4.1). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bridge.catalog import convert
from bridge.model import Device, DeviceId, Kind

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
            case {"vin": str(vin)} if vin:
                yield _vehicle(vin, product)
            case {"energy_site_id": int() | str() as site} if site:
                yield from _site(str(site), product)


def _vehicle(vin: str, product: Mapping[str, Any]) -> Device:
    model = MODELS.get(vin[3:4])
    name = product.get("display_name")
    known = convert.text(name) if isinstance(name, str) else ""
    return Device(DeviceId(Kind.VEHICLE, vin), known or model or vin, model=model, serial=vin)


def _site(site: str, product: Mapping[str, Any]) -> Iterator[Device]:
    components = product.get("components") or {}
    connectors = components.get("wall_connectors") or []
    if not (components.get("battery") or components.get("solar") or connectors or product.get("resource_type")):
        return  # an empty site: Tesla lists them, and they have nothing to tell (fleet-api.md 4.1)
    name = product.get("site_name")
    known = convert.text(name) if isinstance(name, str) else ""
    at = DeviceId(Kind.ENERGY_SITE, site)
    yield Device(at, known or "Energy site", model=_site_model(product), serial=site)
    for connector in connectors:
        if isinstance(connector, Mapping) and connector.get("din"):
            yield wall_connector(str(connector["din"]), at, connector)


def _site_model(product: Mapping[str, Any]) -> str:
    return "Powerwall" if product.get("resource_type") == "battery" else "Energy site"


def wall_connector(din: str, site: DeviceId, info: Mapping[str, Any]) -> Device:
    """A wall connector of a site, from its entry in products, site_info or live_status."""
    name = info.get("part_name")
    return Device(
        DeviceId(Kind.WALL_CONNECTOR, din),
        "Wall connector",
        model=name if isinstance(name, str) and name else "Wall Connector",
        serial=info.get("serial_number") or din,
        software=info.get("firmware_version"),
        via=site,
    )
