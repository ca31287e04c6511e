"""What a car says no with: the word is passed on, a no is not asked again, and no car is woken for one (C4, C6)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import pytest
from whole_house import CAR, OTHER_CAR, House, empty_house, id_of

from bridge.fleet import keys

pytestmark = pytest.mark.case("F28")

ANY, START, STOP = ("honk_horn", "PRESS"), ("charging", "true"), ("charging", "false")
STANDARD, MAXIMUM = ("charge_standard", "PRESS"), ("charge_max_range", "PRESS")

SETTLED: list[tuple[str, tuple[str, str]]] = [
    ("already_set", ANY),
    ("requested", ANY),
    ("already on", ANY),
    ("already off", ANY),
    ("ALREADY_SET", ANY),
    ("remote: already_set", ANY),
    ("is_charging", START),
    ("already_started", START),
    ("not_charging", STOP),
    ("already_standard", STANDARD),
    ("already_max_range", MAXIMUM),
]
"""It is so already, or was accepted: done (fleet-api.md 3.1)."""

REFUSED: list[tuple[str, tuple[str, str]]] = [
    ("complete", START),
    ("disconnected", START),
    ("no_power", START),
    ("not_charging", START),
    ("is_charging", STOP),
    ("already_standard", MAXIMUM),
    ("not_supported", ANY),
    ("unavailable", ANY),
    ("could_not_wake_buses", ANY),
    ("low_power_mode_enforced", ANY),
    ("parental_controls_active", ANY),
    ("speed_limit_mode_active", ANY),
    ("vehicle_in_service", ANY),
    ("user_not_present", ANY),
    ("invalid_pin", ANY),
    ("pin_required", ANY),
    ("cabin_overheat_protection_on", ANY),
    ("car could not execute command: GENERICERROR_UNKNOWN", ANY),
    ("not already_set", ANY),
    ("something_quite_new", ANY),
]
"""Refused, in the car's own word; also one that nobody has heard yet."""


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The first car takes only signed commands and does not know our key; the other takes any."""
    directory = tmp_path_factory.mktemp("house")
    with empty_house(directory) as house:
        public = keys.make(directory / "data")
        house.tesla.control(f"vehicles/{id_of(OTHER_CAR)}/signing", keys=[public.hex])
        house.tesla.control(f"vehicles/{id_of(CAR)}/signing", keys=[])
        house.tesla.force(CAR, command_signing="required", key_paired=False)
        house.tesla.control("limits", command=10_000, data=10_000, wake=10_000)
        house.start()
        yield house


@pytest.fixture(autouse=True)
def _fresh(one: House) -> None:
    one.tesla.force(OTHER_CAR, state="online", plugged=True)
    one.tesla.forget()


def calls(one: House) -> list[str]:
    return [line.rpartition("/")[2] for line in one.tesla.paid_for if "fleet_status" not in line]


def test_a_word_for_it_is_so_already_is_a_yes_and_any_other_is_passed_on(one: House) -> None:
    """All of them in one test: what is looked at after each is the number of calls."""
    told: Mapping[str, list[tuple[str, tuple[str, str]]]] = {"ok": SETTLED, "refused": REFUSED}
    for outcome, rows in told.items():
        for word, (name, payload) in rows:
            one.tesla.forget()
            one.tesla.force(OTHER_CAR, refuse=[word])
            result = one.ask(OTHER_CAR, name, payload)
            assert (result["outcome"], result["reason"]) == (outcome, word), word
            assert (result["attempts"], len(calls(one))) == (1, 1), word


class Fault(NamedTuple):
    """What Tesla's servers or the car answer, once or each time; what is said; and how many calls it takes."""

    status: int
    body: str
    outcome: str
    reason: str
    calls: int


BUSY = '{"response": null, "error": "vehicle is busy", "error_description": ""}'
FAULTS: Mapping[str, Fault] = {
    "the car is in service": Fault(405, '{"error": "vehicle is currently in service"}', "refused", "in_service", 1),
    "a call that is wrong": Fault(400, '{"error": "invalid_command"}', "refused", "call_wrong", 1),
    "mobile access is off": Fault(401, '{"error": "mobile_access_disabled"}', "unavailable", "mobile_access_off", 1),
    "no support": Fault(403, '{"error": "unsupported vehicle"}', "unavailable", "unsupported", 1),
    "the account is locked": Fault(423, "", "unavailable", "account_locked", 1),
    "busy, by the servers' word": Fault(503, BUSY, "unconfirmed", "no_answer", 1),
}


@pytest.mark.parametrize("what", FAULTS)
def test_a_no_of_the_servers_is_not_asked_again(one: House, what: str) -> None:
    fault = FAULTS[what]
    one.tesla.fault("POST .*/command/honk_horn", status=fault.status, body=fault.body)
    result = one.ask(OTHER_CAR, "honk_horn", "PRESS")
    one.tesla.heal()
    assert (result["outcome"], result["reason"]) == (fault.outcome, fault.reason)
    assert calls(one) == ["honk_horn"] * fault.calls


def test_a_car_without_our_key_is_asked_once_and_not_woken_for_it_again(one: House) -> None:
    first = one.ask(CAR, "charge_limit", "71")
    assert (first["outcome"], first["reason"]) == ("unavailable", "key_not_paired")
    assert one.tesla.executions(CAR) == []
    one.tesla.force(CAR, sentry_mode=False, state="asleep")
    one.tesla.forget()
    second = one.ask(CAR, "charge_limit", "72")
    assert (second["outcome"], second["reason"]) == ("unavailable", "key_not_paired")
    assert calls(one) == []


@pytest.mark.parametrize(
    ("faults", "outcome", "reason", "done"),
    [([1], "ok", None, 1), ([1] * 9, "unavailable", "busy", 0), ([21], "unavailable", "mobile_access_off", 0)],
    ids=["busy once", "busy for long", "remote access is off"],
)
def test_a_busy_car_is_asked_three_times_and_one_that_will_not_once(
    one: House, faults: list[int], outcome: str, reason: str | None, done: int
) -> None:
    """The numbers are those of the protocol's faults (fleet-api.md 7.5)."""
    one.tesla.force(OTHER_CAR, command_signing="required")
    one.ask(OTHER_CAR, "get_charge_on_solar", "PRESS")  # opens the session
    one.tesla.forget()
    one.tesla.control(f"vehicles/{id_of(OTHER_CAR)}/signing", faults=faults)
    result = one.ask(OTHER_CAR, "update_charge_on_solar", '{"enabled": true}')
    one.tesla.control(f"vehicles/{id_of(OTHER_CAR)}/signing", faults=[])
    assert (result["outcome"], result["reason"]) == (outcome, reason)
    assert len(one.tesla.executions(OTHER_CAR)) == done
    expected = {"ok": 2, "busy": 3, "mobile_access_off": 1}[reason or outcome]
    assert len(calls(one)) == expected, calls(one)
    one.tesla.force(OTHER_CAR, command_signing="allowed")


def test_a_car_that_wants_signatures_gets_no_plain_command_twice(tmp_path_factory: pytest.TempPathFactory) -> None:
    with empty_house(tmp_path_factory.mktemp("keyless")) as house:
        house.tesla.force(CAR, command_signing="required")
        house.start()
        house.tesla.forget()
        results = [house.ask(CAR, "charge_limit", "71") for _ in range(2)]
        assert [(each["outcome"], each["reason"]) for each in results] == [("unavailable", "signing_required")] * 2
        assert house.tesla.executions(CAR) == []
        assert len(calls(house)) == len(results)
