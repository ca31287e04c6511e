"""What a token covers: nothing is asked that it does not (fleet-api.md 1.9, reliability.md A10)."""

from __future__ import annotations

from bridge.errors import ScopeMissing
from bridge.fleet.auth.tokens import claims
from bridge.fleet.calls import Call


class Scopes:
    """Of one account. `advice` says how its owner grants more."""

    def __init__(self, advice: str) -> None:
        self._advice = advice
        self._refused: dict[str, frozenset[str] | str] = {}

    def check(self, call: Call, access: str) -> None:
        """Raises ScopeMissing for what this token does not cover, or what Tesla refused for that reason before."""
        held = claims(access).scopes
        if call.scopes and held and held.isdisjoint(call.scopes):
            raise ScopeMissing.lacking(call.scopes, self._advice)
        if self._refused and self._refused.get(_endpoint(call)) == (held or access):
            raise ScopeMissing.lacking(call.scopes, self._advice)

    def refused(self, call: Call, access: str, error: ScopeMissing) -> ScopeMissing:
        """Tesla says that a scope is missing, whatever the token says. It is not asked again until that changes."""
        self._refused[_endpoint(call)] = claims(access).scopes or access
        return ScopeMissing(f"{error}: {self._advice}" if self._advice else str(error))

    def forget(self) -> None:
        """Somebody has signed in: everything may be asked once more."""
        self._refused.clear()


def _endpoint(call: Call) -> str:
    """Without the device, because a token covers all of them alike."""
    return f"{call.method} {call.path.replace(call.device, '') if call.device else call.path}"
