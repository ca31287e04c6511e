"""Plain or signed: each car gets what it takes, and that is remembered."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from bench import OTHER_CAR, Bench, signing_car
from fakes import FakeClock
from simulated_tesla import CAR, Tesla

from bridge.errors import AccessDenied, BudgetSpent, ServerFailed, SigningRequired, VehicleUnavailable
from bridge.fleet.answers import CommandAnswer
from bridge.fleet.transport import Answer

DONE = CommandAnswer(result=True, reason="")


async def test_tesla_is_asked_once_which_form_a_car_takes(tesla: Tesla) -> None:
    bench = await signing_car(tesla)
    assert await bench.command("flash_lights") == DONE
    assert await bench.command("flash_lights") == DONE
    assert bench.asked == ["fleet_status", "signed_command", "signed_command", "signed_command"]


async def test_a_car_that_takes_plain_commands_gets_them(tesla: Tesla) -> None:
    bench = Bench(tesla)
    assert await bench.command("flash_lights") == DONE
    assert bench.asked == ["fleet_status", "flash_lights"]


async def test_what_is_known_of_a_car_and_the_session_outlive_a_restart(tesla: Tesla) -> None:
    bench = await signing_car(tesla)
    await bench.command("flash_lights")
    bench.restart()
    bench.calls.clear()
    assert await bench.command("flash_lights") == DONE
    assert bench.asked == ["signed_command"]


async def test_a_car_that_begins_to_want_signatures_gets_them_at_once(tesla: Tesla) -> None:
    bench = Bench(tesla)
    await bench.pair()
    await bench.command("flash_lights")
    await tesla.force(command_signing="required")
    bench.calls.clear()
    assert await bench.command("honk_horn") == DONE
    assert await bench.command("honk_horn") == DONE
    assert bench.asked == ["honk_horn", "signed_command", "signed_command", "signed_command"]


async def test_a_car_that_does_not_know_signatures_gets_plain_commands(tesla: Tesla) -> None:
    bench = await signing_car(tesla)
    await bench.command("flash_lights")
    await tesla.force(command_signing="off")
    bench.calls.clear()
    assert await bench.command("honk_horn") == DONE
    assert await bench.command("honk_horn") == DONE
    assert bench.asked == ["signed_command", "honk_horn", "honk_horn"]


async def test_where_tesla_cannot_be_asked_the_car_itself_tells(tesla: Tesla) -> None:
    bench = await signing_car(tesla)
    bench.fails[1] = BudgetSpent("no")
    assert await bench.command("flash_lights") == DONE
    assert bench.asked == ["fleet_status", "flash_lights", "signed_command", "signed_command"]


def no_word_of_it(answer: Answer) -> Answer:
    return replace(answer, body=json.dumps({"response": {"unpaired_vins": [CAR], "vehicle_info": {}}}).encode())


def denied(answer: Answer) -> Answer:
    raise AccessDenied(f"not {answer.status}")


@pytest.mark.parametrize("says", [no_word_of_it, denied])
async def test_where_tesla_does_not_tell_it_is_not_paid_for_asking_again(
    tesla: Tesla, says: Callable[[Answer], Answer]
) -> None:
    bench = Bench(tesla)
    bench.alters[1] = says
    await tesla.force(refuse=["not now", "not now"])
    answers = [await bench.command("flash_lights") for _ in range(4)]
    assert [each.result for each in answers] == [False, False, True, True]
    bench.restart()
    assert await bench.command("flash_lights") == DONE
    assert bench.asked == ["fleet_status", *["flash_lights"] * 5]


async def test_where_tesla_does_not_tell_a_plain_command_that_was_not_done_tells_nothing_either(tesla: Tesla) -> None:
    bench = Bench(tesla)
    bench.alters[1] = no_word_of_it
    await tesla.force(refuse="not now")
    await bench.command("flash_lights")
    bench.restart()
    await bench.command("flash_lights")
    assert bench.asked == ["fleet_status", "flash_lights"] * 2


async def test_what_teslas_servers_do_themselves_goes_plain_to_every_car(tesla: Tesla) -> None:
    bench = await signing_car(tesla)
    value = {"android.intent.extra.TEXT": "Oak Street 1"}
    assert await bench.command("navigation_request", type="share_ext_content_raw", value=value) == DONE
    assert bench.asked == ["navigation_request"]


async def test_each_part_of_the_car_has_its_own_session(tesla: Tesla) -> None:
    bench = await signing_car(tesla)
    await bench.command("flash_lights")
    await bench.command("door_lock")
    assert bench.asked == ["fleet_status", *["signed_command"] * 4]
    assert [each["signed"] for each in await bench.done()] == [
        {"domain": 3, "counter": 1},
        {"domain": 2, "counter": 1},
    ]


async def test_a_car_that_refuses_says_why(tesla: Tesla) -> None:
    bench = await signing_car(tesla)
    await tesla.force(refuse="cabin comfort remote settings not enabled")
    answer = await bench.command("remote_steering_wheel_heater_request", on=True)
    assert answer == CommandAnswer(result=False, reason="cabin comfort remote settings not enabled")


async def test_vcsec_says_why_in_its_own_words(tesla: Tesla) -> None:
    bench = await signing_car(tesla, shift_state="D")
    answer = await bench.command("actuate_trunk", which_trunk="rear")
    assert answer == CommandAnswer(result=False, reason="vehicle_not_in_park")


async def test_a_sleeping_car_is_told_as_such_before_anything_was_signed(tesla: Tesla) -> None:
    bench = await signing_car(tesla)
    await tesla.force(state="asleep")
    with pytest.raises(VehicleUnavailable):
        await bench.command("flash_lights")
    assert await bench.done() == []


@pytest.mark.parametrize("words", ["vehicle is not available", "vehicle is offline or asleep"])
async def test_a_sleeping_car_may_be_told_by_503_too(tesla: Tesla, words: str) -> None:
    """fleet-api.md 7.1."""
    bench = await signing_car(tesla)
    await tesla.control("faults", match="signed_command", status=503, body=words)
    with pytest.raises(VehicleUnavailable):
        await bench.command("flash_lights")


async def test_any_other_503_leaves_it_unknown(tesla: Tesla) -> None:
    bench = await signing_car(tesla)
    await bench.command("flash_lights")
    await tesla.control("faults", match="signed_command", status=503, body="upstream")
    with pytest.raises(ServerFailed):
        await bench.command("flash_lights")


async def test_older_firmware_answers_in_the_clear(tesla: Tesla) -> None:
    bench = await signing_car(tesla)
    await bench.signing(encrypts=False)
    assert await bench.command("flash_lights") == DONE
    assert await bench.command("door_lock") == DONE


# --- order ----------------------------------------------------------------------------------------------------------


async def test_twenty_commands_at_once_keep_their_order_and_their_counters_rise(tesla: Tesla) -> None:
    """reliability.md F29, C5."""
    bench = await signing_car(tesla)
    answers = await asyncio.gather(*(bench.command("set_charge_limit", percent=60 + each) for each in range(20)))
    done = await bench.done()
    assert answers == [DONE] * 20
    assert [each["parameters"]["percent"] for each in done] == [60 + each for each in range(20)]
    assert [each["signed"]["counter"] for each in done] == list(range(1, 21))
    assert (await bench.signing())["faults_given"] == []


async def test_two_cars_at_once_do_not_wait_for_each_other(tesla: Tesla) -> None:
    bench = await signing_car(tesla)
    await tesla.control(f"vehicles/{OTHER_CAR}", command_signing="required", state="online")
    await bench.pair(OTHER_CAR)
    cars = (CAR, OTHER_CAR) * 10
    await asyncio.gather(*(bench.command("set_charge_limit", vin, percent=60 + n) for n, vin in enumerate(cars)))
    for number, vin in enumerate((CAR, OTHER_CAR)):
        told = [each for each in await bench.done() if each["device"] == vin]
        assert [each["parameters"]["percent"] for each in told] == [60 + n for n in range(20) if n % 2 == number]
        assert [each["signed"]["counter"] for each in told] == list(range(1, 11))
        assert (await bench.signing(vin))["faults_given"] == []


# --- the key --------------------------------------------------------------------------------------------------------


async def test_a_car_without_our_key_is_left_alone_until_it_has_it(tesla: Tesla) -> None:
    """reliability.md C6."""
    bench = await signing_car(tesla)
    await tesla.force(key_paired=False)
    for _ in range(3):
        with pytest.raises(SigningRequired, match="fleet2mqtt pair") as caught:
            await bench.command("flash_lights")
        assert caught.value.reason == "key_not_paired"
    assert bench.asked == ["fleet_status", "signed_command", "fleet_status", "fleet_status"]
    await tesla.force(key_paired=True)
    await bench.pair()
    assert await bench.command("flash_lights") == DONE


async def test_a_key_that_was_removed_later_is_found_out_by_the_next_command(tesla: Tesla) -> None:
    bench = await signing_car(tesla)
    await bench.command("flash_lights")
    await bench.signing(keys=[])
    with pytest.raises(SigningRequired, match="fleet2mqtt pair"):
        await bench.command("flash_lights")
    assert len(await bench.done()) == 1


async def test_a_car_with_another_key_than_before_is_trusted_after_a_restart_only(tesla: Tesla) -> None:
    bench = await signing_car(tesla)
    await bench.command("flash_lights")
    await bench.signing(new_computer=True, reboot=True)
    for _ in range(2):
        with pytest.raises(SigningRequired, match="another key than before") as caught:
            await bench.command("flash_lights")
        assert caught.value.reason == "car_key_changed"
    bench.restart()
    assert await bench.command("flash_lights") == DONE


# --- time and counters ------------------------------------------------------------------------------------------------


async def test_a_car_that_was_restarted_is_caught_up_with(tesla: Tesla) -> None:
    bench = await signing_car(tesla)
    await bench.command("flash_lights")
    await tesla.later(seconds=60)
    await bench.signing(reboot=True)
    assert await bench.command("honk_horn") == DONE
    assert [each["name"] for each in await bench.done()] == ["flash_lights", "honk_horn"]
    assert (await bench.signing())["faults_given"] == [15]


async def test_a_clock_that_has_drifted_is_set_by_the_car(tesla: Tesla) -> None:
    """reliability.md A6."""
    bench = await signing_car(tesla)
    await bench.command("flash_lights")
    await bench.signing(clock_s=3600)
    assert await bench.command("honk_horn") == DONE
    assert (await bench.signing())["faults_given"] == [17]
    assert await bench.command("honk_horn") == DONE
    assert (await bench.signing())["faults_given"] == [17]


@pytest.mark.parametrize("years", [-40, 2])
async def test_a_machine_with_a_wrong_date_after_a_restart_still_commands(tesla: Tesla, years: int) -> None:
    """reliability.md A6: the car's time is not ours."""
    bench = await signing_car(tesla)
    await bench.command("flash_lights")
    wrong = FakeClock(bench.clock.now().replace(year=bench.clock.now().year + years), hurries=True)
    bench.restart(wrong)
    assert await bench.command("honk_horn") == DONE
    assert len(await bench.done()) == 2


async def test_no_counter_is_used_twice_however_often_it_is_restarted(tesla: Tesla) -> None:
    bench = await signing_car(tesla)
    for _ in range(4):
        for _ in range(3):
            await bench.command("door_lock")
        bench.restart()
    counters = [each["signed"]["counter"] for each in await bench.done()]
    assert counters == sorted(set(counters))
    assert len(counters) == 12
    assert (await bench.signing())["faults_given"] == []


async def test_a_signed_command_without_an_answer_is_not_sent_again(tesla: Tesla) -> None:
    """reliability.md C1: it is the caller's to look whether it was done."""
    bench = await signing_car(tesla)
    await bench.command("flash_lights")
    bench.fails[len(bench.calls) + 1] = ServerFailed("no answer")
    with pytest.raises(ServerFailed):
        await bench.command("honk_horn")
    assert [each["name"] for each in await bench.done()] == ["flash_lights", "honk_horn"]
