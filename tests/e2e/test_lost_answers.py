"""A command that was sent and not answered is looked after, and never sent again (F24, F26)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from whole_house import CAR, OTHER_CAR, SITE, House, house, message


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("house")) as running:
        yield running


@pytest.fixture(autouse=True)
def _healthy(one: House) -> Iterator[None]:
    one.tesla.forget()
    yield
    one.tesla.heal()


LOST: dict[str, dict[str, Any]] = {
    "an error page after the deed": {"status": 504, "html": True, "after": True},
    "a web page that says it is good": {"status": 200, "html": True, "after": True},
    "a connection cut after the deed": {"drop": "after"},
    "half an answer": {"truncate": True},
}

NOT_DONE: dict[str, dict[str, Any]] = {
    "an error before the deed": {"status": 503},
    "a connection cut before the deed": {"drop": "before"},
}


def ask_all(one: House, what: str, percent: int) -> dict[str, Any]:
    """A car, a site and a one-shot at once; each takes a few seconds to be looked after."""
    one.send(CAR, "charge_limit", message(f"{what}, limit", value=percent))
    one.send(SITE, "backup_reserve", message(f"{what}, reserve", value=percent))
    one.send(OTHER_CAR, "honk_horn", message(f"{what}, horn"))
    return {name: one.one_result_of(f"{what}, {name}") for name in ("limit", "reserve", "horn")}


@pytest.mark.parametrize(("percent", "what"), list(enumerate(LOST, 60)))
def test_what_was_done_is_seen_by_looking_and_a_horn_stays_unconfirmed(one: House, percent: int, what: str) -> None:
    one.tesla.fault("POST .*(set_charge_limit|backup|honk_horn)", **LOST[what])
    results = ask_all(one, what, percent)
    assert {name: each["outcome"] for name, each in results.items()} == {
        "limit": "ok",
        "reserve": "ok",
        "horn": "unconfirmed",
    }
    assert {each["attempts"] for each in results.values()} == {1}
    assert one.tesla.done(CAR) == [("set_charge_limit", {"percent": percent})]
    assert one.tesla.done(SITE) == [("backup", {"backup_reserve_percent": percent})]
    assert one.tesla.done(OTHER_CAR) == [("honk_horn", {})]
    assert len(one.tesla.paid_for) == 3


@pytest.mark.parametrize(("percent", "what"), list(enumerate(NOT_DONE, 70)))
def test_what_cannot_be_seen_is_unconfirmed_and_not_tried_again(one: House, percent: int, what: str) -> None:
    one.tesla.fault("POST .*(set_charge_limit|backup|honk_horn)", **NOT_DONE[what])
    results = ask_all(one, what, percent)
    assert {each["outcome"] for each in results.values()} == {"unconfirmed"}
    assert all(each["message"] for each in results.values())
    assert one.tesla.done(CAR) == one.tesla.done(SITE) == one.tesla.done(OTHER_CAR) == []
    assert len(one.tesla.paid_for) == 3
