"""Many commands at once, and the end of the bridge: everybody gets one answer, in order."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from command_desk import CAR, OTHER_CAR, Asked, Desk, desk
from fakes import FakeClock

from bridge.catalog.offer import Offer
from bridge.commands.commander import QUEUE
from bridge.commands.waking import Policy
from bridge.model import Outcome


@pytest.fixture
async def at(tmp_path: Path) -> AsyncIterator[Desk]:
    """A desk with a car that is online."""
    async with desk(tmp_path) as one:
        one.knows(CAR, connectivity="online")
        yield one


def limit(percent: int, device: str = CAR.id) -> Asked:
    return Asked("command/set_charge_limit", device, {"percent": percent})


# --- many -------------------------------------------------------------------------------------------------


@pytest.mark.case("F33")
async def test_only_the_newest_of_many_set_points_is_sent(at: Desk) -> None:
    """500 messages: the first is under way, the last one counts, and everybody gets an answer (C8)."""
    at.tesla.may_answer.clear()
    for amps in [*range(5, 49)] * 11 + [16]:
        at.send("charge_current", str(amps))
        await at.idle()
    at.tesla.may_answer.set()
    results = await at.heard(485)
    assert [each.body["charging_amps"] for each in at.tesla.writes] == [5, 16]
    assert [each.reason for each in results] == ["superseded"] * 483 + [None, None]


@pytest.mark.case("F33")
async def test_a_knob_that_is_turned_for_five_seconds_makes_two_calls(tmp_path: Path) -> None:
    """500 messages; the last value is the one that stays, and everybody gets an answer (C8, F33)."""
    clock = FakeClock()
    async with desk(tmp_path, clock=clock, policy=Policy(interval=5)) as one:
        one.knows(CAR, connectivity="online")
        for number in range(500):
            one.send("charge_current", str(5 + number % 40))
            await one.idle()
            clock.advance(0.0099)
        one.send("charge_current", "16")
        await clock.run(1)
        results = await one.heard(501)
    assert [each.body["charging_amps"] for each in one.tesla.writes] == [5, 16]
    assert [each.reason for each in results] == [None, *["superseded"] * 499, None]


async def test_two_different_numbers_and_a_switch_do_not_wait_for_each_other(tmp_path: Path) -> None:
    async with desk(tmp_path, clock=FakeClock(), policy=Policy(interval=5)) as one:
        one.knows(CAR, connectivity="online", locked=True)
        for name, value in (("charge_current", "16"), ("charge_limit", "80"), ("sentry_mode", "true")):
            one.send(name, value)
        one.send("sentry_mode", "false")
        await one.heard(4)
    assert len(one.tesla.writes) == 4 - [each.reason for each in one.results].count("superseded")
    assert one.clock.slept == []


async def test_what_a_command_before_sets_is_not_set_back_by_the_next(at: Desk) -> None:
    """A time, and at once its switch: the switch sends the time too, and the car has not told the new one yet."""
    at.knows(CAR, scheduled_charging_time_of_day="00:00:00")
    at.tesla.may_answer.clear()
    at.send("scheduled_charging_time_of_day", "02:30")
    at.send("scheduled_charging", "true")
    at.tesla.may_answer.set()
    await at.heard(2)
    assert [each.body for each in at.tesla.writes] == [{"enable": True, "time": 150}] * 2


async def test_commands_of_one_device_are_done_in_order(at: Desk) -> None:
    at.tesla.may_answer.clear()
    for name in ("charge_start", "honk_horn", "charge_stop", "flash_lights"):
        at.send(name, "{}")
    at.tesla.may_answer.set()
    await at.heard(4)
    assert [each.what for each in at.tesla.writes] == [
        f"command/{name}" for name in ("charge_start", "honk_horn", "charge_stop", "flash_lights")
    ]


async def test_a_device_that_waits_does_not_hold_up_another(at: Desk) -> None:
    at.knows(OTHER_CAR, connectivity="online")
    at.tesla.may_answer.clear()
    at.send("charge_limit", "80")
    at.send("charge_limit", "70", OTHER_CAR)
    await at.until(lambda: at.tesla.writes == [limit(80), limit(70, OTHER_CAR.id)])


async def test_more_than_can_wait_is_refused_and_never_dropped_silently(at: Desk) -> None:
    at.tesla.may_answer.clear()
    for _ in range(QUEUE + 3):
        at.send("honk_horn", "PRESS")
        await at.idle()
    assert [each.reason for each in at.results] == ["busy", "busy"]
    at.tesla.may_answer.set()
    await at.heard(QUEUE + 3)
    assert len(at.tesla.writes) == QUEUE + 1


# --- the end ----------------------------------------------------------------------------------------------


async def test_at_the_end_what_was_not_sent_is_answered_at_once(tmp_path: Path) -> None:
    async with desk(tmp_path, clock=FakeClock()) as one:
        one.tesla.states[0] = "asleep"
        one.send("charge_limit", "80")
        one.send("honk_horn", "PRESS")
        await one.until(lambda: one.tesla.wakes == 1)
        await one.commander.stop(patience=60)
        one.send("charge_limit", "90")
    assert [(each.request.name, each.outcome, each.reason) for each in one.results] == [
        ("honk_horn", Outcome.UNAVAILABLE, "stopping"),
        ("charge_limit", Outcome.UNAVAILABLE, "stopping"),
        ("charge_limit", Outcome.UNAVAILABLE, "busy"),
    ]
    assert one.tesla.writes == []


async def test_at_the_end_what_was_sent_gets_its_answer_if_it_comes_soon(at: Desk) -> None:
    at.tesla.may_answer.clear()
    at.send("charge_limit", "80")
    await at.until(lambda: at.tesla.writes == [limit(80)])
    at.tesla.may_answer.set()
    await at.commander.stop(patience=60)
    assert [each.outcome for each in at.results] == [Outcome.OK]


async def test_at_the_end_what_was_sent_and_stays_unanswered_is_unconfirmed(at: Desk) -> None:
    at.tesla.may_answer.clear()
    at.send("charge_limit", "80")
    await at.until(lambda: at.tesla.writes == [limit(80)])
    await at.commander.stop(patience=0.01)
    assert [(each.outcome, each.reason) for each in at.results] == [(Outcome.UNCONFIRMED, "stopping")]


async def test_a_repetition_gets_the_first_answer_even_if_it_may_not_be_done_now(tmp_path: Path) -> None:
    """To be told that it was certainly not done would be a lie."""
    async with desk(tmp_path) as one:
        first = await one.ask("honk_horn", '{"transaction": "once"}')
    async with desk(tmp_path, offer=Offer(scopes={"vehicle_device_data"})) as one:
        again = await one.ask("honk_horn", '{"transaction": "once"}')
    assert (first.outcome, again.outcome, again.finished_at) == (Outcome.OK, Outcome.OK, first.finished_at)
