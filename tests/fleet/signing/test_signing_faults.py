"""Every fault has its answer: catch up, wait, stop, or leave it unknown (fleet-api.md 7.5)."""

from __future__ import annotations

import pytest
from bench import Bench, signing_car
from simulated_tesla import Tesla
from tesla_protocol.command.universal_message_pb2 import MessageFault_E

from bridge.errors import (
    AccessDenied,
    BridgeError,
    CallWrong,
    NotSent,
    ServerFailed,
    SigningRequired,
    TryLater,
    VehicleUnavailable,
)
from bridge.fleet.answers import CommandAnswer
from bridge.fleet.signing.faults import FAULTS

DONE = CommandAnswer(result=True, reason="")

OUT_OF_STEP = (5, 6, 15, 17, 20, 26, 27)
BUSY = 1
PERHAPS_DONE = (2, 11)
STOPS: dict[int, type[BridgeError]] = {
    3: SigningRequired,
    4: SigningRequired,
    7: AccessDenied,
    8: CallWrong,
    9: CallWrong,
    10: CallWrong,
    12: CallWrong,
    13: CallWrong,
    14: AccessDenied,
    16: CallWrong,
    18: CallWrong,
    19: CallWrong,
    21: AccessDenied,
    22: AccessDenied,
    23: AccessDenied,
    24: CallWrong,
    28: CallWrong,
    29: AccessDenied,
}
TOO_LONG = 25


async def ready(tesla: Tesla, *faults: int, late: tuple[int, ...] = ()) -> Bench:
    """A car with open sessions that gives these faults to the next commands."""
    bench = await signing_car(tesla)
    await bench.command("flash_lights")
    await bench.command("door_lock")
    await bench.signing(faults=list(faults), late_faults=list(late))
    bench.calls.clear()
    bench.clock.slept.clear()
    return bench


async def horns(bench: Bench) -> int:
    return sum(each["name"] == "honk_horn" for each in await bench.done())


def test_every_fault_of_the_protocol_is_known() -> None:
    assert FAULTS.keys() == set(MessageFault_E.values()) - {0}
    assert FAULTS.keys() == {*OUT_OF_STEP, BUSY, *PERHAPS_DONE, *STOPS, TOO_LONG}


def test_each_fault_has_a_reason_of_its_own_and_words_for_people() -> None:
    assert len({fault.reason for fault in FAULTS.values()}) == len(FAULTS)
    assert all(fault.reason.isidentifier() and " " in fault.text for fault in FAULTS.values())


@pytest.mark.parametrize("fault", OUT_OF_STEP)
async def test_a_session_out_of_step_is_opened_anew(tesla: Tesla, fault: int) -> None:
    bench = await ready(tesla, fault)
    assert await bench.command("honk_horn") == DONE
    assert await horns(bench) == 1
    assert len(bench.calls) == 3  # the fault, the session, the command
    assert bench.clock.slept == []


@pytest.mark.parametrize("fault", OUT_OF_STEP)
async def test_a_session_that_stays_out_of_step_is_given_up(tesla: Tesla, fault: int) -> None:
    bench = await ready(tesla, *[fault] * 9)
    with pytest.raises(TryLater, match="nothing was done") as caught:
        await bench.command("honk_horn")
    assert caught.value.reason == FAULTS[fault].reason
    assert (await horns(bench), len(bench.calls)) == (0, 5)


async def test_a_busy_car_is_asked_again_after_a_second(tesla: Tesla) -> None:
    bench = await ready(tesla, BUSY, BUSY)
    assert await bench.command("honk_horn") == DONE
    assert (await horns(bench), bench.clock.slept) == (1, [1.0, 1.0])


async def test_a_car_that_stays_busy_is_given_up(tesla: Tesla) -> None:
    bench = await ready(tesla, *[BUSY] * 9)
    with pytest.raises(TryLater, match="busy; nothing was done"):
        await bench.command("honk_horn")
    assert (await horns(bench), len(bench.calls)) == (0, 3)


@pytest.mark.parametrize("fault", PERHAPS_DONE)
async def test_what_may_be_done_twice_is_sent_again(tesla: Tesla, fault: int) -> None:
    bench = await ready(tesla, late=(fault,))
    assert await bench.command("door_lock") == DONE


@pytest.mark.parametrize("fault", [*PERHAPS_DONE, TOO_LONG, 99])
async def test_what_may_not_be_done_twice_is_not(tesla: Tesla, fault: int) -> None:
    bench = await ready(tesla, late=(fault,))
    with pytest.raises(ServerFailed):
        await bench.command("honk_horn")
    assert (await horns(bench), len(bench.calls)) == (1, 1)


@pytest.mark.parametrize("fault", [TOO_LONG, 99])
async def test_what_was_received_is_never_sent_again(tesla: Tesla, fault: int) -> None:
    bench = await ready(tesla, late=(fault,))
    with pytest.raises(ServerFailed):
        await bench.command("door_lock")
    assert len(bench.calls) == 1


@pytest.mark.parametrize("fault", [6, 26])
async def test_a_counter_that_was_used_by_this_very_message_is_no_proof(tesla: Tesla, fault: int) -> None:
    """Tesla may deliver a message twice: the first is executed, the second gets the fault (C1)."""
    bench = await ready(tesla, late=(fault,))
    with pytest.raises(ServerFailed, match="may have been done"):
        await bench.command("honk_horn")
    assert (await horns(bench), len(bench.calls)) == (1, 1)


async def test_what_may_have_been_done_stays_so_when_the_second_try_fails_otherwise(tesla: Tesla) -> None:
    bench = await ready(tesla, 2)
    bench.fails[2] = VehicleUnavailable("asleep")
    with pytest.raises(ServerFailed, match="did not answer in time; then: asleep"):
        await bench.command("door_lock")


@pytest.mark.parametrize(("fault", "error"), STOPS.items())
async def test_what_cannot_be_helped_is_told_at_once(tesla: Tesla, fault: int, error: type[BridgeError]) -> None:
    bench = await ready(tesla, fault)
    with pytest.raises(error) as caught:
        await bench.command("honk_horn")
    assert caught.value.reason == FAULTS[fault].reason
    assert (await horns(bench), len(bench.calls)) == (0, 1)


async def test_a_session_that_cannot_be_opened_means_that_nothing_was_done(tesla: Tesla) -> None:
    """Silence to a handshake is not silence to a command."""
    bench = await signing_car(tesla)
    bench.fails[2] = ServerFailed("no answer")
    with pytest.raises(NotSent, match="nothing was done"):
        await bench.command("honk_horn")
    assert await bench.done() == []
