"""Every fault has its answer: catch up, wait, stop, or leave it unknown (fleet-api.md 7.5)."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from bench import Bench, signing_car
from simulated_tesla import Tesla
from tesla_protocol.command.universal_message_pb2 import MessageFault_E, RoutableMessage

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
from bridge.fleet.signing.conversation import PATIENCE, PlainOnly
from bridge.fleet.signing.faults import FAULTS
from bridge.fleet.transport import Answer

DONE = CommandAnswer(result=True, reason="")

OUT_OF_STEP = (5, 6, 15, 17, 20, 26, 27)
OF_A_SECOND_COPY = (6, 17, 26)
"""What a car says to a message that it has executed already: the counter was used, or the time is over."""
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
    assert (await horns(bench), len(bench.calls)) == (0, 6)  # three times the fault and the session


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


# --- a message that arrives twice: the first copy is executed, the second gets the fault (C1) ----------------------


def without_session(answer: Answer) -> Answer:
    """fleet-api.md 7.5 lists none for 26 and 27."""
    body = json.loads(answer.body)
    message = RoutableMessage.FromString(base64.b64decode(body["response"]))
    message.ClearField("session_info")
    body["response"] = base64.b64encode(message.SerializeToString()).decode()
    return replace(answer, body=json.dumps(body).encode())


def too_late(answer: Answer) -> Answer:
    """The network's time is the event loop's."""
    loop = asyncio.get_running_loop()
    time = loop.time
    loop.time = lambda: time() + PATIENCE + 1  # type: ignore[method-assign]  # the loop of this test alone
    return answer


@pytest.mark.parametrize(("name", "parameters"), [("honk_horn", {}), ("actuate_trunk", {"which_trunk": "rear"})])
@pytest.mark.parametrize(("seconds", "fault"), [(1, 6), (11, 17)])
async def test_what_arrives_twice_is_done_once(
    tesla: Tesla, name: str, parameters: dict[str, str], seconds: int, fault: int
) -> None:
    bench = await ready(tesla)
    bench.twice[1] = seconds
    with pytest.raises(ServerFailed, match="may have been done"):
        await bench.command(name, **parameters)
    assert (await bench.signing())["faults_given"] == [fault]
    assert [each["name"] for each in await bench.done()][2:] == [name]


@pytest.mark.parametrize("fault", OUT_OF_STEP)
async def test_a_message_whose_counter_the_car_has_seen_may_have_been_done(tesla: Tesla, fault: int) -> None:
    bench = await ready(tesla, late=(fault,))
    with pytest.raises(ServerFailed, match="may have been done") as caught:
        await bench.command("honk_horn")
    assert caught.value.reason == "no_answer"
    assert (await horns(bench), len(bench.calls)) == (1, 1)


@pytest.mark.parametrize("alter", [without_session, too_late])
@pytest.mark.parametrize("fault", OF_A_SECOND_COPY)
async def test_a_fault_without_a_session_to_be_believed_is_no_proof_and_the_car_is_asked(
    tesla: Tesla, fault: int, alter: Callable[[Answer], Answer]
) -> None:
    bench = await ready(tesla, late=(fault,))
    bench.alters[1] = alter
    with pytest.raises(ServerFailed, match="may have been done"):
        await bench.command("honk_horn")
    assert (await horns(bench), len(bench.calls)) == (1, 2)  # the command, the session


@pytest.mark.parametrize("error", [VehicleUnavailable("asleep"), ServerFailed("no answer"), PlainOnly()])
async def test_where_the_car_cannot_be_asked_it_may_have_been_done(tesla: Tesla, error: Exception) -> None:
    bench = await ready(tesla, late=(6,))
    bench.alters[1] = without_session
    bench.fails[2] = error
    with pytest.raises(ServerFailed, match="may have been done"):
        await bench.command("honk_horn")
    assert (await horns(bench), len(bench.calls)) == (1, 2)


@pytest.mark.parametrize("fault", OUT_OF_STEP)
async def test_what_may_be_done_twice_is_sent_again_though_it_arrived_twice(tesla: Tesla, fault: int) -> None:
    bench = await ready(tesla, late=(fault,))
    assert await bench.command("door_lock") == DONE
    assert (len(bench.calls), bench.clock.slept) == (2, [1.0])


async def test_a_message_that_came_too_late_is_sent_again_however_late_the_answer_is(tesla: Tesla) -> None:
    """The car's counter shows that it was not executed."""
    bench = await ready(tesla)
    await bench.signing(clock_s=3600)
    bench.alters[1] = too_late
    assert await bench.command("honk_horn") == DONE
    assert (await horns(bench), len(bench.calls)) == (1, 3)  # the fault, the session, the command


# --- the others -----------------------------------------------------------------------------------------------------


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
