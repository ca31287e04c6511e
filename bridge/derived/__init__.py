"""Values that Tesla does not send, worked out of those that it does: rows of pure functions."""

from __future__ import annotations

from bridge.derived.account import ACCOUNT
from bridge.derived.alerts import ALERTS
from bridge.derived.frame import Derivation
from bridge.derived.grid import GRID
from bridge.derived.lifetime import LIFETIME
from bridge.derived.site import SITE
from bridge.derived.tariff import TARIFF
from bridge.derived.wall_connector import WALL_CONNECTOR

DERIVATIONS: tuple[Derivation, ...] = (*ACCOUNT, *ALERTS, *SITE, *TARIFF, *GRID, *LIFETIME, *WALL_CONNECTOR)
