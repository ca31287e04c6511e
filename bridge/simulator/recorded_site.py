"""An energy site that is a set of recorded bodies: writes are acknowledged and change nothing."""

from collections.abc import Iterator
from datetime import datetime

from bridge.simulator.account import Cables
from bridge.simulator.answers import Json

# Where a body tells whose it is; the same number under another name means nothing.
IDENTIFIERS = {"energy_site_id", "id", "gateway_id", "serial_number", "din"}


class RecordedSite:
    """A products entry, and the newest live_status, site_info and histories recorded of it."""

    def __init__(self, product: Json) -> None:
        self.site_id: int = product["energy_site_id"]
        self._product = product
        self._live: Json = {}
        self._info: Json = {}
        self._histories: dict[str, Json] = {}

    def owns(self, body: Json) -> bool:
        """Whether the body names this site's gateway, number or wall connector."""
        return not set(_identifiers(self._product)).isdisjoint(_identifiers(body))

    def learn_product(self, product: Json) -> None:
        self._product = product

    def learn_live_status(self, body: Json) -> None:
        self._live = body

    def learn_site_info(self, body: Json) -> None:
        self._info = body

    def learn_history(self, body: Json) -> None:
        self._histories[body.get("period", "day")] = body

    def advance(self, now: datetime, ev: Cables) -> None:
        """Nothing happens to a recorded site."""

    def product(self) -> Json:
        return self._product

    def live_status(self) -> Json:
        return self._live

    def site_info(self) -> Json:
        return self._info

    def write(self, _path: str, _body: Json, _now: datetime) -> Json | str:
        """Acknowledged; the recorded bodies stay."""
        return {"code": 201, "message": "Updated"}

    def calendar_history(
        self, *, kind: str, period: str, start: str | None, end: str | None, zone: str | None
    ) -> Json | None:
        """The recorded energy history of that period whatever the dates; None where none was recorded."""
        del start, end, zone
        return self._histories.get(period) if kind == "energy" else None

    def telemetry_history(self, *, kind: str, start: str | None, end: str | None, zone: str | None) -> Json:
        """Never recorded yet."""
        del kind, start, end, zone
        return {"charge_history": []}

    def backup_time_remaining(self) -> Json:
        """Never recorded yet."""
        return {}

    def force(self, **fields: object) -> None:
        """Overwrite members of live_status."""
        self._live = {**self._live, **fields}


def _identifiers(body: object) -> Iterator[tuple[str, object]]:
    """The (name, value) pairs anywhere in a body that tell whose it is."""
    if isinstance(body, list):
        for item in body:
            yield from _identifiers(item)
    elif isinstance(body, dict):
        for name, value in body.items():
            if name in IDENTIFIERS and value:
                yield name, value
            yield from _identifiers(value)
