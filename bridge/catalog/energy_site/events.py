"""What happens to an energy site: messages on its event topic."""

from __future__ import annotations

from bridge.catalog.status import COMMAND_EVENT

EVENTS = (COMMAND_EVENT,)
