"""Where an account lives, as its token says (fleet-api.md 1.7 and 1.8)."""

from __future__ import annotations

from bridge.fleet.auth.tokens import Claims
from bridge.fleet.hosts import FLEET, Region


def from_claims(found: Claims) -> Region | None:
    """The audience of the account's own region, else the first known one. Asking would do, but may answer 412."""
    regions = [region for url in found.audiences for region in FLEET.values() if region.api == url.rstrip("/")]
    own = (found.ou_code or "").lower()
    return next((region for region in regions if region.name == own), regions[0] if regions else None)
