"""A session is what the car says of it, and nothing else; its counters only ever rise."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from account import MemoryNotes
from cryptography.hazmat.primitives.asymmetric import ec
from fakes import NOON, FakeClock
from hypothesis import given, strategies as st
from tesla_protocol.command.signatures_pb2 import Session_Info_Status, SessionInfo
from tesla_protocol.command.universal_message_pb2 import Domain
from vectors import CAR_PRIVATE, CAR_PUBLIC, CLIENT_PRIVATE, EPOCH, SESSION_INFO, SESSION_TAG, UUID, VIN, private_key

from bridge.errors import AnswerInvalid, NotSent, SigningRequired
from bridge.fleet.signing.sessions import BLOCK, Session, Sessions, point, session_tag, shared_key

CAR = Domain.DOMAIN_INFOTAINMENT
CHALLENGE = bytes.fromhex(UUID)


class FullDisk(MemoryNotes):
    """Takes so many notes and no more."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self.room = room

    def keep_secrets(self, secrets: Mapping[str, Mapping[str, Any] | None]) -> None:
        if self.room == 0:
            raise OSError("no space left on device")
        self.room -= 1
        super().keep_secrets(secrets)


def sessions(notes: MemoryNotes | None = None, clock: FakeClock | None = None) -> Sessions:
    return Sessions(private_key(CLIENT_PRIVATE), notes or MemoryNotes(), clock or FakeClock())


def told(
    *, epoch: str = EPOCH, counter: int = 6, clock: int = 2650, key: str = CAR_PRIVATE, vin: str = VIN
) -> tuple[bytes, bytes]:
    """What the car says of its session, with its tag."""
    car = private_key(key)
    info = SessionInfo(
        counter=counter, publicKey=point(car.public_key()), epoch=bytes.fromhex(epoch), clock_time=clock
    ).SerializeToString()
    ours = point(private_key(CLIENT_PRIVATE).public_key())
    return info, session_tag(shared_key(car, ours), vin, CHALLENGE, info)


def take(mine: Sessions, **what: Any) -> Session:
    return mine.take(VIN, CAR, *told(**what), CHALLENGE)


def next_counter(mine: Sessions) -> int:
    session = mine.get(VIN, CAR)
    assert session
    return mine.count(VIN, CAR, session)


def test_the_published_session_is_believed() -> None:
    session = sessions().take(VIN, CAR, bytes.fromhex(SESSION_INFO), bytes.fromhex(SESSION_TAG), CHALLENGE)
    assert (session.counter, session.epoch.hex(), session.car_key.hex()) == (6, EPOCH, CAR_PUBLIC)


def test_the_cars_clock_goes_on_by_ours() -> None:
    clock = FakeClock()
    session = take(sessions(clock=clock))
    clock.advance(100)
    assert session.car_time(clock.monotonic()) == 2750


# --- what is not believed -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("info", "tag", "challenge"),
    [
        (*told(), b"\x00" * 16),
        (told()[0], told(counter=7)[1], CHALLENGE),
        (told()[0], b"", CHALLENGE),
        (*told(vin="5YJ30123456789ABD"), CHALLENGE),
        (*told(epoch=""), CHALLENGE),
        (SessionInfo(publicKey=b"\x04" + b"\x01" * 64, epoch=b"e").SerializeToString(), b"", CHALLENGE),
        (b"", b"", CHALLENGE),
        (b"\xff\xff\xff", b"", CHALLENGE),
    ],
    ids=["challenge", "tag", "no tag", "vin", "no epoch", "no point", "empty", "noise"],
)
def test_what_the_car_has_not_said_is_not_believed(info: bytes, tag: bytes, challenge: bytes) -> None:
    mine = sessions()
    with pytest.raises(AnswerInvalid):
        mine.take(VIN, CAR, info, tag, challenge)
    assert mine.get(VIN, CAR) is None


@given(st.binary(max_size=200), st.binary(max_size=40))
def test_no_noise_opens_a_session(info: bytes, tag: bytes) -> None:
    with pytest.raises(AnswerInvalid):
        sessions().take(VIN, CAR, info, tag, CHALLENGE)


@given(st.integers(0, len(SESSION_INFO) * 4 - 1))
def test_no_bit_of_a_session_can_be_changed(bit: int) -> None:
    info = bytearray.fromhex(SESSION_INFO)
    info[bit // 8] ^= 1 << bit % 8
    with pytest.raises((AnswerInvalid, SigningRequired)):
        sessions().take(VIN, CAR, bytes(info), bytes.fromhex(SESSION_TAG), CHALLENGE)


def test_a_key_that_is_not_in_the_car_is_told_as_such() -> None:
    info = SessionInfo(status=Session_Info_Status.SESSION_INFO_STATUS_KEY_NOT_ON_WHITELIST).SerializeToString()
    with pytest.raises(SigningRequired, match="fleet2mqtt pair"):
        sessions().take(VIN, CAR, info, b"", CHALLENGE)


def test_an_older_session_of_the_same_epoch_is_not_believed() -> None:
    mine = sessions()
    take(mine, clock=2650)
    take(mine, clock=2650)
    with pytest.raises(AnswerInvalid, match="older"):
        take(mine, clock=2649)


def test_another_key_of_the_same_car_is_not_believed() -> None:
    notes = MemoryNotes()
    mine = sessions(notes)
    take(mine)
    with pytest.raises(SigningRequired, match="another key"):
        take(mine, key="11")
    with pytest.raises(SigningRequired, match="another key"):
        take(mine, key="11")
    assert take(sessions(notes), key="11").car_key == point(private_key("11").public_key())


def test_another_key_is_noticed_after_a_restart_too() -> None:
    notes = MemoryNotes()
    take(sessions(notes))
    with pytest.raises(SigningRequired, match="another key"):
        take(sessions(notes), key="11")


# --- counters -----------------------------------------------------------------------------------------------------


def test_the_first_counter_is_the_one_after_the_cars() -> None:
    mine = sessions()
    take(mine)
    assert [next_counter(mine) for _ in range(3)] == [7, 8, 9]


@pytest.mark.parametrize("epoch", [EPOCH, "00" * 16], ids=["same epoch", "new epoch"])
def test_a_counter_never_goes_back(epoch: str) -> None:
    mine = sessions()
    take(mine, counter=50)
    take(mine, counter=6, epoch=epoch)
    assert next_counter(mine) == 51
    take(mine, counter=80, epoch=epoch)
    assert next_counter(mine) == 81


def test_counters_are_written_down_a_block_at_a_time_before_they_are_used() -> None:
    notes = MemoryNotes()
    mine = sessions(notes)
    take(mine)
    (name,) = notes.kept
    for _ in range(3 * BLOCK):
        used = next_counter(mine)
        assert used <= notes.kept[name]["counter"] < used + BLOCK


def test_a_counter_that_cannot_be_written_down_is_not_used() -> None:
    notes = FullDisk(room=1)
    mine = sessions(notes)
    take(mine)
    for _ in range(2):
        with pytest.raises(NotSent, match="no space left on device"):
            next_counter(mine)
    notes.room = 9
    assert next_counter(mine) == 7


def test_a_session_that_is_out_of_step_keeps_its_counters() -> None:
    mine = sessions()
    take(mine)
    used = [next_counter(mine) for _ in range(5)]
    mine.drop(VIN, CAR)
    assert mine.get(VIN, CAR) is None
    take(mine, counter=6)
    assert next_counter(mine) == used[-1] + 1


Life = st.lists(st.sampled_from(["use", "use", "restart", "told", "new epoch", "drop"]), max_size=80)


@given(Life)
def test_no_life_uses_a_counter_twice(life: list[str]) -> None:
    notes, used = MemoryNotes(), [6]
    mine = sessions(notes)
    take(mine)
    for number, event in enumerate(life):
        if event == "restart":
            mine = sessions(notes)
        elif event == "drop":
            mine.drop(VIN, CAR)
        elif event == "told":
            take(mine, counter=max(used), clock=2650 + number)
        elif event == "new epoch":
            take(mine, counter=0, epoch=f"{number:032x}", clock=0)
        elif mine.get(VIN, CAR):
            used.append(next_counter(mine))
    assert used == sorted(set(used))


# --- across a restart ---------------------------------------------------------------------------------------------


def test_after_a_restart_the_cars_clock_is_guessed_by_the_wall_clock() -> None:
    notes = MemoryNotes()
    take(sessions(notes))
    later = FakeClock(NOON + timedelta(minutes=5))
    session = sessions(notes, later).get(VIN, CAR)
    assert session
    assert session.car_time(later.monotonic()) == 2650 + 300


@pytest.mark.parametrize("ago", [timedelta(days=2), timedelta(days=-1)])
def test_a_guess_that_may_be_far_off_is_not_made(ago: timedelta) -> None:
    """A message whose time ends in the far future would be good for as long."""
    notes = MemoryNotes()
    take(sessions(notes))
    mine = sessions(notes, FakeClock(NOON + ago))
    assert mine.get(VIN, CAR) is None
    take(mine, counter=6)
    assert next_counter(mine) == 7


def test_a_session_of_another_private_key_is_not_ours() -> None:
    notes = MemoryNotes()
    take(sessions(notes))
    other = Sessions(ec.derive_private_key(99, ec.SECP256R1()), notes, FakeClock())
    assert other.get(VIN, CAR) is None


def test_the_secret_of_a_session_is_neither_kept_nor_shown() -> None:
    notes = MemoryNotes()
    session = take(sessions(notes))
    assert session.key.hex() not in str(notes.kept)
    assert session.key.hex() not in repr(session)
    assert repr(session.key) not in repr(session)


KILLED = """
import sys
from pathlib import Path
from vectors import *
from bridge.clock import SystemClock
from bridge.database import Database
from bridge.fleet.signing.sessions import Sessions
from tesla_protocol.command.universal_message_pb2 import Domain

with Database(Path(sys.argv[1])) as database:
    mine = Sessions(private_key(CLIENT_PRIVATE), database, SystemClock())
    if mine.get(VIN, Domain.DOMAIN_INFOTAINMENT) is None:
        mine.take(VIN, Domain.DOMAIN_INFOTAINMENT, bytes.fromhex(SESSION_INFO), bytes.fromhex(SESSION_TAG),
                  bytes.fromhex(UUID))
    while True:
        print(mine.count(VIN, Domain.DOMAIN_INFOTAINMENT, mine.get(VIN, Domain.DOMAIN_INFOTAINMENT)), flush=True)
"""


def test_no_counter_is_used_twice_by_a_bridge_that_is_killed(tmp_path: Path) -> None:
    used: list[int] = []
    for lines in (1, 40, 33, 7):
        with subprocess.Popen(
            [sys.executable, "-c", KILLED, tmp_path], stdout=subprocess.PIPE, cwd=Path(__file__).parent, text=True,
            env={"PYTHONPATH": f"{Path(__file__).parents[3]}:{Path(__file__).parent}"},
        ) as process:  # fmt: skip
            assert process.stdout
            seen = [int(process.stdout.readline()) for _ in range(lines)]
            process.send_signal(signal.SIGKILL)
            rest = process.stdout.read().splitlines()
        used += seen + [int(line) for line in rest if line]
    assert used == sorted(set(used))
    assert len(used) >= 81
