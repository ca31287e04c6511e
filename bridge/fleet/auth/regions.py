"""Where an account lives: as its token says, else as Tesla says (fleet-api.md 1.7 and 1.8)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bridge.fleet.auth.sources import TokenSource
from bridge.fleet.auth.tokens import Claims, claims
from bridge.fleet.hosts import REGIONS, Region


def from_claims(found: Claims) -> Region | None:
    """The audience of the account's own region, else the first known one. Asking would do, but may answer 412."""
    regions = [region for url in found.audiences for region in REGIONS.values() if region.api == url.rstrip("/")]
    own = (found.ou_code or "").lower()
    return next((region for region in regions if region.name == own), regions[0] if regions else None)


async def find_region(tokens: TokenSource, ask: Callable[[], Awaitable[Region]]) -> Region:
    """`ask` is FleetClient.users_region. A simulated account stays where it is."""
    if tokens.region.simulated:
        return tokens.region
    return from_claims(claims(await tokens.access())) or await ask()
