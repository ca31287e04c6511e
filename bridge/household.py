"""The devices there are now, and what is offered of each."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import structlog

from bridge.accounts import Accounts
from bridge.catalog.offer import Offer
from bridge.catalog.places import Location
from bridge.components import Look
from bridge.fleet import VERSION
from bridge.model import Device, DeviceId, Kind, Roster
from bridge.redaction import shorten_ids
from bridge.state import Store
from bridge.topics import BRIDGE, Topics

log = structlog.get_logger()


class Household:
    """`roster` holds the bridge itself, its accounts, and what Tesla has listed."""

    def __init__(
        self,
        accounts: Accounts,
        store: Store,
        topics: Topics,
        enabled_commands: Collection[str],
        command_expiry: int,
        *,
        location: Location = Location.EXACT,
    ) -> None:
        self._location = location
        self._accounts = accounts
        self._store = store
        self._topics = topics
        self._enabled_commands = enabled_commands
        self._command_expiry = command_expiry
        self.own = (
            Device(BRIDGE, "fleet2mqtt", model="Fleet API to MQTT bridge", software=VERSION),
            *(replace(account.device, via=BRIDGE) for account in accounts.all),
        )
        self.roster = Roster(self.own)

    def has(self, at: DeviceId) -> bool:
        return any(device.at == at for device in self.roster.devices)

    def renew(self, now: Roster) -> set[DeviceId]:
        """These are there now. Gives those that are gone."""
        shorten_ids(device.at.id for device in now.devices if device.at.kind is Kind.ENERGY_SITE)
        gone = {device.at for device in self.roster.devices} - {device.at for device in now.devices}
        if now != self.roster:
            log.info("devices of the account", names=[device.name for device in now.devices if device not in self.own])
        self.roster = now
        return gone

    def knows(self, at: DeviceId) -> bool | None:
        """Is it in the account, or was it when last seen? None until Tesla has listed the devices."""
        if self.has(at) or at in self._store.devices():
            return True
        return False if self._accounts.have_listed else None

    def offer(self, at: DeviceId) -> Offer:
        return replace(self._accounts.of(at).offer(self._enabled_commands), location=self._location)

    def look(self, at: DeviceId) -> Look:
        """How it is shown in Home Assistant."""
        return Look(self._topics, VERSION, command_expiry=self._command_expiry, offer=self.offer(at))
