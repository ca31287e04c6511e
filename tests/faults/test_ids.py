"""S23: what names a device comes from outside, and is never a piece of a URL that somebody made up."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from whole_house import CAR, SITE, House, empty_house, id_of, message

from bridge.errors import CallWrong
from bridge.fleet.calls import site_path, vehicle_path

pytestmark = pytest.mark.case("S23")

EVIL = (
    "..",
    "%2e%2e",
    "..%2f..%2fpartner_accounts",
    "1?x=1",
    "1%3fx=1",
    "1%23",
    "1;x",
    "1 2",
    "1%0d%0aX-Injected:1",
    "1\\..\\2",
    "\u0661\u0662\u0663",  # digits, of another script
    "\uff11\uff12",  # digits, of full width
    "2252000000000001\u200b",
    "lrw3f7ek4nc700001",
    "LRW3F7EK4NC700001%00",
    "",
)
"""Levels of a topic. `..` and its like would climb out of the path, `?` and `#` would end it."""

SOUND = re.compile(r"(GET|POST) /[a-zA-Z0-9_./-]+")
"""What the simulator may be asked, without a query."""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[House]:
    with empty_house(tmp_path) as one:
        yield one


def is_sound(line: str) -> bool:
    """Is it the path of a device that exists, or of none?"""
    path = line.partition("?")[0]
    devices = re.findall(r"/api/1/(?:vehicles|energy_sites)/([^/]+)", path)
    known = {id_of(CAR), id_of(SITE), "5YJYGDEE1MF700002", "fleet_status"}
    return bool(SOUND.fullmatch(path)) and ".." not in path and set(devices) <= known


def test_in_topics(home: House) -> None:
    home.start()
    for id_ in EVIL:
        home.send(f"vehicle/{id_}", "charge_limit", message(f"car {id_!a}", value=70))
        home.send(f"energy_site/{id_}", "backup_reserve", message(f"site {id_!a}", value=30))
        home.spy.publish(f"fleet2mqtt/vehicle/{id_}/get/charge")
        home.spy.publish(f"fleet2mqtt/energy_site/{id_}/get/power")
    for name in EVIL:
        home.send(CAR, name, "1")
    assert home.ask(CAR, "charge_limit", message("the last", value=71))["outcome"] == "ok"
    assert [line for line in home.tesla.asked() if not is_sound(line)] == []
    assert [name for name, _ in home.tesla.done(CAR)] == ["set_charge_limit"]
    assert home.tesla.done(SITE) == []


def test_in_aliases(home: House) -> None:
    """An alias stands in topics alone: what is asked is the id of the account's own list."""
    aliases = f"{id_of(CAR)}=..%2f..%2fx?y,{id_of(SITE)}=1%23"
    home.breaks = frozenset({"I1", "I2"})  # they know devices by their ids, and the commands here name aliases
    home.bridge.start(aliases=aliases)
    home.spy.until(lambda: "fleet2mqtt/energy_site/1%23/settings" in home.spy.retained, "the site")
    home.spy.until(lambda: "fleet2mqtt/vehicle/..%2f..%2fx?y/software" in home.spy.retained, "the car")
    assert home.ask("vehicle/..%2f..%2fx?y", "charge_limit", message("mine", value=72))["outcome"] == "ok"
    assert home.ask("energy_site/1%23", "backup_reserve", message("mine too", value=33))["outcome"] == "ok"
    assert [line for line in home.tesla.asked() if not is_sound(line)] == []


@pytest.mark.parametrize("id_", EVIL)
def test_in_the_accounts_own_list(id_: str) -> None:
    """Also what Tesla tells is not believed: no URL is made of it."""
    with pytest.raises(CallWrong):
        site_path(id_, "live_status")
    with pytest.raises(CallWrong):
        vehicle_path(id_, "vehicle_data")
