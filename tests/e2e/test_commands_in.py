"""Plain MQTT publishes become one call each, one result each, and a new state."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, NamedTuple

import pytest
from whole_house import BASE, CAR, OTHER_CAR, SITE, House


@pytest.fixture(autouse=True)
def _fresh(one: House) -> None:
    one.tesla.forget()


class Case(NamedTuple):
    """A message to a set topic, what Tesla is told for it, and what is shown after it. `place`: group and key."""

    device: str
    place: str
    payload: str
    told: tuple[str, dict[str, Any]]
    shown: str

    @property
    def key(self) -> str:
        return self.place.split("/")[1]


NO_GRID_CHARGING = {"disallow_charge_from_grid_with_solar_installed": True}
DEFROST = {"on": True, "manual_override": False}
EXPORT = {"customer_preferred_export_rule": "pv_only"}

CASES = (
    Case(CAR, "charge/charging", "true", ("charge_start", {}), "true"),
    Case(CAR, "charge/charging", '{"value": false}', ("charge_stop", {}), "false"),
    Case(CAR, "charge/charge_limit", "70", ("set_charge_limit", {"percent": 70}), "70"),
    Case(CAR, "charge/charge_limit", '{"value": 90}', ("set_charge_limit", {"percent": 90}), "90"),
    Case(CAR, "charge/charge_current", "5", ("set_charging_amps", {"charging_amps": 5}), "5"),
    Case(CAR, "climate/defrost", "ON", ("set_preconditioning_max", DEFROST), "true"),
    Case(OTHER_CAR, "security/sentry_mode", "off", ("set_sentry_mode", {"on": False}), "false"),
    Case(SITE, "settings/backup_reserve", "0", ("backup", {"backup_reserve_percent": 0}), "0"),
    Case(SITE, "settings/operation_mode", "backup", ("operation", {"default_real_mode": "backup"}), "backup"),
    Case(SITE, "storm/storm_watch", "false", ("storm_mode", {"enabled": False}), "false"),
    Case(SITE, "settings/grid_charging", "false", ("grid_import_export", NO_GRID_CHARGING), "false"),
    Case(SITE, "settings/export_rule", '{"value": "pv_only"}', ("grid_import_export", EXPORT), "pv_only"),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.key} {case.payload}")
def test_a_command_is_done_once_and_the_state_shows_it(one: House, case: Case) -> None:
    result = one.ask(case.device, case.key, case.payload)
    assert (result["command"], result["outcome"], result["attempts"]) == (case.key, "ok", 1)
    assert one.tesla.done(case.device) == [case.told]
    one.comes_to(case.device, case.place, case.shown)
    one.comes_to(case.device, "status/last_command", case.key)
    one.comes_to(case.device, "status/last_command_outcome", "ok")


def test_a_command_without_a_value_is_pressed(one: House) -> None:
    assert one.ask(OTHER_CAR, "flash_lights", "PRESS")["outcome"] == "ok"
    assert one.ask(OTHER_CAR, "flash_lights", "{}")["outcome"] == "ok"
    assert one.tesla.done(OTHER_CAR) == [("flash_lights", {})] * 2


def test_a_command_may_be_called_by_its_own_name_with_its_parameters(one: House) -> None:
    result = one.ask(OTHER_CAR, "set_charge_limit", '{"percent": 75, "transaction": "mine"}')
    assert (result["outcome"], result["value"], result["transaction"]) == ("ok", {"percent": 75}, "mine")
    assert one.tesla.done(OTHER_CAR) == [("set_charge_limit", {"percent": 75})]


def test_the_result_tells_what_was_asked_when_and_by_whom(one: House) -> None:
    since = len(one.spy.messages)
    result = one.ask(OTHER_CAR, "charge_limit", '{"value": 80, "transaction": "t-1"}', CorrelationData=b"\x00\xff")
    assert result == {
        "command": "charge_limit",
        "outcome": "ok",
        "reason": None,
        "message": "",
        "transaction": "t-1",
        "requested_at": result["requested_at"],
        "finished_at": result["finished_at"],
        "attempts": 1,
        "value": 80,
    }
    assert result["requested_at"] <= result["finished_at"]
    (heard,) = one.results(OTHER_CAR, "charge_limit", since)
    assert (heard.correlation, heard.content_type) == (b"\x00\xff", "application/json")


def test_a_refusal_of_the_car_is_the_result(one: House) -> None:
    one.tesla.force(OTHER_CAR, refuse="disconnected")
    result = one.ask(OTHER_CAR, "charging", "true")
    assert (result["outcome"], result["reason"]) == ("refused", "disconnected")
    assert one.value(OTHER_CAR, "charge/charging") == "false"


@pytest.mark.case("S8")
def test_an_answer_goes_to_the_response_topic_too_below_the_base(one: House) -> None:
    topic = f"{BASE}/response/nodered/7"
    one.ask(OTHER_CAR, "charge_limit", "80", ResponseTopic=topic, CorrelationData=b"seven")
    (heard,) = one.spy.until(lambda: one.spy.on(topic), "a response")
    assert (heard.body["outcome"], heard.correlation) == ("ok", b"seven")


@pytest.mark.case("S8")
@pytest.mark.parametrize(
    "topic",
    [
        "homeassistant/device/evil/config",
        f"{BASE}/{OTHER_CAR}/set/charging",
        f"{BASE}/bridge/state",
        "$SYS/x",
        f"{BASE}/response",
        f"{BASE}/responses/x",
        f"{BASE}/response/+",
        f"{BASE}/response/#",
        "#",
    ],
)
def test_no_other_topic_is_written_to_because_somebody_asks(one: House, topic: str) -> None:
    """The bridge may write where the asker may not (mqtt-and-home-assistant.md 4.6)."""
    since = len(one.spy.messages)
    assert one.ask(OTHER_CAR, "charge_limit", "80", ResponseTopic=topic)["outcome"] == "ok"
    one.ask(OTHER_CAR, "no_such_thing", "?")  # whatever would have been sent has come before this
    assert one.spy.on(topic, since) == []


@pytest.mark.case("F11")
def test_a_car_that_fell_asleep_unseen_is_woken_once_and_told_once(one: House) -> None:
    one.ask(OTHER_CAR, "charge_limit", "84")
    one.tesla.force(OTHER_CAR, sentry_mode=False, state="asleep")
    one.tesla.forget()
    result = one.ask(OTHER_CAR, "charge_limit", "85")
    assert (result["outcome"], result["attempts"]) == ("ok", 2)
    assert len(one.tesla.asked("wake_up")) == 1
    assert one.tesla.done(OTHER_CAR) == [("set_charge_limit", {"percent": 85})]
    assert one.value(OTHER_CAR, "status/connectivity") == "online"


def test_many_set_points_are_few_calls_and_the_last_one_counts(one: House) -> None:
    since = len(one.spy.messages)
    amps = [6 + number % 8 for number in range(100)] + [9]
    with one.api.holding(b"set_charging_amps"):
        for each in amps:
            one.send(OTHER_CAR, "charge_current", str(each))
        one.spy.until(
            lambda: len(one.results(OTHER_CAR, "charge_current", since)) == len(amps) - 2, "all but two results"
        )
    one.spy.until(lambda: len(one.results(OTHER_CAR, "charge_current", since)) == len(amps), "every result")
    outcomes = [json.loads(each.payload)["reason"] for each in one.results(OTHER_CAR, "charge_current", since)]
    assert outcomes == ["superseded"] * (len(amps) - 2) + [None, None]
    assert [parameters for _, parameters in one.tesla.done(OTHER_CAR)] == [{"charging_amps": 6}, {"charging_amps": 9}]


def test_a_look_at_the_car_and_the_site_shows_what_was_commanded(one: House) -> None:
    for device in (CAR, SITE):
        one.look(device)
        one.ask(device, "no_such_thing", "?")  # its result comes after whatever the look has changed
    shown = {(case.device, case.place): case.shown for case in CASES}
    assert {key: one.value(*key) for key in shown} == shown
    assert one.tesla.done(CAR) == one.tesla.done(SITE) == []


def test_meanwhile_the_energy_of_the_sites_day_has_been_read(one: House) -> None:
    one.spy.until(lambda: one.value(SITE, "history"), "the site's day")
    assert int(one.value(SITE, "history/total_home_usage") or "") > 0
    assert datetime.fromisoformat(one.value(SITE, "history/history_period_start") or "").hour == 0
