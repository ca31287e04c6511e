"""A command that was sent and not answered is looked after, and never sent again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from whole_house import CAR, OTHER_CAR, SITE, House, house, id_of, message

pytestmark = pytest.mark.case("F24")


class Case(NamedTuple):
    """A command, what happens to the answer, what Tesla was told in the end, and what can be known of it."""

    device: str
    key: str
    value: Any
    path: str
    fault: dict[str, Any]
    told: dict[str, Any] | None
    outcome: str

    @property
    def transaction(self) -> str:
        return f"{self.device} {self.key}"


AFTER = {"after": True, "html": True}
LIMIT, AMPS, SENTRY = "command/set_charge_limit", "command/set_charging_amps", "command/set_sentry_mode"

# Each device does its commands one after the other, all devices at once.
CASES: dict[str, Case] = {
    "an error page after the deed": Case(
        CAR, "charge_limit", 60, LIMIT, AFTER | {"status": 504}, {"percent": 60}, "ok"
    ),
    "a connection cut after the deed": Case(
        CAR, "charge_current", 7, AMPS, {"drop": "after"}, {"charging_amps": 7}, "ok"
    ),
    "a web page that says all is well": Case(
        OTHER_CAR, "charge_limit", 61, LIMIT, AFTER | {"status": 200}, {"percent": 61}, "ok"
    ),
    "half an answer": Case(OTHER_CAR, "sentry_mode", False, SENTRY, {"truncate": True}, {"on": False}, "ok"),
    "a site's answer cut off": Case(
        SITE, "backup_reserve", 62, "backup", {"drop": "after"}, {"backup_reserve_percent": 62}, "ok"
    ),
    "an error before the deed": Case(SITE, "storm_watch", False, "storm_mode", {"status": 503}, None, "unconfirmed"),
    "a connection cut before the deed": Case(
        OTHER_CAR, "flash_lights", None, "command/flash_lights", {"drop": "before"}, None, "unconfirmed"
    ),
    "a horn whose answer is lost": Case(
        CAR, "honk_horn", None, "command/honk_horn", {"drop": "after"}, {}, "unconfirmed"
    ),
}


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """All of it has happened."""
    with house(tmp_path_factory.mktemp("house")) as running:
        for case in CASES.values():
            running.tesla.fault(f"POST .*{id_of(case.device)}/{case.path}", **case.fault)
        for case in CASES.values():
            given = {} if case.value is None else {"value": case.value}
            running.send(case.device, case.key, message(case.transaction, **given))
        for case in CASES.values():
            running.one_result_of(case.transaction)
        yield running


@pytest.mark.parametrize("what", CASES)
def test_what_can_be_seen_is_known_and_the_rest_is_unconfirmed(one: House, what: str) -> None:
    case = CASES[what]
    result = one.one_result_of(case.transaction)
    assert (result["outcome"], result["attempts"]) == (case.outcome, 1)
    assert (result["reason"], bool(result["message"])) == (
        (None, False) if case.outcome == "ok" else (result["reason"], True)
    )


@pytest.mark.parametrize("what", CASES)
def test_it_was_sent_once_and_done_at_most_once(one: House, what: str) -> None:
    case = CASES[what]
    done = [told for name, told in one.tesla.done(case.device) if name == case.path.removeprefix("command/")]
    assert done == ([] if case.told is None else [case.told])
    assert len(one.tesla.asked(f"{id_of(case.device)}/{case.path}")) == 1


@pytest.mark.timeout(240)
def test_an_answer_that_does_not_come_in_time_is_looked_for_and_the_command_not_sent_again(tmp_path: Path) -> None:
    """The bridge waits half a minute for an answer."""
    asked = [
        (CAR, "charge_limit", 77, LIMIT),
        (SITE, "backup_reserve", 44, "backup"),
        (OTHER_CAR, "honk_horn", None, "honk_horn"),
    ]
    with house(tmp_path) as one:
        one.tesla.forget()
        with ExitStack() as stack:
            for *_, path in asked:
                stack.enter_context(one.api.holding(path.encode(), answer=True))
            for device, name, value, _ in asked:
                one.send(device, name, message(f"slow {name}", **({} if value is None else {"value": value})))
            found = {
                name: one.spy.until(partial(one.results_of, f"slow {name}"), "a result", 80)[0]["outcome"]
                for _, name, *_ in asked
            }
        assert found == {"charge_limit": "ok", "backup_reserve": "ok", "honk_horn": "unconfirmed"}
        assert [len(one.tesla.done(device)) for device, *_ in asked] == [1, 1, 1]
        assert len(one.tesla.paid_for) == len(asked)


def test_a_wake_whose_answer_is_lost_is_not_paid_for_again(one: House) -> None:
    one.tesla.heal()
    one.tesla.force(OTHER_CAR, sentry_mode=False, state="asleep")
    one.tesla.forget()
    one.tesla.fault("POST .*wake_up", drop="after")
    assert one.ask(OTHER_CAR, "flash_lights", "PRESS")["outcome"] == "ok"
    assert len(one.tesla.asked("wake_up")) == 1
