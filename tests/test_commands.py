"""The life of a command: from its arrival to its one result."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from command_desk import CAR, SITE, Asked, Desk, Tesla, desk

from bridge.catalog.offer import Offer
from bridge.catalog.places import Location
from bridge.commands.waking import Policy
from bridge.errors import (
    AnswerInvalid,
    BridgeError,
    BudgetSpent,
    CallWrong,
    NotSent,
    RateLimited,
    ServerFailed,
    VehicleUnavailable,
    WakesSpent,
)
from bridge.fleet.answers import CommandAnswer
from bridge.model import Outcome


@pytest.fixture
async def at(tmp_path: Path) -> AsyncIterator[Desk]:
    """A desk with a car that is online."""
    async with desk(tmp_path) as one:
        one.knows(CAR, connectivity="online")
        yield one


def limit(percent: int) -> Asked:
    return Asked("command/set_charge_limit", CAR.id, {"percent": percent})


def written_in(directory: Path) -> bytes:
    return b"".join(path.read_bytes() for path in directory.iterdir())


# --- what is sent -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("payload", ["80", " 80 ", '{"value": 80}', '{"value": "80", "transaction": "x"}', "80.0"])
async def test_a_value_is_set_with_one_call_and_shown_at_once(at: Desk, payload: str) -> None:
    result = await at.ask("charge_limit", payload)
    assert (result.outcome, result.value, result.attempts) == (Outcome.OK, 80, 1)
    assert at.tesla.writes == [limit(80)]
    assert at.store.values(CAR)["charge_limit"] == 80


async def test_a_command_may_be_called_by_its_own_name(at: Desk) -> None:
    result = await at.ask("set_charge_limit", '{"percent": 80, "transaction": 7}')
    assert (result.outcome, result.value, result.request.transaction) == (Outcome.OK, {"percent": 80}, "7")
    assert at.tesla.writes == [limit(80)]


async def test_what_is_sent_has_the_shape_that_the_row_gives_it(at: Desk) -> None:
    await at.ask("navigation_request", '{"address": "Brandenburger Tor"}')
    assert at.tesla.writes[0].body["value"] == {"android.intent.extra.TEXT": "Brandenburger Tor"}


async def test_what_is_not_given_is_filled_in_with_what_the_car_has(at: Desk) -> None:
    at.knows(CAR, passenger_target_temperature=19.5)
    await at.ask("target_temperature", "21")
    assert at.tesla.writes[0].body == {"driver_temp": 21.0, "passenger_temp": 19.5}


@pytest.mark.case("F28")
@pytest.mark.parametrize("reason", ["already_set", "requested", "not_charging", "remote: already_set"])
async def test_a_car_that_says_it_is_so_already_has_done_it(at: Desk, reason: str) -> None:
    at.tesla.answers.append(CommandAnswer(result=False, reason=reason))
    result = await at.ask("charging", "false")
    assert (result.outcome, result.reason) == (Outcome.OK, reason)


async def test_a_car_that_refuses_says_why_and_is_not_asked_again(at: Desk) -> None:
    at.tesla.answers.append(CommandAnswer(result=False, reason="disconnected"))
    result = await at.ask("charging", "true")
    assert (result.outcome, result.reason, result.attempts) == (Outcome.REFUSED, "disconnected", 1)
    assert "charging" not in at.store.values(CAR)
    assert len(at.tesla.writes) == 1


@pytest.mark.parametrize(
    ("error", "outcome", "reason"),
    [
        (CallWrong("400"), Outcome.REFUSED, "call_wrong"),
        (RateLimited("429", 900), Outcome.UNAVAILABLE, "rate_limited"),
        (WakesSpent("ten times today"), Outcome.UNAVAILABLE, "wake_cap"),
        (NotSent("no connection"), Outcome.UNAVAILABLE, "not_sent"),
    ],
)
async def test_what_did_not_reach_the_car_is_told_with_its_reason(
    at: Desk, error: BridgeError, outcome: Outcome, reason: str
) -> None:
    at.tesla.answers.append(error)
    result = await at.ask("charge_limit", "80")
    assert (result.outcome, result.reason) == (outcome, reason)
    assert len(at.tesla.writes) == 1


# --- what is not sent -------------------------------------------------------------------------------------


@pytest.mark.case("S2")
async def test_a_dangerous_command_is_off_until_its_name_is_enabled(at: Desk, tmp_path: Path) -> None:
    result = await at.ask("locked", "false")
    assert (result.outcome, result.reason) == (Outcome.INVALID, "not_enabled")
    assert "FLEET2MQTT_COMMANDS_ENABLE" in result.message
    async with desk(tmp_path / "enabled", offer=Offer(enabled_commands=("door_unlock",))) as other:
        assert (await other.ask("locked", "false")).outcome is Outcome.OK


PLACE = {"lat": -77.123456, "lon": 130.876543}


@pytest.mark.parametrize("location", list(Location), ids=str)
async def test_a_place_that_was_sent_is_echoed_and_kept_only_where_places_are_exact(
    tmp_path: Path, location: Location
) -> None:
    async with desk(tmp_path, offer=Offer(location=location)) as one:
        ways: dict[str, dict[str, Any]] = {
            "navigation_gps_request": {**PLACE, "order": 1},
            "navigation_request": {"address": "canary street 7"},
            "navigation_waypoints_request": {"waypoints": "refId:canary"},
            "add_managed_charging_site": {**PLACE, "public_key": "aa", "din": "1707000-11-J--TG123456789012"},
        }
        results = [await one.ask(name, json.dumps({**given, "transaction": name})) for name, given in ways.items()]
        assert {result.outcome for result in results[:3]} == {Outcome.OK}
    kept = _kept(tmp_path)
    found = re.findall("77.1234|130.8765|canary", kept + repr([result.value for result in results]))
    assert bool(found) is (location is Location.EXACT)


def _kept(directory: Path) -> str:
    return "".join(path.read_bytes().decode(errors="replace") for path in directory.iterdir())


async def test_what_asks_for_a_place_is_not_sent_where_its_answer_could_not_be_told(tmp_path: Path) -> None:
    async with desk(tmp_path, offer=Offer(location=Location.ROUNDED)) as one:
        result = await one.ask("get_managed_charging_sites", "PRESS")
        assert (result.outcome, result.reason, one.tesla.writes) == (Outcome.INVALID, "location", [])
        assert "FLEET2MQTT_LOCATION=rounded" in result.message


async def test_without_the_scope_a_command_is_not_sent(tmp_path: Path) -> None:
    async with desk(tmp_path, offer=Offer(scopes={"vehicle_device_data", "vehicle_charging_cmds"})) as one:
        assert (await one.ask("charge_limit", "80")).outcome is Outcome.OK
        result = await one.ask("honk_horn", "PRESS")
    assert (result.outcome, result.reason) == (Outcome.UNAVAILABLE, "scope")
    assert "vehicle_cmds" in result.message


async def test_a_trunk_that_is_as_wanted_is_not_moved(tmp_path: Path) -> None:
    """Opening and closing are the same call: sent to an open trunk, `open` would close it."""
    async with desk(tmp_path, offer=Offer(enabled_commands=("actuate_trunk",))) as one:
        one.tesla.car["vehicle_state"] = {"rt": 255}
        assert (await one.ask("trunk", "true")).outcome is Outcome.OK
        assert one.tesla.writes == []
        one.tesla.car["vehicle_state"] = {"rt": 0}
        assert (await one.ask("trunk", "true")).outcome is Outcome.OK
        assert (await one.ask("actuate_trunk", "rear")).outcome is Outcome.OK
    assert [each.body for each in one.tesla.writes] == [{"which_trunk": "rear"}] * 2


@pytest.mark.case("F26")
@pytest.mark.parametrize("error", [BudgetSpent("90 %"), RateLimited("429", 60), ServerFailed("500")])
async def test_a_trunk_that_cannot_be_seen_is_not_moved(tmp_path: Path, error: BridgeError) -> None:
    """Data stops before commands do, at 90 % of the budget: `close` would open a closed one then."""
    async with desk(tmp_path, offer=Offer(enabled_commands=("actuate_trunk",))) as one:
        one.tesla.read_fails = error
        result = await one.ask("trunk", "false")
    assert (result.outcome, result.reason, one.tesla.writes) == (Outcome.UNAVAILABLE, error.reason, [])


async def test_a_trunk_that_the_car_does_not_tell_is_not_moved(tmp_path: Path) -> None:
    async with desk(tmp_path, offer=Offer(enabled_commands=("actuate_trunk",))) as one:
        one.tesla.car["vehicle_state"] = {"rt": None}
        result = await one.ask("trunk", "false")
    assert (result.outcome, result.reason, one.tesla.writes) == (Outcome.UNAVAILABLE, "unknown_setting", [])


async def test_a_trunk_of_a_car_that_only_seems_online_is_looked_at_once_it_is_awake(tmp_path: Path) -> None:
    async with desk(tmp_path, offer=Offer(enabled_commands=("actuate_trunk",))) as one:
        one.tesla.readable = False
        one.tesla.car["vehicle_state"] = {"rt": 255}
        one.send("trunk", "false")
        await one.until(lambda: one.tesla.wakes == 1)
        one.tesla.readable = True
        (result,) = await one.heard(1)
    assert (result.outcome, result.attempts, len(one.tesla.writes)) == (Outcome.OK, 1, 1)


async def test_a_pin_is_sent_and_told_to_nobody(tmp_path: Path) -> None:
    async with desk(tmp_path, offer=Offer(enabled_commands=("set_valet_mode",))) as one:
        result = await one.ask("set_valet_mode", '{"on": true, "password": "9731", "transaction": "valet"}')
        kept = written_in(tmp_path)
    assert one.tesla.writes[0].body["password"] == "9731"
    assert (result.outcome, result.value) == (Outcome.OK, {"on": True})
    assert b"valet" in kept
    assert b"9731" not in kept


async def test_a_mode_with_a_pin_is_set_with_it(tmp_path: Path) -> None:
    async with desk(tmp_path, offer=Offer(enabled_commands=("speed_limit_activate",))) as one:
        without = await one.ask("speed_limit_lock", "true")
        result = await one.ask("speed_limit_lock", '{"value": true, "pin": "9731", "transaction": "limit"}')
        kept = written_in(tmp_path)
    assert (without.outcome, without.message) == (Outcome.INVALID, "speed_limit_activate needs pin, a text")
    assert [each.body for each in one.tesla.writes] == [{"pin": "9731"}]
    assert (result.outcome, result.value) == (Outcome.OK, True)
    assert b"limit" in kept
    assert b"9731" not in kept


async def test_besides_its_value_a_setting_takes_only_what_its_command_takes(at: Desk) -> None:
    result = await at.ask("charge_limit", '{"value": 80, "more": 1}')
    assert (result.outcome, at.tesla.writes) == (Outcome.INVALID, [])
    assert "has no parameter 'more'" in result.message
    assert (await at.ask("defrost", '{"value": true, "manual_override": true}')).outcome is Outcome.OK
    assert at.tesla.writes[0].body == {"on": True, "manual_override": True}


async def test_a_cover_that_can_be_stopped_takes_stop(tmp_path: Path) -> None:
    async with desk(tmp_path, offer=Offer(enabled_commands=("stop_tonneau", "window_control"))) as one:
        assert (await one.ask("tonneau", "stop")).outcome is Outcome.OK
        refused = await one.ask("windows", "stop")
    assert [each.what for each in one.tesla.writes] == ["command/stop_tonneau"]
    assert (refused.outcome, refused.reason) == (Outcome.INVALID, "value")


async def test_without_a_key_what_exists_only_signed_is_unavailable_and_nobody_is_woken(tmp_path: Path) -> None:
    async with desk(tmp_path, offer=Offer(signs=False)) as one:
        results = [await one.ask("set_recirculation", "true"), await one.ask("recirculation", "true")]
    assert {(each.outcome, each.reason) for each in results} == {(Outcome.UNAVAILABLE, "signing_required")}
    assert "fleet2mqtt keys" in results[0].message
    assert one.tesla.asked == []


async def test_what_no_answer_tells_is_what_was_set_last(at: Desk) -> None:
    assert (await at.ask("recirculation", "true")).outcome is Outcome.OK
    assert at.store.values(CAR)["recirculation"] is True


async def test_the_answer_to_a_question_is_the_value_of_the_result(at: Desk) -> None:
    told = {"charge_on_solar": {"enabled": True, "lower_charge_limit": 30.0, "upper_charge_limit": 80.0}}
    at.tesla.answers.append(CommandAnswer(result=True, reason="", told=told))
    result = await at.ask("get_charge_on_solar", "PRESS")
    assert (result.outcome, result.value) == (Outcome.OK, told)
    values = at.store.values(CAR)
    assert (values["charge_on_solar"], values["charge_on_solar_lower_limit"]) == (True, 30)


async def test_an_answer_that_holds_nothing_is_shown_as_it_is(at: Desk) -> None:
    at.tesla.answers.append(CommandAnswer(result=True, reason="", told={"charge_on_solar": None}))
    result = await at.ask("get_charge_on_solar", "PRESS")
    assert (result.outcome, result.value) == (Outcome.OK, {"charge_on_solar": None})
    assert "charge_on_solar" not in at.store.values(CAR)


async def test_a_parameter_keeps_to_the_cars_own_limits(at: Desk) -> None:
    at.knows(CAR, charge_limit_maximum=90, charge_current_maximum=16)
    result = await at.ask("set_charge_limit", "95")
    assert (result.outcome, result.message) == (Outcome.INVALID, "set_charge_limit: percent must be 50 to 90, not '95'")
    assert (await at.ask("set_charging_amps", "17")).outcome is Outcome.INVALID


# --- sleeping cars ----------------------------------------------------------------------------------------


async def test_a_sleeping_car_is_woken_once_and_then_told(tmp_path: Path) -> None:
    tesla = Tesla()
    tesla.states.extend(["asleep", "asleep", "asleep", "online"])
    tesla.states.popleft()
    async with desk(tmp_path, tesla=tesla) as one:
        result = await one.ask("charge_limit", "80")
    assert (result.outcome, result.attempts) == (Outcome.OK, 1)
    assert [each.what for each in tesla.asked] == ["wake_up", "command/set_charge_limit"]
    assert one.clock.slept[:2] == [2.0, 3.0]


@pytest.mark.parametrize("state", ["asleep", "offline", "something new"])
async def test_a_car_that_does_not_wake_up_gets_no_command(tmp_path: Path, state: str) -> None:
    async with desk(tmp_path) as one:
        one.tesla.states[0] = state
        result = await one.ask("charge_limit", "80")
    assert (result.outcome, result.reason, result.attempts) == (Outcome.UNAVAILABLE, "asleep", 0)
    assert [each.what for each in one.tesla.asked] == ["wake_up"]
    assert sum(one.clock.slept) == Policy().wake_time


@pytest.mark.case("F32")
async def test_a_command_whose_time_runs_out_while_the_car_wakes_is_expired(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        one.tesla.states[0] = "asleep"
        result = await one.ask("charge_limit", "80", life=5)
        one.tesla.states[0] = "online"
        await one.clock.run(600)
    assert (result.outcome, result.reason) == (Outcome.EXPIRED, "too_late")
    assert one.tesla.writes == []


@pytest.mark.case("F32")
async def test_no_car_is_woken_for_a_command_that_is_too_late(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        one.tesla.states[0] = "asleep"
        assert (await one.ask("charge_limit", "80", life=0)).outcome is Outcome.EXPIRED
    assert one.tesla.asked == []


async def test_no_car_is_woken_where_the_settings_forbid_it(tmp_path: Path) -> None:
    async with desk(tmp_path, policy=Policy(may_wake=lambda _: False)) as one:
        one.tesla.states[0] = "asleep"
        result = await one.ask("charge_limit", "80")
    assert (result.outcome, result.reason) == (Outcome.UNAVAILABLE, "asleep")
    assert one.tesla.asked == []


async def test_no_car_is_woken_to_skip_a_song(at: Desk) -> None:
    at.tesla.states[0] = "asleep"
    at.clock.advance(3600)
    assert (await at.ask("media_next_track", "PRESS")).reason == "asleep"
    assert at.tesla.asked == []


async def test_a_car_that_fell_asleep_since_it_was_seen_is_woken_and_told_again(at: Desk) -> None:
    """A 408 proves that nothing was done (reliability.md B1)."""
    at.tesla.answers.append(VehicleUnavailable("408"))
    at.tesla.states.extend(["asleep", "online"])
    at.tesla.states.popleft()
    result = await at.ask("charge_limit", "80")
    assert (result.outcome, result.attempts) == (Outcome.OK, 2)
    assert [each.what for each in at.tesla.asked] == [
        "command/set_charge_limit",
        "wake_up",
        "command/set_charge_limit",
    ]


@pytest.mark.case("F28")
async def test_no_car_is_woken_for_a_command_that_it_will_not_take(tmp_path: Path) -> None:
    """The app's key is not in it (reliability.md C6). To be woken it needs none."""
    async with desk(tmp_path) as one:
        one.tesla.key_missing = True
        one.tesla.states[0] = "asleep"
        assert (await one.ask("charge_limit", "80")).outcome is Outcome.UNAVAILABLE
        assert one.tesla.wakes == 0
        await one.ask("wake", "PRESS")
    assert one.tesla.wakes == 1


async def test_wake_is_done_when_the_car_is_online(at: Desk) -> None:
    assert (await at.ask("wake", "PRESS")).outcome is Outcome.OK
    assert at.tesla.asked == []


# --- lost answers -----------------------------------------------------------------------------------------


@pytest.mark.case("F24")
@pytest.mark.parametrize("error", [ServerFailed("504"), AnswerInvalid("<html>")])
async def test_a_lost_answer_is_read_back_and_never_sent_again(at: Desk, error: BridgeError) -> None:
    at.tesla.lossy = True
    at.tesla.answers.append(error)
    result = await at.ask("charge_limit", "80")
    assert (result.outcome, result.attempts) == (Outcome.OK, 1)
    assert at.tesla.writes == [limit(80)]


@pytest.mark.case("F24")
async def test_what_cannot_be_seen_to_be_done_is_unconfirmed(at: Desk) -> None:
    at.tesla.answers.extend([ServerFailed("504"), ServerFailed("504"), ServerFailed("504")])
    not_done = await at.ask("charge_limit", "80")
    one_shot = await at.ask("honk_horn", "PRESS")
    at.tesla.readable = False
    unreadable = await at.ask("charge_limit", "70")
    assert {each.outcome for each in (not_done, one_shot, unreadable)} == {Outcome.UNCONFIRMED}
    assert len(at.tesla.writes) == 3


async def test_a_bug_of_ours_answers_too_and_stops_nobody(at: Desk) -> None:
    at.tesla.answers.append(ServerFailed("504"))
    at.tesla.car.clear()  # the read-back ends in a KeyError, which nobody has foreseen
    result = await at.ask("charge_limit", "80")
    assert (result.outcome, result.reason) == (Outcome.UNCONFIRMED, "internal")
    assert (await at.ask("honk_horn", "PRESS")).outcome is Outcome.OK


# --- energy sites -----------------------------------------------------------------------------------------


async def test_a_setting_of_a_site_is_ok_when_the_site_shows_it(at: Desk) -> None:
    result = await at.ask("backup_reserve", "0", SITE)
    assert (result.outcome, result.value, result.attempts) == (Outcome.OK, 0, 1)
    assert at.tesla.writes == [Asked("backup", SITE.id, {"backup_reserve_percent": 0})]


@pytest.mark.case("F26")
async def test_a_yes_without_effect_is_repeated_once_and_then_refused(at: Desk) -> None:
    at.tesla.effective = False
    result = await at.ask("backup_reserve", "50", SITE)
    assert (result.outcome, result.reason, result.attempts) == (Outcome.REFUSED, "not_applied", 2)
    assert len(at.tesla.writes) == 2


@pytest.mark.case("F26")
async def test_a_setting_that_cannot_be_read_back_is_neither_repeated_nor_said_to_be_refused(at: Desk) -> None:
    at.tesla.is_down = True
    result = await at.ask("backup_reserve", "50", SITE)
    assert (result.outcome, result.reason, result.attempts) == (Outcome.UNCONFIRMED, "not_sent", 1)
    assert "could not be seen" in result.message
    assert len(at.tesla.writes) == 1


@pytest.mark.case("F26")
async def test_of_several_looks_at_a_setting_the_last_one_counts(at: Desk) -> None:
    """A site lags: that it did not show it at first is no refusal."""
    at.tesla.effective = False
    looks = iter((False, False, True, True))
    at.tesla.meanwhile = lambda: setattr(at.tesla, "is_down", next(looks))
    assert (await at.ask("backup_reserve", "50", SITE)).outcome is Outcome.UNCONFIRMED
    assert len(at.tesla.writes) == 1


@pytest.mark.case("F26")
async def test_a_repetition_that_cannot_be_sent_does_not_unsend_the_first(at: Desk) -> None:
    at.tesla.effective = False
    at.tesla.answers.extend([CommandAnswer(result=True, reason=""), NotSent("no connection")])
    result = await at.ask("backup_reserve", "50", SITE)
    assert (result.outcome, result.reason) == (Outcome.REFUSED, "not_applied")
