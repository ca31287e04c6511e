"""F36, the whole matrix: may the bridge's user write states, documents, its will, and read commands? All sixteen at
once, each a bridge of its own with a base topic of its own. Tesla is not there: it plays no part."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter, sleep
from typing import Any, NamedTuple

import pytest
from brokers import ACL, running_broker, write_passwords
from spy import spying
from whole_house import Bridge, environment

from bridge.topics import Topics

pytestmark = [pytest.mark.mosquitto, pytest.mark.case("F36")]

SECONDS = 30


class Rights(NamedTuple):
    """What the user may."""

    state: bool
    discovery: bool
    commands: bool
    will: bool

    @property
    def name(self) -> str:
        return "m" + "".join(str(int(each)) for each in self)

    @property
    def acl(self) -> str:
        """Whoever may not read commands may still write there, so that only the reading is missing."""
        base = self.name
        lines = [f"user {base}", f"topic read {base}/bridge/#", f"topic write {base}/+/+/set/#"]
        lines += [f"topic write {filter_}" for filter_ in Topics(base).incoming]
        lines += [f"topic read {filter_}" for filter_ in Topics(base).incoming if self.commands]
        lines += [f"topic write {base}/{each}" for each in ("bridge/info", "bridge/health", "+/+/+") if self.state]
        lines += [f"topic write {base}/+/+/{group}/+" for group in ("status", "cost", "options") if self.state]
        lines += [f"topic write {base}/bridge/state"] if self.will else []
        lines += ["topic readwrite homeassistant/#"] if self.discovery else []
        return "\n".join(lines)

    @property
    def troubles(self) -> set[str]:
        """The parts that it must tell."""
        missing = {f"mqtt out {self.name}": self.state and self.will}
        missing |= {"mqtt out homeassistant": self.discovery, "mqtt in": self.commands}
        return {part for part, is_allowed in missing.items() if not is_allowed}


ALL = [Rights(*each) for each in itertools.product((True, False), repeat=4)]
