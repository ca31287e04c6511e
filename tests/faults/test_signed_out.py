"""The sign-in is dead for good, or older than it should be: its cost, what is told, how it ends (A5, A7, F5, F7)."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from driven import DrivenHouse, settled_house
from logging_in import log_in
from tape import Tape
from whole_house import CAR, message

from bridge.clock import SystemClock

pytestmark = [pytest.mark.mosquitto, pytest.mark.timeout(400)]

HOUR, DAY = 3600.0, 86400.0
RESTARTS = 20
STATUS = "account/tesla/status"


@pytest.fixture
def one(tmp_path: Path) -> Iterator[DrivenHouse]:
    """Its time begins now, because `login` lives in ours."""
    with settled_house(tmp_path, SystemClock().now()) as made:
        made.start()
        yield made


def ids(one: DrivenHouse) -> set[tuple[str, str, str]]:
    """All that Home Assistant knows things by: document, entity and its unique id, as they are retained."""
    said = {topic: json.loads(text) for topic, text in one.spy.retained.items() if topic.startswith("homeassistant/")}
    found = {
        (topic, name, each.get("unique_id", ""))
        for topic, document in said.items()
        for name, each in document.get("components", {"": document}).items()
    }
    assert found
    return found


def told(one: DrivenHouse, name: str) -> str | None:
    return one.spy.retained.get(f"fleet2mqtt/{STATUS}/{name}")


def sign_in(one: DrivenHouse) -> None:
    """As a person does it, while the bridge runs."""
    one.time.flow(20)
    log_in(one)
    one.spy.until(lambda: "a new sign-in is taken up" in one.bridge.log, "the sign-in")
    one.time.hold()
    one.time.run_for(120)


def works(one: DrivenHouse) -> bool:
    one.send(CAR, "charge_limit", message("once more", value=70))
    one.time.run_for(30)
    return bool(one.one_result_of("once more")["outcome"] == "ok")


@pytest.mark.case("F5")
def test_a_day_signed_out_costs_next_to_nothing_and_a_sign_in_brings_everything_back(
    one: DrivenHouse, record_property: Callable[[str, str], None]
) -> None:
    before, tape = ids(one), Tape(one.api)
    one.tesla.control("revoke-consent")
    one.time.run_for(300)
    refused = len(tape.calls)  # those by which it was found out
    for _ in range(RESTARTS):
        one.bridge.kill()
        one.bridge.start()
        one.time.run_for(DAY / RESTARTS)
    assert tape.renewals <= 12
    assert len(tape.calls) == refused
    assert told(one, "login_required") == "true"
    record_property("figure", f"{tape.renewals} POSTs, 0 calls in 24 h with {RESTARTS} restarts")

    sign_in(one)
    assert told(one, "login_required") == "false"
    assert ids(one) >= before  # a car may have shown something new since
    assert works(one)


@pytest.mark.case("F7")
def test_a_data_directory_from_a_backup_is_named_as_the_cause(one: DrivenHouse, tmp_path: Path) -> None:
    data = tmp_path / "data"
    one.bridge.stop()
    shutil.copytree(data, tmp_path / "backup")
    one.start()
    before, since = ids(one), one.bridge.log.count("the access token was renewed")
    for _ in range(2):
        one.tesla.control("revoke")
        one.time.run_for(120)
    assert one.bridge.log.count("the access token was renewed") >= since + 2
    one.bridge.stop()
    one.time.run_for(25 * HOUR)  # as long as Tesla takes what was lost once

    shutil.rmtree(data)
    shutil.copytree(tmp_path / "backup", data)
    one.bridge.start()
    one.time.run_for(HOUR)
    assert told(one, "login_required") == "true"
    assert "if the data directory was restored from a backup, that is why" in (told(one, "problem") or "")

    sign_in(one)
    assert told(one, "login_required") == "false"
    assert ids(one) >= before  # a car may have shown something new since
    assert works(one)
