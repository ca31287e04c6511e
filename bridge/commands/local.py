"""Commands that the bridge carries out itself: nothing is sent to Tesla, and no car is woken."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from bridge.model import DeviceId, Value

Errand = Callable[[DeviceId, Mapping[str, Value]], Awaitable[str | None]]
"""Gets the device and the parameters of the command; gives the result's message, if there is one.

Raises BridgeError, whose text becomes the result's message.
"""

Errands = Mapping[str, Errand]
"""Name of a row with `is_local` -> what it does."""
