"""Who wakes a car: only a command that may, within the car's wake policy, and one wake for all who wait."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from command_desk import CAR, OTHER_CAR, Desk, Tesla, desk

from bridge.commands.waking import PATIENCE, Policy
from bridge.errors import AnswerInvalid, BridgeError, BudgetSpent, ServerFailed, VehicleUnavailable
from bridge.model import Outcome

FIVE = (
    ("charge_limit", "80"),
    ("charge_current", "10"),
    ("sentry_mode", "true"),
    ("flash_lights", "PRESS"),
    ("climate_keeper_mode", "dog"),
)


def asleep(*then: str) -> Tesla:
    """What the looks at it give; the last one for ever."""
    tesla = Tesla()
    tesla.states.clear()
    tesla.states.extend(("asleep", *then))
    return tesla


@pytest.fixture
async def at(tmp_path: Path) -> AsyncIterator[Desk]:
    """A car that sleeps until it is woken."""
    async with desk(tmp_path, tesla=asleep("asleep", "online")) as one:
        yield one


async def sent(one: Desk) -> list[Outcome]:
    """Five commands at once, and what becomes of them."""
    for name, payload in FIVE:
        one.send(name, payload)
    return [result.outcome for result in await one.heard(len(FIVE))]


@pytest.mark.case("F33")
@pytest.mark.case("F11")
async def test_one_wake_serves_five_commands_in_their_order(at: Desk) -> None:
    assert await sent(at) == [Outcome.OK] * 5
    assert [each.what for each in at.tesla.asked] == [
        "wake_up",
        "command/set_charge_limit",
        "command/set_charging_amps",
        "command/set_sentry_mode",
        "command/flash_lights",
        "command/set_climate_keeper_mode",
    ]


@pytest.mark.case("F11")
async def test_a_wake_without_effect_serves_all_who_wait_too(tmp_path: Path) -> None:
    async with desk(tmp_path, tesla=asleep()) as one:
        outcomes = await sent(one)
    assert set(outcomes) <= {Outcome.UNAVAILABLE, Outcome.EXPIRED}
    assert [each.what for each in one.tesla.asked] == ["wake_up"]


@pytest.mark.case("F11")
async def test_later_it_is_tried_again(tmp_path: Path) -> None:
    async with desk(tmp_path, tesla=asleep()) as one:
        await one.ask("charge_limit", "80")
        one.clock.advance(PATIENCE)
        await one.ask("charge_limit", "80")
    assert one.tesla.wakes == 2


@pytest.mark.case("F11")
async def test_a_car_that_woke_up_and_fell_asleep_again_is_woken_again(tmp_path: Path) -> None:
    async with desk(tmp_path, tesla=asleep("online")) as one:
        assert (await one.ask("charge_limit", "80")).outcome is Outcome.OK
        one.knows(CAR, connectivity="asleep")
        one.tesla.states.clear()
        one.tesla.states.extend(["asleep", "online"])
        assert (await one.ask("charge_limit", "80")).outcome is Outcome.OK
    assert one.tesla.wakes == 2


@pytest.mark.case("F11")
async def test_a_wake_of_one_car_is_none_of_the_other(tmp_path: Path) -> None:
    async with desk(tmp_path, tesla=asleep()) as one:
        await one.ask("charge_limit", "80")
        await one.ask("charge_limit", "80", OTHER_CAR)
    assert [each.device for each in one.tesla.asked] == [CAR.id, OTHER_CAR.id]


@pytest.mark.case("F11")
@pytest.mark.parametrize("error", [VehicleUnavailable("408"), ServerFailed("504"), AnswerInvalid("a page")])
async def test_a_wake_that_was_not_answered_well_may_have_been_heard(at: Desk, error: BridgeError) -> None:
    """fleet-api.md 2.3."""
    at.tesla.wake_fails = error
    assert (await at.ask("charge_limit", "80")).outcome is Outcome.OK
    assert at.tesla.wakes == 1


@pytest.mark.case("F32")
async def test_a_car_is_not_woken_for_a_command_whose_time_ran_out_while_it_was_looked_at(at: Desk) -> None:
    """The look and the question for the key may take half a minute each: a wake costs two cents, and wakes."""
    at.tesla.meanwhile = lambda: at.clock.advance(20)
    result = await at.ask("charge_limit", "80", life=10)
    assert (result.outcome, at.tesla.wakes) == (Outcome.EXPIRED, 0)


@pytest.mark.case("F32")
async def test_nor_when_it_ran_out_on_the_way_to_a_car_that_only_seemed_online(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        one.tesla.answers.append(VehicleUnavailable("408"))
        one.tesla.may_answer.clear()
        one.send("charge_limit", "80", life=10)
        await one.until(lambda: bool(one.tesla.writes))
        one.clock.advance(20)
        one.tesla.may_answer.set()
        (result,) = await one.heard(1)
    assert (result.outcome, one.tesla.wakes) == (Outcome.EXPIRED, 0)


# --- the policy -------------------------------------------------------------------------------------------


@pytest.mark.case("F11")
async def test_never_wakes_for_nobody_and_costs_nothing(tmp_path: Path) -> None:
    policy = Policy(may_wake=lambda at: at != CAR)
    async with desk(tmp_path, tesla=asleep(), policy=policy) as one:
        assert await sent(one) == [Outcome.UNAVAILABLE] * 5
        assert {result.reason for result in one.results} == {"asleep"}
        assert all("wake_policy is `never`" in result.message for result in one.results)
        assert one.tesla.asked == []
        await one.ask("charge_limit", "80", OTHER_CAR)
        assert one.tesla.wakes == 1


@pytest.mark.case("F11")
async def test_never_is_said_of_the_wake_button_too(tmp_path: Path) -> None:
    async with desk(tmp_path, tesla=asleep(), policy=Policy(may_wake=lambda _: False)) as one:
        assert (await one.ask("wake", "PRESS")).reason == "asleep"
    assert one.tesla.asked == []


@pytest.mark.case("F11")
async def test_no_money_for_a_wake_is_told_in_a_sentence(tmp_path: Path) -> None:
    tesla = asleep()
    tesla.wake_fails = BudgetSpent("the month's budget of $10.00 is spent for wake calls")
    async with desk(tmp_path, tesla=tesla) as one:
        result = await one.ask("charge_limit", "80")
    assert (result.outcome, result.reason, result.attempts) == (Outcome.UNAVAILABLE, "budget", 0)
    assert result.message == (
        "the car is asleep and was not woken: the month's budget of $10.00 is spent for wake calls"
    )
    assert one.tesla.writes == []


# --- stale beliefs ----------------------------------------------------------------------------------------


@pytest.mark.case("F11")
async def test_a_car_that_only_seems_online_is_woken_once(at: Desk) -> None:
    """Tesla's list may call it online for long after it fell asleep (reliability.md B1)."""
    at.knows(CAR, connectivity="online")
    at.tesla.states.clear()
    at.tesla.states.append("online")
    at.tesla.answers.append(VehicleUnavailable("408"))
    assert await sent(at) == [Outcome.OK] * 5
    assert at.tesla.wakes == 1
    assert at.results[0].attempts == 2


@pytest.mark.case("F11")
async def test_a_car_that_only_seems_online_is_left_alone_where_the_policy_is_never(tmp_path: Path) -> None:
    async with desk(tmp_path, policy=Policy(may_wake=lambda _: False)) as one:
        one.knows(CAR, connectivity="online")
        one.tesla.answers.append(VehicleUnavailable("408"))
        one.tesla.states[0] = "asleep"
        assert set(await sent(one)) == {Outcome.UNAVAILABLE}
    assert [each.what for each in one.tesla.asked] == ["command/set_charge_limit"]


@pytest.mark.case("F11")
async def test_no_command_pays_for_two_wakes(at: Desk) -> None:
    at.tesla.answers.append(VehicleUnavailable("408"))
    assert (await at.ask("charge_limit", "80")).outcome is Outcome.OK
    assert at.tesla.wakes == 1
