"""F36, the whole matrix: may the bridge's user write states, documents, its will, and read commands?

All sixteen at once, each a bridge of its own with a base topic of its own. Tesla is not there: it plays no part.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import perf_counter, sleep
from typing import Any, NamedTuple

import pytest
from brokers import Broker, free_port, running_broker, write_passwords
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
    def prefix(self) -> str:
        """For discovery: of one each, because all of them are called the same."""
        return f"documents-{self.name}"

    @property
    def acl(self) -> str:
        """Commands may be written always: only reading them is missing. Else the echo would not even be sent."""
        incoming = Topics(self.name).incoming
        lines = [f"user {self.name}", *(f"topic write {each}" for each in incoming)]
        lines += [f"topic read {each}" for each in incoming if self.commands]
        lines += [f"topic write {self.name}/#"] if self.state else []
        lines += [f"topic {'write' if self.will else 'deny'} {self.name}/bridge/state"]
        lines += [f"topic readwrite {self.prefix}/#"] if self.discovery else []
        return "\n".join(lines)

    @property
    def troubles(self) -> set[str]:
        """The parts that it must tell."""
        missing = {f"mqtt out {self.name}": self.state and self.will}
        missing |= {f"mqtt out {self.prefix}": self.discovery, "mqtt in": self.commands}
        return {part for part, is_allowed in missing.items() if not is_allowed}


ALL = [Rights(*each) for each in itertools.product((True, False), repeat=4)]


@contextmanager
def bridge(directory: Path, broker: Broker, rights: Rights) -> Iterator[Bridge]:
    directory.mkdir()
    made = Bridge(directory, environment(directory, free_port(), broker.port))
    made.start(
        mqtt_username=rights.name,
        mqtt_client_id=rights.name,
        base_topic=rights.name,
        homeassistant_prefix=rights.prefix,
        log_format="json",
    )
    try:
        yield made
    finally:
        assert made.is_alive, made.log
        made.kill()


def troubles(one: Bridge) -> dict[str, str]:
    """Part -> what to do."""
    lines = [json.loads(line) for line in one.log.splitlines()]
    return {
        each["part"]: each["error"] for each in lines if each["event"] == "trouble" and each["part"].startswith("mqtt")
    }


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[Rights, dict[str, str]]:
    """What each has told within thirty seconds of all being connected."""
    directory = tmp_path_factory.mktemp("rights")
    acl = "\n".join(each.acl for each in ALL)
    with running_broker(directory, acl=acl) as broker, ExitStack() as stack:
        write_passwords(directory / "passwd", *(each.name for each in ALL))
        broker.reload()
        bridges = {each: stack.enter_context(bridge(directory / each.name, broker, each)) for each in ALL}
        _until(lambda: all("connected to the broker" in each.log for each in bridges.values()), 60)
        _until(lambda: all(troubles(bridges[each]).keys() >= each.troubles for each in ALL), SECONDS)
        sleep(1)
        return {each: troubles(one) for each, one in bridges.items()}


def _until(condition: Any, seconds: float) -> None:
    """Or not: the tests tell what is missing."""
    deadline = perf_counter() + seconds
    while not condition() and perf_counter() < deadline:
        sleep(0.2)


@pytest.mark.parametrize("rights", ALL, ids=str)
def test_what_is_missing_is_named_and_nothing_else(told: dict[Rights, dict[str, str]], rights: Rights) -> None:
    assert told[rights].keys() == rights.troubles
    assert all("access to" in error for error in told[rights].values())
