"""Calls that are made only on request: by `get`, by a button, and never of a car that sleeps."""

from __future__ import annotations

import json

from whole_house import BASE, CAR, OTHER_CAR, House, id_of

ACCOUNT = "account/tesla"


def alerts_told(one: House) -> list[tuple[str, str]]:
    """Name and text of each alert that was an event."""
    told = [each.body for each in one.spy.on(f"{BASE}/{CAR}/event")]
    return [(event["name"], event["text"]) for event in told if event["event_type"] == "alert"]


def test_get_brings_the_answer_and_an_alert_that_is_new_is_an_event(one: House) -> None:
    one.spy.publish(f"{BASE}/{CAR}/get/recent_alerts")
    one.comes_to(CAR, "status/last_alert", "UI_a147_tirePressureLow")
    assert not alerts_told(one), "it is old"
    alerts = [
        {"name": "UI_a147_tirePressureLow", "time": "2026-07-14T12:00:00+00:00", "audience": [], "user_text": "Low"},
        {"name": "VCSEC_a228", "time": "2026-07-15T12:00:00+00:00", "audience": ["customer"], "user_text": "Key"},
    ]
    one.tesla.fault("/recent_alerts", body=json.dumps({"response": {"recent_alerts": alerts}}))
    one.spy.publish(f"{BASE}/{CAR}/get/recent_alerts")
    one.comes_to(CAR, "status/last_alert", "VCSEC_a228", 50)  # paid calls are half a minute apart
    one.tesla.heal()
    one.spy.until(lambda: ("VCSEC_a228", "Key") in alerts_told(one), "the event")


def test_a_button_of_the_account_asks_for_the_keys_of_all_cars_at_once(one: House) -> None:
    before = len(one.tesla.asked("fleet_status"))
    assert one.ask(ACCOUNT, "refresh_fleet_status", "PRESS")["outcome"] == "ok"
    one.spy.until(lambda: {one.value(car, "status/key_paired") for car in (CAR, OTHER_CAR)} == {"true"}, "the keys")
    assert len(one.tesla.asked("fleet_status")) == before + 1


def test_a_sleeping_car_is_not_asked(one: House) -> None:
    one.tesla.force(OTHER_CAR, sentry_mode=False, state="asleep")
    one.comes_to(OTHER_CAR, "status/connectivity", "asleep")
    assert one.ask(OTHER_CAR, "refresh_nearby_charging_sites", "PRESS")["outcome"] == "ok"
    one.spy.publish(f"{BASE}/{OTHER_CAR}/get/service_data")
    one.comes_to(OTHER_CAR, "status/service_status", "none")
    assert one.tesla.asked(f"{id_of(OTHER_CAR)}/nearby_charging_sites") == []
    assert one.value(OTHER_CAR, "status/connectivity") == "asleep"
