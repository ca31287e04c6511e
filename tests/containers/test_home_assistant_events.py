"""What happens is shown by the event entities: each hears only what is its own, with the facts."""

from __future__ import annotations

from typing import Any

import pytest
from home_assistant import HomeAssistant
from household import AT_REST, Household
from whole_house import CAR, SITE, id_of

pytest_plugins = ["assistant_fixtures"]
pytestmark = [pytest.mark.containers, pytest.mark.homeassistant, pytest.mark.mosquitto]

COMMAND = "event.simulated_3_command"
OUTAGE = "event.simulated_home_grid_outage"
STORM = "event.simulated_home_storm"
TRIP = "event.simulated_3_trip"
ZONE = "event.simulated_3_zone_change"
SESSION = "event.wall_connector_charge_session"


@pytest.fixture(scope="module", autouse=True)
def _at_rest(house: Household, unwatched: HomeAssistant) -> None:
    house.put(CAR, **AT_REST, battery_level=52)
    unwatched.comes_to("sensor.simulated_3_battery_level", "52")


def moments(assistant: HomeAssistant) -> dict[str, str]:
    """Event entity -> when something happened last."""
    return {name: one["state"] for name, one in assistant.states.items() if name.startswith("event.")}


def happens(assistant: HomeAssistant, entity: str, *event_types: str) -> dict[str, Any]:
    """Waits until one of these is what happened last, and gives its facts."""

    def facts() -> dict[str, Any] | None:
        attributes: dict[str, Any] = assistant.states[entity]["attributes"]
        return attributes if attributes["event_type"] in event_types else None

    found: dict[str, Any] = assistant.until(facts, f"{entity}: {event_types}")
    return found


def test_a_command_that_is_done_is_told_by_the_cars_own_entity_and_no_other(
    whole: HomeAssistant, house: Household
) -> None:
    before = moments(whole)
    whole.press("button.press", "button.simulated_3_flash_lights")
    whole.until(lambda: whole.state(COMMAND) != before[COMMAND], "an event")
    facts = happens(whole, COMMAND, "ok")
    assert (facts["command"], facts["reason"]) == ("flash_lights", None)
    assert {name for name, moment in moments(whole).items() if moment != before[name]} == {COMMAND}


def test_a_command_that_is_refused_is_told_with_the_reason(whole: HomeAssistant, house: Household) -> None:
    house.tesla.force(CAR, refuse=["not_today"])
    whole.press("button.press", "button.simulated_3_honk_horn")
    facts = happens(whole, COMMAND, "refused")
    assert (facts["command"], facts["reason"]) == ("honk_horn", "not_today")
    assert "refused honk_horn: not_today" in facts["message"]


def test_a_storm_and_an_outage_are_told_when_they_begin_and_when_they_are_over(
    whole: HomeAssistant, house: Household
) -> None:
    house.tesla.force(SITE, storm=True)
    house.pass_time(0.1)
    assert happens(whole, STORM, "storm_announced")["storm_type"] == "thunderstorm"
    house.tesla.force(SITE, storm=False, grid_down=True)
    house.pass_time(0.1)
    happens(whole, STORM, "storm_over")
    happens(whole, OUTAGE, "grid_outage_started")
    house.tesla.force(SITE, grid_down=False)
    house.pass_time(0.1)
    facts = happens(whole, OUTAGE, "grid_outage_ended", "grid_outage_recorded")  # the site may tell it right after
    assert facts["duration"] > 300


def test_a_trip_is_told_with_its_distance_and_the_zone_that_was_left(whole: HomeAssistant, house: Household) -> None:
    whole.comes_to("sensor.simulated_3_zone", "home")
    house.put(CAR, drive_to="work")
    happens(whole, TRIP, "trip_started")
    house.pass_time(0.1, step=60)
    happens(whole, ZONE, "zone_left")
    house.pass_time(1, step=60, pause=0.05)
    facts = happens(whole, TRIP, "trip_finished")
    assert facts["distance"] > 10
    assert facts["duration"] > 600
    house.put(CAR, **AT_REST)
    happens(whole, ZONE, "zone_entered")


def test_a_charge_is_told_by_the_wall_connector_it_was_at(whole: HomeAssistant, house: Household) -> None:
    house.put(CAR, charging=True)
    house.pass_time(0.5)
    assert happens(whole, SESSION, "charging_started")["vin"] == id_of(CAR)
    house.put(CAR, charging=False)
    house.pass_time(0.2)
    facts = happens(whole, SESSION, "charging_ended")
    assert facts["energy"] > 1000
    assert facts["duration"] > 1200
