"""Tesla says 403 for five reasons, and a scope may be missing: each is told, and asking ends (A9, A10, F8, F9)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest
from driven import DrivenHouse, settled_house
from tape import Tape
from whole_house import CAR, OTHER_CAR, SITE, id_of, message

from bridge.simulator.tokens import Grant

pytestmark = pytest.mark.mosquitto

START = datetime(2026, 6, 1, 19, tzinfo=UTC)
HOUR = 3600.0
COMMANDS = 6

Record = Callable[[str, str], None]


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DrivenHouse]:
    with settled_house(tmp_path_factory.mktemp("driven"), START) as made:
        made.start()
        yield made


def asked(one: DrivenHouse, device: str, name: str, transaction: str, value: object = None) -> tuple[str, str | None]:
    """Outcome and reason."""
    one.send(device, name, message(transaction, **({} if value is None else {"value": value})))
    one.time.run_for(30)
    result = one.one_result_of(transaction)
    return result["outcome"], result["reason"]


# --- five kinds of 403 --------------------------------------------------------------------------------------------


class Kind(NamedTuple):
    """What Tesla says, and what is told; how often it may be said in three hours, to reads and to six commands."""

    said: str
    reason: str
    reads: int
    commands: int


# A10: what a sign-in does not cover is not asked for again until that changes; whoever is blocked, and whoever has not
# paid, asks once an hour or less; what else only the owner can end, four times an hour. A command is sent once, as
# often as somebody wants it.
KINDS: dict[str, Kind] = {
    "signing": Kind("Tesla Vehicle Command Protocol required, please refer to x", "signing_required", 13, COMMANDS),
    "unsupported": Kind("vehicle unsupported", "unsupported", 13, COMMANDS),
    "blocked": Kind("Forbidden, see https://developer.tesla.com", "client_blocked", 4, COMMANDS),
    "scope": Kind("Unauthorized missing scopes", "scope", 1, 1),
    "billing": Kind("account disabled: EXCEEDED_LIMIT", "billing", 5, 1),
}


@pytest.mark.case("F9")
def test_five_kinds_are_five_reasons() -> None:
    assert len({kind.reason for kind in KINDS.values()}) == 5


@pytest.mark.case("F9")
@pytest.mark.parametrize("name", KINDS)
def test_each_is_told_and_soon_asked_for_no_more(one: DrivenHouse, name: str, record_property: Record) -> None:
    kind = KINDS[name]
    body = json.dumps({"response": None, "error": kind.said})
    one.tesla.fault("/(vehicle_data|command/honk_horn)", status=403, body=body)
    tape = Tape(one.api)
    answers = {asked(one, CAR, "honk_horn", f"{name} {number}") for number in range(COMMANDS)}
    one.time.run_for(3 * HOUR - 30 * COMMANDS)
    reads, commands = (len(tape.requests(words)) for words in (f"{id_of(CAR)}/vehicle_data", "honk_horn"))
    one.tesla.heal()
    assert answers == {("unavailable", kind.reason)}
    assert one.value("account/tesla", "status/problem") != "none"
    assert 0 < reads <= kind.reads
    assert 0 < commands <= kind.commands
    assert len(tape.requests("live_status")) >= 175, "the site is served as ever"
    record_property("figure", f"{name}: {reads} reads in 3 h, {commands} calls for {COMMANDS} commands")
    one.bridge.kill()
    one.start()  # a scope is asked for again then


# --- scopes -------------------------------------------------------------------------------------------------------

SITES, CARS = ["energy_device_data", "energy_cmds"], ["vehicle_device_data"]
WITHOUT_COMMANDS = ["openid", "offline_access", "user_data", *SITES, *CARS]


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[DrivenHouse]:
    """Its bridge is not started yet."""
    with settled_house(tmp_path, START) as made:
        yield made


def refused(one: DrivenHouse) -> list[str]:
    """What was asked outside of the scopes."""
    return [f"{entry.method} {entry.path}" for entry in one.cloud.ledger.entries if entry.status == 403]


def others_work(one: DrivenHouse, name: str) -> bool:
    return (
        asked(one, SITE, "backup_reserve", f"site {name}", 40)[0] == "ok" and len(one.tesla.asked("vehicle_data")) > 0
    )


@pytest.mark.case("F8")
def test_scopes_and_claims_that_nobody_knows_are_data(fresh: DrivenHouse) -> None:
    tokens, invented = fresh.cloud.tokens, frozenset({"quantum_cmds", "vehicle_dreams", "x:y"})
    fresh.cloud.policy.scopes |= invented
    tokens._lineages[0].scopes |= invented
    powers = tokens._powers

    def odd(grant: Grant) -> dict[str, object]:
        known = {name: value for name, value in powers(grant).items() if name != "ou_code"}
        return {**known, "moods": ["good", {"of": None}], "scp_v2": 7}

    tokens._powers = odd  # type: ignore[method-assign]  # Tesla has changed
    fresh.start()
    assert asked(fresh, CAR, "honk_horn", "odd") == ("ok", None)
    assert others_work(fresh, "odd")
    assert "[error" not in fresh.bridge.log


@pytest.mark.case("F8")
def test_a_scope_that_was_never_granted(fresh: DrivenHouse, record_property: Record) -> None:
    fresh.tesla.control("scopes", scopes=WITHOUT_COMMANDS)
    fresh.start()
    assert asked(fresh, CAR, "honk_horn", "never 1") == ("unavailable", "scope")
    assert asked(fresh, CAR, "charge_limit", "never 2", 71) == ("unavailable", "scope")
    fresh.time.run_for(HOUR)
    assert others_work(fresh, "never")
    missing = fresh.value("account/tesla", "status/scopes_missing") or ""
    assert {"vehicle_cmds", "vehicle_charging_cmds"} <= set(missing.split(", "))
    assert refused(fresh) == []
    record_property("figure", "never granted: 0 calls outside")


@pytest.mark.case("F8")
def test_a_scope_that_is_taken_back(fresh: DrivenHouse, record_property: Record) -> None:
    """Nobody tells: the first call of each kind finds it out."""
    fresh.start()
    assert asked(fresh, CAR, "honk_horn", "before") == ("ok", None)
    fresh.tesla.control("scopes", scopes=WITHOUT_COMMANDS)
    for number in range(COMMANDS):
        for device in (CAR, OTHER_CAR):
            assert asked(fresh, device, "honk_horn", f"after {device} {number}") == ("unavailable", "scope")
    assert others_work(fresh, "after")
    fresh.time.run_for(HOUR)
    assert max(Counter(each.replace(id_of(OTHER_CAR), id_of(CAR)) for each in refused(fresh)).values()) == 1
    record_property("figure", f"taken back: {len(refused(fresh))} refusal, then none")
