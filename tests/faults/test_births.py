"""F40: Home Assistant starts, again and again, and is deaf at first; its discovery prefix changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from assistant import Assistant
from brokers import ACL
from driven import DrivenHouse, settled_house
from spy import Heard, say_as
from whole_house import BASE, CAR, House, id_of, message

from bridge.mqtt import Publication

pytestmark = [
    pytest.mark.case("F40"),
    pytest.mark.mosquitto,
]

START = datetime(2026, 6, 1, 19, tzinfo=UTC)
DOCUMENT = f"homeassistant/device/fleet2mqtt_{id_of(CAR)}/config"


@pytest.fixture(scope="module")
def driven(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DrivenHouse]:
    with settled_house(tmp_path_factory.mktemp("driven"), START) as made:
        made.start()
        made.time.run_for(120)
        yield made


def birth(one: House) -> None:
    say_as(one.broker, "homeassistant", ("homeassistant/status", "online", False))


def republished(one: House, since: int) -> int:
    """How often the car's document has come."""
    return len(one.spy.on(DOCUMENT, since))


def test_ten_births_in_a_minute_are_answered_twice_at_most(driven: DrivenHouse, record_property: Any) -> None:
    since = len(driven.spy.messages)
    for _ in range(10):
        birth(driven)
        driven.time.run_for(6)
    driven.time.run_for(120)
    record_property("figure", f"{republished(driven, since)} republishes for 10 births in a minute")
    assert 1 <= republished(driven, since) <= 2


def test_a_home_assistant_that_is_deaf_for_two_seconds_ends_complete(driven: DrivenHouse) -> None:
    """It does not even get what the broker has retained."""
    driven.time.run_for(120)
    birth(driven)
    driven.time.run_for(2)
    driven.send(CAR, "no_such_thing", message("the end", value=1))
    driven.time.run_for(0)
    driven.spy.until(lambda: driven.results_of("the end"), "what was said before it, too")
    since = len(driven.spy.messages)
    driven.time.run_for(20)
    states = {topic for topic in driven.spy.retained if topic.startswith(f"{BASE}/")}
    driven.spy.until(lambda: states <= {each.topic for each in driven.spy.messages[since:]}, "all that was there")
    heard = driven.spy.messages[since:]
    assistant = heard_by_an_assistant(heard)
    assert len(assistant.documents) >= 6, "bridge, account, two cars, site and wall connector"
    assert assistant.log == []
    assert {each.text for each in heard if each.topic.endswith(("/availability", "bridge/state"))} == {"online"}


def heard_by_an_assistant(heard: Sequence[Heard]) -> Assistant:
    """What it would have made of these, and its warnings."""
    assistant = Assistant()
    assistant.hear(Publication(each.topic, each.payload, retain=each.retain) for each in heard if each.tells_a_state)
    return assistant


def test_a_reload_gets_everything_from_the_broker(driven: DrivenHouse) -> None:
    """Who subscribes anew is given what is retained; nobody is asked for it."""
    before = {topic: text for topic, text in driven.spy.retained.items() if topic != "homeassistant/status"}
    since = len(driven.spy.messages)
    with driven.spy.away():
        pass
    driven.spy.until(lambda: before.keys() <= {each.topic for each in driven.spy.messages[since:]}, "all that there is")
    assert before.items() <= driven.spy.retained.items()
    assert heard_by_an_assistant(driven.spy.messages[since:]).log == []


def test_another_prefix_leaves_nothing_at_the_former_one(house_of_my_own: DrivenHouse) -> None:
    """Home Assistant would show every device twice, one of them dead."""
    one = house_of_my_own
    one.start()
    before = documents(one, "homeassistant")
    assert len(before) >= 6
    assert one.bridge.stop() == 0
    one.start(homeassistant_prefix="moved")
    one.spy.until(lambda: not documents(one, "homeassistant"), "an end of the former documents")
    assert {topic.replace("homeassistant", "moved", 1) for topic in before} <= documents(one, "moved")

    since = len(one.spy.messages)
    one.bridge.stop()
    one.start(homeassistant_prefix="moved")
    assert not [each for each in one.spy.messages[since:] if each.topic.startswith("homeassistant/")], "once is enough"


@pytest.fixture
def house_of_my_own(tmp_path: Path) -> Iterator[DrivenHouse]:
    """Its broker lets the bridge write below the other prefix, too."""
    with settled_house(tmp_path, START) as made:
        made.broker.stop()
        (tmp_path / "broker" / "acl").write_text(f"{ACL}\nuser bridge\ntopic readwrite moved/#\n")
        made.broker.start()
        made.watch_anew()
        yield made


def documents(one: House, prefix: str) -> set[str]:
    return {topic for topic in one.spy.retained if topic.startswith(f"{prefix}/") and topic.endswith("/config")}
