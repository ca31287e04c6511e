"""Where a car is, with a whole bridge: on the broker, in the database, in the log at level debug."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from whole_house import CAR, House, empty_house, message

HERE = (-77.345678, 130.876543)
THERE = (-77.401234, 130.912345)
NUMBER = re.compile(r"-?(?:77\.[34]|130\.[89])\d*")

LET_OUT = {
    "exact": {"-77.345678", "130.876543", "-77.401234", "130.912345"},
    "rounded": {"-77.35", "130.88"},
    "zone": set(),
    "off": set(),
}


@pytest.fixture(params=LET_OUT)
def location(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def one(tmp_path: Path, location: str) -> Iterator[House]:
    with empty_house(tmp_path) as running:
        running.tesla.force(CAR, location={"latitude": HERE[0], "longitude": HERE[1]})
        running.start(location=location, zones=f"nest={HERE[0]},{HERE[1]},150", log_level="debug")
        yield running


def everything(house: House) -> dict[str, str]:
    data = house.bridge.directory / "data"
    said = [each for each in house.spy.messages if "/set/" not in each.topic]
    return {
        "MQTT": "\n".join(f"{each.topic} {each.payload.decode(errors='replace')}" for each in said),
        "database": "\n".join(path.read_bytes().decode(errors="replace") for path in data.iterdir() if path.is_file()),
    }


def test_no_more_of_a_place_comes_out_than_is_let_out(one: House, location: str) -> None:
    there = {"lat": THERE[0], "lon": THERE[1], "order": 1}
    one.look(CAR)
    _a_command_takes_the_exact_place(one, location)
    sent = one.ask(CAR, "navigation_gps_request", message("go", **there))
    assert (sent["outcome"], one.tesla.done(CAR)[-1][1]["lat"]) == ("ok", THERE[0])
    assert sent["value"] == (there if location == "exact" else {"order": 1})
    zone = {"off": None}.get(location, "nest")
    one.spy.until(lambda: one.value(CAR, "location/zone") == zone, "the zone")
    assert one.bridge.stop() == 0

    places = everything(one)
    for text in places.values():
        assert set(NUMBER.findall(text)) - LET_OUT[location] == set()
    assert ("nest" in places["MQTT"] + places["database"]) == bool(zone)
    assert NUMBER.findall(one.bridge.log) == []
    told = one.value(CAR, "location/position")
    assert (json.loads(told)["latitude"] if told else None) == {"exact": HERE[0], "rounded": -77.35}.get(location)


def _a_command_takes_the_exact_place(one: House, location: str) -> None:
    """Where the car is, is filled in although it is not shown; with `off` the bridge does not know it."""
    result = one.ask(
        CAR, "add_charge_schedule", message("at night", days_of_week="All", start_enabled=True, start_time=60)
    )
    if location == "off":
        assert (result["outcome"], result["reason"]) == ("invalid", "value")
        assert "needs lat" in result["message"]
    else:
        (sent,) = [parameters for name, parameters in one.tesla.done(CAR) if name == "add_charge_schedule"]
        assert (sent["lat"], sent["lon"]) == HERE
    assert not NUMBER.findall(json.dumps(result))


def test_what_a_bridge_let_out_before_is_gone_when_it_lets_out_less(tmp_path: Path) -> None:
    with empty_house(tmp_path) as house:
        house.tesla.force(CAR, location={"latitude": HERE[0], "longitude": HERE[1]})
        zones = f"nest={HERE[0]},{HERE[1]},150"
        house.start(location="exact", zones=zones)
        house.comes_to(CAR, "location/zone", "nest")
        house.bridge.kill()
        house.start(location="off", zones=zones)
        house.spy.until(lambda: not _retained(house), "the topics to be cleared")
        # A second later the old ones are out of the database's log of writes, too.
        assert house.bridge.stop() == 0
        assert NUMBER.findall(everything(house)["database"]) == []
        assert "nest" not in everything(house)["database"]


def _retained(house: House) -> list[str]:
    return [topic for topic, payload in house.spy.retained.items() if re.search("/location(/|$)", topic) and payload]
