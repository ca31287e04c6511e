"""S4: what the other users of the broker see by default.

By design a VIN and a site's number stand in topics (an alias may take their place), and whoever reads everything sees
where cars are; that is the group `location` alone, which the shipped ACL hides from `viewer`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from time import sleep

import pytest
from spy import EVERYTHING, client
from whole_house import BASE, CAR, House, house, id_of

pytestmark = [pytest.mark.mosquitto, pytest.mark.case("S4")]

NEAR = 0.05
"""Degrees: some five kilometres."""


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("house")) as running:
        running.spy.until(lambda: running.value(CAR, "location"), "the place")
        yield running


def seen_by(one: House, user: str) -> dict[str, str]:
    """All that the broker gives to who subscribes to everything."""
    seen: dict[str, str] = {}
    watcher = client(user, "curious")
    watcher.on_message = lambda _client, _data, raw: seen.update({raw.topic: raw.payload.decode()})
    watcher.connect(one.broker.host, one.broker.port)
    watcher.subscribe("#", options=EVERYTHING)
    watcher.loop_start()
    expected = {topic for topic in one.spy.retained if topic.startswith(f"{BASE}/") and "/location" not in topic}
    one.spy.until(lambda: expected <= seen.keys(), f"what {user} may see")
    sleep(0.5)  # what may not be seen would come in the same breath
    watcher.disconnect()
    watcher.loop_stop()
    return seen


def tell_of_the_place(one: House, seen: dict[str, str]) -> set[str]:
    """The topics on which a number is near the latitude of the house, and those near its longitude."""
    home = one.cloud.home
    numbers = {topic: [float(each) for each in re.findall(r"-?\d+\.\d+", text)] for topic, text in seen.items()}
    return {
        topic
        for topic, found in numbers.items()
        if any(abs(each - place) < NEAR for each in found for place in (home.latitude, home.longitude))
    }


def test_the_test_finds_a_place_where_it_may_be_seen(one: House) -> None:
    places = tell_of_the_place(one, seen_by(one, "homeassistant"))
    assert places
    assert {topic.removeprefix(f"{BASE}/{CAR}/").split("/")[0] for topic in places if CAR in topic} == {"location"}
    assert all("/location" in topic for topic in places), "nowhere else"


def test_a_display_sees_no_place(one: House) -> None:
    seen = seen_by(one, "viewer")
    assert not tell_of_the_place(one, seen)
    assert not [topic for topic in seen if "/location/" in topic or topic.endswith("/location")]


@pytest.mark.parametrize("user", ["viewer", "homeassistant", "nodered"])
def test_nobody_sees_the_owner_or_a_secret(one: House, user: str) -> None:
    owner = one.cloud.account.owner
    assert owner
    secrets = [owner.email, "simulated-refresh-token", *(each.newest for each in one.cloud.tokens._lineages)]
    everything = "\n".join(f"{topic} {text}" for topic, text in seen_by(one, user).items())
    assert [each for each in secrets if each in everything] == []


def test_an_alias_takes_the_vin_out_of_every_topic(one: House) -> None:
    one.bridge.stop()
    since = len(one.spy.messages)
    one.bridge.start(aliases=f"{id_of(CAR)}=blue")
    one.spy.until(lambda: one.spy.on(f"{BASE}/vehicle/blue/software", since), "the car under its alias")
    told = {each.topic for each in one.spy.messages[since:] if each.topic.startswith(f"{BASE}/") and each.payload}
    assert [topic for topic in told if id_of(CAR) in topic] == []
