"""Tesla takes the access token back early: one renewal, one repetition, and a command is done once (A4, F10)."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest
from tape import Tape
from whole_house import BASE, CAR, SITE, House, id_of, message


class Asked(NamedTuple):
    """A command, and what Tesla calls it."""

    device: str
    name: str
    value: int | None
    call: str


COMMANDS = (
    Asked(CAR, "charge_limit", 76, "set_charge_limit"),
    Asked(CAR, "honk_horn", None, "honk_horn"),
    Asked(SITE, "backup_reserve", 36, "backup"),
)

pytestmark = pytest.mark.case("F10")


def is_refused_once_and_repeated(one: House, words: str) -> bool:
    """The call has met the end of the token, or come after another that did; it was answered well, and only once."""
    entries = list(one.cloud.ledger.entries)
    own = [entry.status for entry in entries if entry.path.endswith(words)]
    return own in ([401, 200], [200]) and any(entry.status == 401 for entry in entries)


def test_during_a_read(one: House, record_property: Callable[[str, str], None]) -> None:
    one.tesla.forget()
    tape = Tape(one.api)
    one.tesla.control("revoke")
    one.spy.publish(f"{BASE}/{CAR}/get/charge")
    call = f"{id_of(CAR)}/vehicle_data"
    one.spy.until(lambda: is_refused_once_and_repeated(one, call), "a repetition")
    assert tape.renewals == 1
    record_property("figure", "1 renewal, 1 repetition")


@pytest.mark.parametrize("asked", COMMANDS, ids=[asked.name for asked in COMMANDS])
def test_during_a_command(one: House, asked: Asked) -> None:
    one.tesla.forget()
    tape = Tape(one.api)
    one.tesla.control("revoke")
    given = {} if asked.value is None else {"value": asked.value}
    assert one.ask(asked.device, asked.name, message(f"revoked {asked.name}", **given))["outcome"] == "ok"
    assert is_refused_once_and_repeated(one, f"/{asked.call}")
    assert [name for name, _ in one.tesla.done(asked.device)] == [asked.call]
    assert tape.renewals == 1


def test_a_token_that_is_refused_anew_is_not_renewed_for_ever(one: House) -> None:
    """Else each command would be a renewal, and each renewal another pair of tokens."""
    one.tesla.forget()
    tape = Tape(one.api)
    one.tesla.fault("/api/1/vehicles/.*/honk_horn", status=401, body='{"error": "token expired (401)"}')
    outcomes = [one.ask(CAR, "honk_horn", message(f"for ever {number}"))["outcome"] for number in range(12)]
    one.tesla.heal()
    assert set(outcomes) <= {"refused", "unavailable"}
    assert tape.renewals <= 6
    assert not one.tesla.done(CAR)
