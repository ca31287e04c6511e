"""Intents over MQTT: a simulated Powerwall is set for a while, and is as before afterwards, whatever happens."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from whole_house import SITE, House, empty_house, message

from bridge.simulator.site_tariff_default import TIME_OF_USE

OWNER = {"grid_charging": "false", "operation_mode": "self_consumption", "backup_reserve": "20"}
CHARGING = {"grid_charging": "true", "operation_mode": "autonomous", "backup_reserve": "100"}
LONG = 60.0
"""Seconds: longer than the pauses between two tries."""


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with empty_house(tmp_path_factory.mktemp("house")) as running:
        yield running


@pytest.fixture(autouse=True)
def _as_the_owner_has_it(one: House) -> None:
    if not one.bridge.is_alive:
        one.start()
    one.tesla.force(SITE, refuse_writes=[], high_reserve="kept")
    comes_to(one, intent_state="normal")
    for key, value in OWNER.items():
        if one.value(SITE, f"settings/{key}") != value:
            assert one.ask(SITE, key, value)["outcome"] == "ok"
    one.tesla.forget()


def is_shown(one: House, wanted: dict[str, str]) -> bool:
    return all(one.value(SITE, f"settings/{key}") == value for key, value in wanted.items())


def comes_to(one: House, seconds: float = 20, **intent: str) -> None:
    wanted = {f"intent/{key}": value for key, value in intent.items()}
    one.spy.until(lambda: all(one.value(SITE, each) == value for each, value in wanted.items()), str(intent), seconds)


def is_restored(one: House, seconds: float = 20) -> None:
    """As Tesla tells it, asked anew."""
    comes_to(one, seconds, intent="normal", intent_state="normal")
    one.spy.until(lambda: is_shown(one, OWNER), "the owner's settings")
    one.look(SITE)
    one.ask(SITE, "no_such_thing", "?")
    assert is_shown(one, OWNER)


def soon(seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()  # noqa: TID251 - the bridge's own clock


def test_an_intent_is_set_shown_and_ended_by_the_button(one: House) -> None:
    result = one.ask(SITE, "intent", "charge_from_grid")
    assert (result["outcome"], result["value"]) == ("ok", "charge_from_grid")
    assert [name for name, _ in one.tesla.done(SITE)] == ["grid_import_export", "operation", "backup"]
    assert is_shown(one, CHARGING)
    comes_to(one, intent="charge_from_grid", intent_state="active")
    one.spy.until(lambda: float(one.value(SITE, "power/battery_power") or 0) < -4000, "the battery to be charged")
    result = one.ask(SITE, "restore", "PRESS")
    assert result["outcome"] == "ok"
    assert "put back: grid_charging false" in result["message"]
    is_restored(one)


def test_it_ends_by_itself_when_its_time_has_come(one: House) -> None:
    body = {"intent": "full_backup", "until": soon(4)}
    assert one.ask(SITE, "set_intent", json.dumps(body))["outcome"] == "ok"
    assert one.value(SITE, "settings/backup_reserve") == "100"
    is_restored(one)


def test_what_is_changed_by_hand_meanwhile_stays(one: House) -> None:
    one.ask(SITE, "intent", "charge_from_grid")
    one.ask(SITE, "backup_reserve", "55")
    result = one.ask(SITE, "intent", "normal")
    assert result["message"].endswith("changed by hand, so it stays: backup_reserve 55")
    assert is_shown(one, {**OWNER, "backup_reserve": "55"})


def test_a_refusal_in_the_middle_is_told_and_undone(one: House) -> None:
    one.tesla.force(SITE, refuse_writes=["operation"])
    result = one.ask(SITE, "intent", "charge_from_grid")
    assert (result["outcome"], result["reason"]) == ("refused", "operation is not allowed")
    assert result["message"].endswith("everything is as it was before")
    is_restored(one)


@pytest.mark.parametrize(
    ("call", "is_done"),
    [(b"/grid_import_export", True), (b"/operation", True), (b"/backup", True), (b"/backup", False)],
    ids=["grid", "operation", "reserve", "reserve lost"],
)
def test_killed_at_each_write_it_is_undone_after_the_restart(one: House, call: bytes, is_done: bool) -> None:  # noqa: FBT001
    transaction = f"killed at {call!r} {is_done}"
    with one.api.holding(call, answer=is_done) as held:
        one.send(SITE, "intent", message(transaction, value="charge_from_grid"))
        held.wait()
        one.bridge.kill()
        if not is_done:
            held.lose()
    one.start()
    result = one.one_result_of(transaction)
    assert (result["outcome"], result["reason"]) == ("unconfirmed", "restarted")
    is_restored(one)


def test_killed_while_it_is_put_back_that_goes_on(one: House) -> None:
    one.ask(SITE, "intent", "charge_from_grid")
    with one.api.holding(b"/operation", answer=True) as held:
        one.send(SITE, "restore", "PRESS")
        held.wait()
        one.bridge.kill()
    one.start()
    is_restored(one)


def test_killed_while_it_is_in_force_it_goes_on_and_ends_in_time(one: House) -> None:
    one.ask(SITE, "set_intent", json.dumps({"intent": "full_backup", "until": soon(15)}))
    one.restart()
    comes_to(one, intent="full_backup", intent_state="active")
    is_restored(one)


def test_an_outage_of_tesla_at_the_end_is_waited_for(one: House) -> None:
    one.ask(SITE, "set_intent", json.dumps({"intent": "full_backup", "until": soon(4)}))
    one.api.unplug()
    comes_to(one, intent_state="restoring")
    one.spy.until(lambda: one.value(SITE, "intent/intent_reason") not in {None, "None"}, "why")
    one.api.plug_in()
    is_restored(one, LONG)


def test_a_reserve_of_90_is_refused_with_the_rule(one: House) -> None:
    one.tesla.force(SITE, high_reserve="refused")
    result = one.ask(SITE, "backup_reserve", "90")
    assert (result["outcome"], result["reason"]) == ("refused", "reserve_81_to_99")
    assert "Use 80, or 100" in result["message"]


def test_the_duration_is_kept(one: House) -> None:
    assert one.ask(SITE, "intent_duration", "45")["outcome"] == "ok"
    one.restart()
    one.spy.until(lambda: one.value(SITE, "options/intent_duration") == "45", "its duration")


def test_a_tariff_is_set_and_a_wrong_one_is_told(one: House) -> None:
    tariff: dict[str, Any] = copy.deepcopy(TIME_OF_USE)
    tariff["energy_charges"]["Summer"]["rates"]["ON_PEAK"] = 0.55
    assert one.ask(SITE, "tariff", json.dumps(tariff))["outcome"] == "ok"
    assert json.loads(one.value(SITE, "settings/tariff") or "") == tariff
    del tariff["energy_charges"]["Summer"]["rates"]["ON_PEAK"]
    result = one.ask(SITE, "tariff", json.dumps(tariff))
    assert (result["outcome"], result["reason"]) == ("invalid", "value")
    assert result["message"] == "tariff: energy_charges.Summer.rates has no price for the period ON_PEAK"
