"""The app's own account at Tesla, once in each region: its domain and its public key (fleet-api.md 1.10)."""

from __future__ import annotations

from random import Random
from typing import Any

from bridge.clock import Clock
from bridge.errors import AnswerInvalid, CallWrong
from bridge.fleet import answers
from bridge.fleet.answers import mapping, mappings
from bridge.fleet.auth.grants import ClientCredentials
from bridge.fleet.auth.sources import TokenSource
from bridge.fleet.auth.store import Custody
from bridge.fleet.calls import Call
from bridge.fleet.home import Home
from bridge.fleet.hosts import Region
from bridge.fleet.sender import Sender
from bridge.fleet.transport import Transport

PATH = "/api/1/partner_accounts"

TAKEN = "already been taken"
"""What Tesla says when another app is registered with the key; refusals.py says what to do."""

DEADLINE = 30.0
"""Seconds that one call may take in all."""


class PartnerClient:
    """The app in one region. It signs in by itself, and keeps nothing: its token is asked for again."""

    def __init__(self, *, app: ClientCredentials, region: Region, http: Transport, clock: Clock) -> None:
        self._sender = Sender(
            tokens=TokenSource(account="partner", grant=app, store=_Nowhere(), region=region, http=http, clock=clock),
            home=Home(region, clock),
            clock=clock,
            ledger=_Uncounted(),
            http=http,
            deadline=DEADLINE,
            random=Random(),  # noqa: S311 - spreads retries, hides nothing
        )

    async def register(self, domain: str) -> str:
        """Tesla fetches the key from the domain; gives the name of the app. To register again changes nothing else.

        Raises NotRegistered, CallWrong with what to do, or what any call raises.
        """
        try:
            found = mapping(await self._send(Call("POST", PATH, {"domain": domain})))
        except CallWrong as error:
            if TAKEN in str(error).lower():
                raise
            raise CallWrong(
                f"{error}. Is {domain} below one of the app's allowed origins at developer.tesla.com, and does the "
                "whole world see its key?"
            ) from error
        return str(found.get("name") or found.get("client_id") or domain)

    async def public_key(self, domain: str) -> str:
        """The key that Tesla has for the domain, in hexadecimal digits: 04, x, y."""
        found = mapping(await self._send(Call("GET", f"{PATH}/public_key", params={"domain": domain})))
        key = found.get("public_key")
        if not isinstance(key, str):
            raise AnswerInvalid("Tesla's answer names no public key")
        return key.lower()

    async def telemetry_errors(self) -> list[dict[str, Any]]:
        """What went wrong lately with streaming, of all cars: `name`, `error`, `vin`."""
        found = mapping(await self._send(Call("GET", f"{PATH}/fleet_telemetry_errors")))
        return mappings(found.get("fleet_telemetry_errors"))

    async def _send(self, call: Call) -> Any:
        return answers.member(await self._sender.answer(call))


class _Nowhere:
    """A TokenStore for tokens that cost nothing to get again."""

    def load(self, account: str) -> Custody:  # noqa: ARG002 - one store of several
        return Custody()

    def keep(self, account: str, custody: Custody) -> None:
        """Nothing."""


class _Uncounted:
    """A ledger for calls that are free (fleet-api.md 6.2) and that a person makes by hand."""

    def begin(self, cost: str, about: str, account: str) -> None:
        """All is allowed."""

    def end(self, line: None, status: int | None) -> None:
        """Nothing is counted."""

    def limited(self, line: None, wait: float) -> None:
        """Whoever asked has been told."""

    def switched_off(self, line: None, said: str) -> None:
        """Whoever asked has been told."""
