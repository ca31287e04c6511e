"""Values that Tesla does not send, worked out of those that it does: rows of pure functions."""

from __future__ import annotations

from bridge.derived.frame import Derivation

DERIVATIONS: tuple[Derivation, ...] = ()
