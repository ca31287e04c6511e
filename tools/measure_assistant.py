"""What the whole catalogue asks of Home Assistant: how many entities, how long until all are there, how much memory.

`make assistant`; needs a container engine with Home Assistant's image, and Mosquitto. Two cars, one fitted with
everything, a site, its wall connector, the account, the bridge. Each line is a new Home Assistant that has been
running for a while before the bridge starts.
"""

from __future__ import annotations

import logging
import math
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple
from unittest.mock import patch

import structlog
from assistants import components
from home_assistant import HomeAssistant, home_assistant
from household import Household, household_without_bridge

from bridge import homeassistant

SETTLE = 15.0
"""Seconds until the memory of Home Assistant is steady, after its start and after the last entity."""

MIB = 1024 * 1024


class Measured(NamedTuple):
    """Entities there are and those that are enabled; seconds; bytes resident, before and after."""

    entities: int
    enabled: int
    seconds: float
    before: int
    after: int


HEAD = """\
| enabled | entities | seconds until all are there | memory before | after |
| --- | --- | --- | --- | --- |
"""


def main() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    by_default = _measured()
    with _all_enabled():
        everything = _measured()
    sys.stdout.write(HEAD + _line("as by default", by_default) + _line("all", everything))


def _line(what: str, found: Measured) -> str:
    memory = " | ".join(f"{each / MIB:.0f} MiB" for each in (found.before, found.after))
    return f"| {what}: {found.enabled} | {found.entities} | {found.seconds:.1f} | {memory} |\n"


def _measured() -> Measured:
    with (
        TemporaryDirectory() as name,
        household_without_bridge(Path(name) / "household") as house,
        home_assistant(Path(name) / "config", house.broker) as assistant,
    ):
        return _meeting(assistant, house)


def _meeting(assistant: HomeAssistant, house: Household) -> Measured:
    time.sleep(SETTLE)
    before, told = assistant.memory, len(assistant.complaints)  # of the examples, whose entities are not there yet
    house.start_bridge()
    seconds = _last_entity(assistant, house) - _first_document(house)
    if complaints := assistant.complaints[told:]:
        raise SystemExit("\n".join(complaints))
    entities = assistant.entities
    enabled = [entity for entity in entities if not entity["disabled_by"]]
    return Measured(len(entities), len(enabled), seconds, before, assistant.memory)


def _last_entity(assistant: HomeAssistant, house: Household) -> float:
    """When all were there and had a state; more are announced once a device's first data has come."""
    began = complete = time.perf_counter()
    while time.perf_counter() < began + SETTLE:
        ours = assistant.entities
        shown = assistant.states.keys()
        is_complete = len(ours) == len(components(house.retained)) and all(
            each["disabled_by"] or each["entity_id"] in shown for each in ours
        )
        if not is_complete:
            complete = math.inf
        elif complete == math.inf:
            complete = time.perf_counter()
        time.sleep(0.1)
    return complete


def _first_document(house: Household) -> float:
    """When the broker passed it on."""
    return next(each.at for each in house.spy.messages if each.topic.startswith("homeassistant/device/"))


@contextmanager
def _all_enabled() -> Iterator[None]:
    """As if every row of the catalogue were enabled by default."""
    document = homeassistant.document

    def enabled(*given: Any) -> Mapping[str, Any]:
        found = document(*given)
        for component in found["components"].values():
            component.pop("enabled_by_default", None)
        return found

    with patch.object(homeassistant, "document", enabled):
        yield


if __name__ == "__main__":
    main()
