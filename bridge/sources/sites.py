"""The calls about energy sites and what stands behind them: wall connectors, a site's own day."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from operator import attrgetter
from typing import Any

from bridge.clock import Clock
from bridge.model import DeviceId
from bridge.pace import Pace
from bridge.sources import answers, history

NO_ZONE = "UTC"
"""For a site whose settings name no time zone, until its history does."""

Call = tuple[str, Callable[[Pace], float], Callable[[DeviceId], Awaitable[None]]]
"""Its name, the seconds between two, and what is done."""


class Sites:
    """One account's. `learn` takes what is heard of a device, `connector` finds one, `want` asks for a site anew."""

    def __init__(
        self,
        *,
        api: answers.Api,
        clock: Clock,
        learn: Callable[[DeviceId, Mapping[str, Any], float], object],
        connector: Callable[[Mapping[str, Any], DeviceId], DeviceId],
        want: Callable[[DeviceId], None],
    ) -> None:
        self._api = api
        self._clock = clock
        self._learn = learn
        self._connector = connector
        self._want = want
        self._zones: dict[DeviceId, str] = {}
        self.calls: tuple[Call, ...] = (
            ("live_status", attrgetter("live"), self._read_live),
            ("site_info", attrgetter("info"), self._read_info),
            ("energy_history", attrgetter("history"), self._read_day),
        )

    def zone(self, at: DeviceId) -> str | None:
        """The site's own time zone, while it is known."""
        return self._zones.get(at)

    async def _read_live(self, at: DeviceId) -> None:
        asked = self._clock.monotonic()
        body = await self._api.live_status(at.id)
        seen = answers.seen(answers.moment(body.get("timestamp")) or self._clock.now())
        self._learn(at, {"live_status": body, "bridge": seen}, asked)
        for connector in answers.wall_connectors(body):
            device = self._connector(connector, at)
            self._learn(device, {"wall_connector": connector, "bridge": seen}, asked)

    async def _read_info(self, at: DeviceId) -> None:
        asked = self._clock.monotonic()
        body = await self._api.site_info(at.id)
        self._set_zone(at, body.get("installation_time_zone") or self._zones.get(at, NO_ZONE))
        self._learn(at, {"site_info": body}, asked)
        for info in answers.wall_connectors(body.get("components")):
            self._learn(self._connector(info, at), {"wall_connector_info": info}, asked)

    async def _read_day(self, at: DeviceId) -> None:
        asked = self._clock.monotonic()
        day = history.today(self._clock.now(), self._zones.get(at))
        if day is None:
            return
        answer = await self._api.energy_history(at.id, start=day.start, end=day.end, period="day", zone=day.zone)
        if answer and day.zone == NO_ZONE:
            self._set_zone(at, answer.get("installation_time_zone"))
        if self._zones.get(at) != day.zone:
            return  # that was not the site's own day; it is read at once
        if totals := history.totals(answer, day):
            self._learn(at, {"energy_history": totals}, asked)

    def _set_zone(self, at: DeviceId, zone: Any) -> None:
        """A site's day begins at its own midnight: once the zone is known, its day is read anew."""
        if isinstance(zone, str) and zone != self._zones.get(at):
            self._zones[at] = zone
            self._want(at)
