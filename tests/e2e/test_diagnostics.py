"""`diagnostics` and `purge` as a person calls them, beside a bridge that runs and after it has ended."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from whole_house import BASE, CAR, CONNECTOR, OTHER_CAR, SITE, House, house, id_of


@pytest.fixture
def one(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path) as running:
        yield running


def report(one: House) -> dict[str, Any]:
    done = one.bridge.call("diagnostics", "--output", "data/report.zip")
    assert (done.returncode, done.stderr) == (0, "")
    with zipfile.ZipFile(one.bridge.directory / "data/report.zip") as archive:
        texts = {name: archive.read(name).decode() for name in archive.namelist()}
    said = done.stdout + json.dumps(texts)
    for device in (CAR, OTHER_CAR, SITE, CONNECTOR):
        assert id_of(device) not in said
        assert id_of(device)[-6:] not in said
    assert "simulated-refresh-token" not in said
    assert "could not be made" not in said
    return {name: json.loads(text) for name, text in texts.items() if name.endswith(".json")}


@pytest.mark.case("S17")
@pytest.mark.mosquitto
def test_a_running_bridge_tells_how_it_is_doing(one: House) -> None:
    assert one.ask(CAR, "charge_limit", "71")["outcome"] == "ok"
    found = report(one)
    assert found["bridge.json"]["answers"] is True
    assert found["bridge.json"]["health"]["ok"] is True
    assert {"device": "vehicle 1"} in found["bridge.json"]["info"]["devices"]
    assert found["database.json"]["integrity"] == "ok"
    (command,) = found["commands.json"]
    assert (command["command"], command["value"], command["outcome"]) == ("charge_limit", 71, "ok")
    assert found["accounts.json"][0]["signed_in"] is True
    assert one.ask(CAR, "charge_limit", "72")["outcome"] == "ok"


@pytest.mark.case("S22")
@pytest.mark.mosquitto
def test_purge_leaves_nothing_of_a_bridge_that_has_ended(one: House) -> None:
    assert "stop the bridge first" in one.bridge.call("purge", "--yes").stderr
    one.bridge.stop()
    assert one.spy.retained
    done = one.bridge.call("purge", "--yes")
    assert (done.returncode, done.stderr) == (0, "")
    one.spy.until(lambda: not one.spy.retained, f"an empty broker: {done.stdout}")
    assert f"of a bridge with the base topic {BASE}" in one.bridge.call("purge").stdout


@pytest.mark.mosquitto
def test_a_bridge_that_has_ended_is_told_of_too(one: House) -> None:
    one.bridge.stop()
    found = report(one)
    assert found["bridge.json"]["answers"] is False
    assert found["bridge.json"]["retained"]["bridge/state"] == "offline"
    assert len(found["devices.json"]) >= 4
