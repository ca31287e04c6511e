"""Buttons for what is asked only on request: commands of our own, `refresh_<name>` of a row of `EXTRAS`."""

from __future__ import annotations

from bridge.catalog.places import Place
from bridge.catalog.rows import Command


def refresh(name: str, title: str, icon: str = "mdi:refresh", place: Place | None = None) -> Command:
    """Costs one data call; a car that sleeps is not woken for it, and is not asked if it would have to answer."""
    return Command(
        name=f"refresh_{name}",
        title=title,
        endpoint="",
        scopes=(),
        cost="data",
        wakes=False,
        is_local=True,
        button=True,
        category="diagnostic",
        enabled=False,
        icon=icon,
        place=place,
        note="The values follow, not the result.",
    )


REFRESH = (
    refresh("charge_state", "Refresh charge"),
    refresh("climate_state", "Refresh climate"),
    refresh("drive_state", "Refresh drive"),
    refresh("vehicle_state", "Refresh closures and tyres"),
    refresh("nearby_charging_sites", "Refresh superchargers nearby", "mdi:ev-station", Place.SPOT),
    refresh("recent_alerts", "Refresh alerts", "mdi:alert-circle-outline"),
    refresh("release_notes", "Refresh release notes", "mdi:text-box-outline"),
    refresh("service_data", "Refresh service status", "mdi:wrench-clock"),
)
