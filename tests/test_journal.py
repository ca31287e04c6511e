"""What is known of a command after a crash, and what a repeated one gets (F25, F31)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from command_desk import CAR, OTHER_CAR, SITE, Desk, Tesla, desk
from fakes import NOON, FakeClock

from bridge.commands.journal import REMEMBERED, TIDY
from bridge.errors import ServerFailed
from bridge.model import Outcome, Result

ONCE = '{"value": 80, "transaction": "once"}'


def told(results: list[Result]) -> list[tuple[str, Outcome, str | None]]:
    return [(each.request.name, each.outcome, each.reason) for each in results]


def answers(one: Desk) -> list[tuple[object, ...]]:
    return [
        (each.request.transaction, each.outcome, each.request.received_at, each.finished_at) for each in one.results
    ]


# --- across a crash: the first life just ends, as with SIGKILL -------------------------------------------


async def die_while_tesla_is_silent(directory: Path, name: str = "charge_limit", payload: str = ONCE) -> None:
    """A life that ends when a command was sent, before there was an answer."""
    async with desk(directory) as one:
        one.tesla.may_answer.clear()
        one.send(name, payload)
        await one.until(lambda: len(one.tesla.writes) == 1)


@pytest.mark.case("F25")
async def test_what_was_not_sent_is_answered_after_a_crash_and_not_done(tmp_path: Path) -> None:
    """Two that arrive together: the car is being woken for one, the other waits behind it."""
    async with desk(tmp_path, clock=FakeClock()) as first:
        first.tesla.states[0] = "asleep"
        first.send("charge_limit", ONCE, correlation=b"\x01", response_topic="fleet2mqtt/response/me")
        first.send("honk_horn", "PRESS")
        await first.until(lambda: first.tesla.wakes == 1)
    async with desk(tmp_path) as second:
        results = await second.heard(2)
    assert told(results) == [
        ("charge_limit", Outcome.UNAVAILABLE, "restarted"),
        ("honk_horn", Outcome.UNAVAILABLE, "restarted"),
    ]
    request = results[0].request
    assert (request.device, request.transaction, request.correlation) == (CAR, "once", b"\x01")
    assert request.response_topic == "fleet2mqtt/response/me"
    assert second.tesla.writes == []


@pytest.mark.case("F25")
@pytest.mark.parametrize(
    ("charge_limit", "outcome", "reason"), [(80, Outcome.OK, None), (50, Outcome.UNCONFIRMED, "restarted")]
)
async def test_what_was_sent_is_read_back_after_a_crash_and_not_repeated(
    tmp_path: Path, charge_limit: int, outcome: Outcome, reason: str | None
) -> None:
    await die_while_tesla_is_silent(tmp_path)
    tesla = Tesla()
    tesla.car["charge_state"]["charge_limit_soc"] = charge_limit
    async with desk(tmp_path, tesla=tesla) as second:
        assert told(await second.heard(1)) == [("charge_limit", outcome, reason)]
    assert tesla.writes == []


@pytest.mark.case("F25")
async def test_a_one_shot_that_was_sent_is_unconfirmed_after_a_crash(tmp_path: Path) -> None:
    await die_while_tesla_is_silent(tmp_path, "honk_horn", "PRESS")
    async with desk(tmp_path) as second:
        assert told(await second.heard(1)) == [("honk_horn", Outcome.UNCONFIRMED, "restarted")]
    assert second.tesla.asked == []


async def test_a_bug_of_ours_in_a_read_back_after_a_crash_answers_too_and_stops_nobody(tmp_path: Path) -> None:
    await die_while_tesla_is_silent(tmp_path)
    tesla = Tesla()
    tesla.car.clear()  # the read-back ends in a KeyError, which nobody has foreseen
    async with desk(tmp_path, tesla=tesla) as second:
        assert told(await second.heard(1)) == [("charge_limit", Outcome.UNCONFIRMED, "internal")]
        assert (await second.ask("honk_horn", "PRESS")).outcome is Outcome.OK
    async with desk(tmp_path, tesla=tesla) as third:
        await third.idle()
    assert third.results == []


@pytest.mark.case("F43")
async def test_in_a_crash_loop_a_read_back_waits_and_a_new_command_does_not(tmp_path: Path) -> None:
    """E4: what the life before had sent costs a data call at each start."""
    async with desk(tmp_path) as first:
        first.tesla.may_answer.clear()
        first.send("charge_limit", ONCE)
        first.send("honk_horn", "PRESS", OTHER_CAR)
        await first.until(lambda: len(first.tesla.writes) == 2)
    async with desk(tmp_path, clock=FakeClock(), rest=300) as second:
        second.knows(OTHER_CAR, connectivity="online")
        second.send("flash_lights", "PRESS", OTHER_CAR)
        await second.clock.run(299)
        assert told(second.results) == [
            ("honk_horn", Outcome.UNCONFIRMED, "restarted"),  # nothing can be read of it
            ("flash_lights", Outcome.OK, None),
        ]
        await second.clock.run(2)
        assert told(second.results[2:]) == [("charge_limit", Outcome.UNCONFIRMED, "restarted")]


async def test_a_result_that_the_broker_has_not_taken_is_told_again_after_a_crash(tmp_path: Path) -> None:
    async with desk(tmp_path) as first:
        first.broker_takes = False
        await first.ask("backup_reserve", '{"value": 30, "transaction": "x"}', SITE)
    async with desk(tmp_path) as second:
        await second.heard(1)
    assert answers(second) == answers(first)
    assert second.tesla.writes == []
    async with desk(tmp_path) as third:
        await third.idle()
    assert third.results == []


async def test_a_result_that_no_broker_has_taken_is_told_for_a_day_and_an_answer_is_owed_for_ever(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path) as first:
        first.broker_takes = False
        await first.ask("honk_horn", "PRESS")
        first.tesla.may_answer.clear()
        first.send("flash_lights", "PRESS")
        await first.until(lambda: len(first.tesla.writes) == 2)
    async with desk(tmp_path, clock=FakeClock(NOON + timedelta(days=40), hurries=True)) as second:
        second.broker_takes = False
        await second.idle()
    assert told(second.results) == [("flash_lights", Outcome.UNCONFIRMED, "restarted")]
    async with desk(tmp_path, clock=FakeClock(NOON + timedelta(days=80), hurries=True)) as third:
        await third.idle()
    assert third.results == []


# --- repeated requests ------------------------------------------------------------------------------------


@pytest.mark.case("F31")
async def test_a_repeated_request_gets_the_first_result_each_time(tmp_path: Path) -> None:
    async with desk(tmp_path) as first:
        for _ in range(5):
            await first.ask("charge_limit", ONCE)
            first.clock.advance(60)
    async with desk(tmp_path) as second:
        for _ in range(5):
            await second.ask("charge_limit", ONCE)
    assert answers(first) == answers(second)
    assert len(set(answers(first))) == 1
    assert (len(first.tesla.writes), len(second.tesla.writes)) == (1, 0)


async def test_a_request_repeated_while_the_first_is_under_way_shares_its_result(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        one.tesla.may_answer.clear()
        for _ in range(10):
            one.send("charge_limit", ONCE)
            await one.idle()
        one.tesla.may_answer.set()
        await one.heard(1)
        await one.idle()
    assert told(one.results) == [("charge_limit", Outcome.OK, None)]
    assert len(one.tesla.writes) == 1


async def test_a_request_repeated_while_a_crash_is_being_cleared_up_is_not_done_again(tmp_path: Path) -> None:
    await die_while_tesla_is_silent(tmp_path)
    tesla = Tesla()
    tesla.may_be_read.clear()
    async with desk(tmp_path, tesla=tesla) as second:
        second.send("charge_limit", ONCE)
        await second.idle()
        assert second.results == []
        tesla.may_be_read.set()
        assert told(await second.heard(1)) == [("charge_limit", Outcome.UNCONFIRMED, "restarted")]
        await second.idle()
    assert len(second.results) == 1
    assert tesla.writes == []


@pytest.mark.case("F31")
@pytest.mark.parametrize(
    ("name", "payload"),
    [
        ("charge_limit", '{"value": 81, "transaction": "once"}'),
        ("charge_current", '{"value": 16, "transaction": "once"}'),
        ("set_charge_limit", '{"percent": 80, "transaction": "once"}'),
    ],
)
async def test_a_transaction_that_is_used_for_something_else_is_refused(
    tmp_path: Path, name: str, payload: str
) -> None:
    async with desk(tmp_path) as one:
        await one.ask("charge_limit", ONCE)
        result = await one.ask(name, payload)
    assert (result.outcome, result.reason, result.request.transaction) == (Outcome.INVALID, "transaction", "once")
    assert len(one.tesla.writes) == 1


async def test_a_repeated_request_is_the_same_though_the_car_has_changed(tmp_path: Path) -> None:
    """What was filled in from the car's state is not part of what was asked."""
    asked = '{"driver_temp": 21, "transaction": "warm"}'
    async with desk(tmp_path) as one:
        one.knows(CAR, passenger_target_temperature=19.5)
        first = await one.ask("set_temps", asked)
        one.knows(CAR, passenger_target_temperature=22.0)
        assert (await one.ask("set_temps", asked)).finished_at == first.finished_at
    assert [each.body["passenger_temp"] for each in one.tesla.writes] == [19.5]


async def test_correlation_data_tells_repetitions_apart_where_there_is_no_transaction(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        for number in (1, 1, 2):
            await one.ask("honk_horn", "PRESS", correlation=bytes([number]))
        await one.ask("honk_horn", "PRESS")
        await one.ask("honk_horn", "PRESS")
    assert len(one.tesla.writes) == 4


async def test_a_transaction_that_is_sent_again_may_have_new_correlation_data(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        for number in range(3):
            assert (await one.ask("charge_limit", ONCE, correlation=bytes([number]))).outcome is Outcome.OK
    assert len(one.tesla.writes) == 1
    assert [each.request.correlation for each in one.results] == [b"\0", b"\1", b"\2"]


async def test_a_transaction_that_is_no_text_is_told_apart_too(tmp_path: Path) -> None:
    """A lone surrogate: JSON may hold it, UTF-8 may not."""
    async with desk(tmp_path) as one:
        for _ in range(2):
            assert (await one.ask("charge_limit", '{"value": 80, "transaction": "\\ud800"}')).outcome is Outcome.OK
    assert len(one.tesla.writes) == 1


async def test_what_was_refused_before_it_was_taken_may_be_corrected_under_the_same_transaction(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path) as one:
        assert (await one.ask("charge_limit", '{"value": 800, "transaction": "once"}')).outcome is Outcome.INVALID
        assert (await one.ask("charge_limit", ONCE)).outcome is Outcome.OK


async def test_a_transaction_is_forgotten_after_a_day(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        await one.ask("charge_limit", ONCE)
        one.clock.advance(REMEMBERED + TIDY)
        await one.ask("honk_horn", "PRESS")
        await one.ask("charge_limit", ONCE)
    assert len(one.tesla.writes) == 3


# --- the disk ---------------------------------------------------------------------------------------------


async def test_without_a_journal_nothing_is_sent_and_everything_answered(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        one.make_disk_fail()
        result = await one.ask("charge_limit", ONCE)
        assert (result.outcome, result.reason) == (Outcome.UNAVAILABLE, "disk")
        assert result.request.transaction == "once"
        assert one.tesla.writes == []
        one.make_disk_fail(fails=False)
        assert (await one.ask("charge_limit", ONCE)).outcome is Outcome.OK


async def test_a_disk_that_fails_before_the_sending_prevents_it(tmp_path: Path) -> None:
    async with desk(tmp_path, clock=FakeClock()) as one:
        one.tesla.states[0] = "asleep"
        one.send("charge_limit", "80")
        await one.until(lambda: one.tesla.wakes == 1)
        one.tesla.states[0] = "online"
        one.make_disk_fail()
        await one.clock.run(10)
    assert told(one.results) == [("charge_limit", Outcome.UNAVAILABLE, "not_sent")]
    assert one.tesla.writes == []


async def test_a_disk_that_fails_after_the_sending_costs_no_answer(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        one.tesla.may_answer.clear()
        one.send("charge_limit", "80")
        await one.until(lambda: len(one.tesla.writes) == 1)
        one.make_disk_fail()
        one.tesla.may_answer.set()
        assert told(await one.heard(1)) == [("charge_limit", Outcome.OK, None)]


@pytest.mark.parametrize("then", ["a repetition", "the next command", "the end"])
async def test_a_result_that_could_not_be_written_is_written_later_and_stays_the_only_one(
    tmp_path: Path, then: str
) -> None:
    async with desk(tmp_path) as first:
        first.tesla.may_answer.clear()
        first.send("charge_limit", ONCE)
        await first.until(lambda: len(first.tesla.writes) == 1)
        first.make_disk_fail()
        first.tesla.may_answer.set()
        await first.heard(1)
        await first.ask("charge_limit", ONCE)
        first.make_disk_fail(fails=False)
        if then == "a repetition":
            await first.ask("charge_limit", ONCE)
        elif then == "the end":
            await first.commander.stop(1)
        else:
            await first.ask("honk_horn", "PRESS")
    async with desk(tmp_path) as second:
        await second.idle()
        assert second.results == []
        await second.ask("charge_limit", ONCE)
    assert {*answers(first)[:2], *answers(second)} == {answers(first)[0]}
    assert first.results[0].outcome is Outcome.OK


async def test_what_was_read_back_and_could_not_be_written_is_written_later_too(tmp_path: Path) -> None:
    await die_while_tesla_is_silent(tmp_path)
    tesla = Tesla()
    tesla.may_be_read.clear()
    async with desk(tmp_path, tesla=tesla) as second:
        second.make_disk_fail()
        tesla.may_be_read.set()
        assert told(await second.heard(1)) == [("charge_limit", Outcome.UNCONFIRMED, "restarted")]
        second.make_disk_fail(fails=False)
        await second.ask("honk_horn", "PRESS")
    async with desk(tmp_path) as third:
        await third.idle()
        assert third.results == []


async def test_an_answer_that_was_lost_before_a_crash_is_still_only_one(tmp_path: Path) -> None:
    async with desk(tmp_path, clock=FakeClock()) as first:
        first.tesla.answers.append(ServerFailed("504"))
        first.send("charge_limit", ONCE)
        await first.until(lambda: len(first.clock.slept) > 0)
    async with desk(tmp_path) as second:
        assert told(await second.heard(1)) == [("charge_limit", Outcome.UNCONFIRMED, "restarted")]
    assert second.tesla.writes == []
