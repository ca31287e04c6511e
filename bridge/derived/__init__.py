"""Values that Tesla does not send, worked out of those that it does: rows of pure functions."""

from __future__ import annotations

from bridge.derived.account import ACCOUNT
from bridge.derived.alerts import ALERTS
from bridge.derived.frame import Derivation
from bridge.derived.sleep import SLEEP
from bridge.derived.spending import SPENDING

DERIVATIONS: tuple[Derivation, ...] = (*ACCOUNT, *ALERTS, *SLEEP, *SPENDING)
