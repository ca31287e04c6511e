"""The calls besides those that polling lives on: rows of what is asked, how often, and where the answer goes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping

from bridge.model import DeviceId, Value
from bridge.sources.asking import Extra
from bridge.sources.extras_account import ACCOUNT
from bridge.sources.extras_site import SITE_EXTRAS
from bridge.sources.extras_vehicle import VEHICLE

EXTRAS: tuple[Extra, ...] = (*VEHICLE, *SITE_EXTRAS, *ACCOUNT)

Want = Callable[[DeviceId, float, str], None]


def buttons(want: Want, extras: Iterable[Extra] = EXTRAS) -> dict[str, Callable[..., Awaitable[None]]]:
    """Local command -> what it does: `refresh_<name>` wishes for the answer of that call."""
    return {f"refresh_{extra.name}": _button(want, extra.name) for extra in extras if not extra.is_regular}


def _button(want: Want, name: str) -> Callable[[DeviceId, Mapping[str, Value]], Awaitable[None]]:
    async def press(at: DeviceId, _parameters: Mapping[str, Value]) -> None:
        want(at, 0.0, name)

    return press
