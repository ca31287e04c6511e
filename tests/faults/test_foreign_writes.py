"""S5: somebody else writes what is the bridge's alone.

The shipped ACL keeps all others from it, so the stranger here has the bridge's own rights.
"""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter
from typing import Any

import pytest
from spy import say_as
from whole_house import BASE, CAR, SITE, House, house, id_of

pytestmark = [pytest.mark.mosquitto, pytest.mark.case("S5")]

DOCUMENT = f"homeassistant/device/fleet2mqtt_{id_of(CAR)}/config"

FOREIGN = {
    # topic -> what the stranger writes there, and whether the broker is to keep it
    f"{BASE}/{CAR}/charge/battery_level": ("7", True),
    f"{BASE}/{CAR}/charge/charge_limit": ("55", False),
    f"{BASE}/{CAR}/charge": ('{"battery_level":7}', True),
    f"{BASE}/{CAR}/availability": ("offline", True),
    f"{BASE}/{SITE}/settings/backup_reserve": ("", True),
    f"{BASE}/bridge/state": ("offline", True),
    f"{BASE}/bridge/info": ("{}", True),
    DOCUMENT: ('{"device":{"identifiers":["evil"]},"components":{}}', True),
}


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("house")) as running:
        running.comes_to(CAR, "charge/battery_level", "50")
        yield running


def write(one: House, messages: dict[str, tuple[str, bool]]) -> None:
    """Returns when the broker has passed all of it on."""
    since = len(one.spy.messages)
    say_as(one.broker, "bridge", *((topic, *what) for topic, what in messages.items()))
    written = {(topic, text.encode()) for topic, (text, _) in messages.items()}
    one.spy.until(
        lambda: written <= {(each.topic, each.payload) for each in one.spy.messages[since:]}, "what was written"
    )


def troubles(one: House) -> list[str]:
    return [line for line in one.bridge.log.splitlines() if "overwritten" in line]


def test_what_the_bridge_itself_says_is_nothing_to_it(one: House) -> None:
    one.ask(CAR, "charge_limit", "71")
    one.comes_to(CAR, "charge/charge_limit", "71")
    one.spy.publish(f"{BASE}/bridge/request/republish")
    since = len(one.spy.messages)
    one.look(CAR)
    assert "mqtt own" not in health(one, since)["parts"]


def health(one: House, since: int) -> dict[str, Any]:
    """Asked for now, not earlier than message number `since`."""
    answers = f"{BASE}/bridge/response/health"
    one.spy.publish(f"{BASE}/bridge/request/health")
    body = one.spy.until(lambda: one.spy.on(answers, since), "the health")[-1].body
    return dict(body["data"])


def test_the_bridges_own_words_are_back_within_thirty_seconds_and_a_problem_is_raised(
    one: House, record_property: Any
) -> None:
    own = {topic: one.spy.retained[topic] for topic in FOREIGN}
    began, since = perf_counter(), len(one.spy.messages)
    write(one, FOREIGN)

    def restored() -> bool:
        return {topic: one.spy.retained.get(topic) for topic in FOREIGN} == own

    one.spy.until(restored, "the bridge's own words", 30)
    told = one.spy.until(
        lambda: [each for each in one.spy.on(f"{BASE}/bridge/health", since) if not each.body["ok"]], "the problem", 30
    )
    record_property("figure", f"restored and told after {perf_counter() - began:.0f} s")
    assert told[0].body["parts"]["mqtt own"]["reason"] == "overwritten"
    assert "somebody other than the bridge writes" in told[0].body["problem"]
    one.comes_to("bridge", "status/has_problem", "true")
    assert len(troubles(one)) == 1, "one line"
    assert one.ask(CAR, "charge_limit", "72")["outcome"] == "ok"


def test_others_documents_and_a_device_deleted_in_home_assistant_are_left_alone(one: House) -> None:
    """Home Assistant empties the document of a device that its owner deletes."""
    other = "homeassistant/device/zigbee_lamp/config"
    since = len(one.spy.messages)
    write(one, {other: ("{}", True), DOCUMENT: ("", True), f"{BASE}/{CAR}/charge/battery_level": ("8", True)})
    one.comes_to(CAR, "charge/battery_level", "50", 30)
    assert [each.payload for each in one.spy.on(other, since)] == [b"{}"]
    assert [each.payload for each in one.spy.on(DOCUMENT, since)] == [b""]
