"""The demo's picture: whatever was heard, it fits the terminal."""

from __future__ import annotations

import json

import pytest
from rich.console import Console

from bridge.cli.view import View

CAR, SLEEPER = "vehicle/LRW3F7EK4NC700001", "vehicle/5YJYGDEE1MF700002"
SITE, CONNECTOR = "energy_site/2252000000000001", "wall_connector/1734412-02-D--PGT00000000001"
NAMES = {CAR: "Blue", SLEEPER: "Red", SITE: "Home", CONNECTOR: "Wall connector", "account/tesla": "Tesla account"}
HINTS = ("A broker is at 127.0.0.1:1883.", f"  mosquitto_pub -V 5 -t fleet2mqtt/{CAR}/set/charge_limit -m 90")
RESULT = '{"attempts":0,"message":"the car is asleep","outcome":"unavailable","reason":"asleep"}'


@pytest.fixture
def view() -> View:
    view = View("fleet2mqtt", HINTS)
    devices = [{"topic": f"fleet2mqtt/{place}", "name": name} for place, name in NAMES.items()]
    hear(view, "bridge/info", json.dumps({"devices": devices}))
    hear(view, f"{CAR}/status/connectivity", "online")
    hear(view, f"{CAR}/charge/battery_level", "71")
    hear(view, f"{CAR}/charge/charging_state", "no_power")
    hear(view, f"{SLEEPER}/status/connectivity", "asleep")
    hear(view, f"{SITE}/power/grid_power", "-3010")
    hear(view, f"{CONNECTOR}/charge/power", "0")
    return view


def hear(view: View, place: str, text: str) -> str | None:
    return view.hear(f"fleet2mqtt/{place}", text.encode(), "13:01:05", 0.8)


def drawn(view: View, width: int = 120, height: int = 40) -> list[str]:
    console = Console(width=width, height=height, color_system=None)
    with console.capture() as captured:
        console.print(view.render(), height=height)
    return captured.get().splitlines()


def test_each_device_is_shown_with_its_name_units_and_plain_words(view: View) -> None:
    picture = "\n".join(drawn(view))
    for shown in ("Blue", "71 %", "no power", "Home", "-3010 W", "Wall connector", "0 W"):
        assert shown in picture
    assert "Tesla account" not in picture


def test_a_car_that_was_never_awake_says_why_it_is_empty(view: View) -> None:
    assert any("more when it wakes" in line for line in drawn(view))


def test_a_command_and_its_answer_stay_in_sight(view: View) -> None:
    hear(view, f"{CAR}/set/charge_limit", "90")
    hear(view, f"{CAR}/result/charge_limit", RESULT)
    for number in range(500):
        hear(view, f"{SITE}/power/grid_power", str(number))
    picture = "\n".join(drawn(view))
    assert "set/charge_limit" in picture
    assert "unavailable asleep the car is asleep" in picture
    assert "499" in picture


@pytest.mark.parametrize(("width", "height"), [(80, 24), (100, 30), (120, 40), (200, 60), (60, 20)])
def test_it_fits(view: View, width: int, height: int) -> None:
    for number in range(100):
        hear(view, f"{SITE}/power/solar_power", str(number))
    hear(view, f"{CAR}/set/charge_limit", "90")
    lines = drawn(view, width, height)
    assert len(lines) <= height
    assert max(map(len, lines)) <= width
    assert lines[-1].rstrip().endswith("99"), "the newest value is the last line"


def test_only_news_is_worth_a_line(view: View) -> None:
    assert hear(view, f"{CAR}/charge/battery_level", "72") == f"13:01:05  {CAR}/charge/battery_level = 72"
    assert hear(view, f"{CAR}/charge/battery_level", "72") is None, "it is the same"
    assert hear(view, f"{CAR}/charge", '{"battery_level":72}') is None, "a group only repeats its values"
    assert view.hear("homeassistant/status", b"online", "13:01:05", 0.8) is None
    assert view.summary().endswith(f"of {len(NAMES)} devices, first value after 0.8 s")
