"""Recorded answers in place of simulated ones; the files here are written by hand in the real shapes."""

import json
from pathlib import Path
from typing import Any

import pytest
from simulated_tesla import NOON, Tesla

from bridge.simulator.recorded import kind_of, load_account
from bridge.simulator.server import Simulation

CAR = "5YJ3E1EA0MF000001"
OTHER = "5YJ3E1EA0MF000002"
PRODUCTS = {
    "count": 3,
    "response": [
        {
            "id": 1,
            "id_s": "1",
            "vin": CAR,
            "state": "asleep",
            "display_name": "Old name",
            "command_signing": "required",
            "vehicle_config": {"car_type": "model3", "timestamp": 1_700_000_000_000},
        },
        {"id": 2, "id_s": "2", "vin": OTHER, "state": "asleep", "display_name": "Other"},
        {
            "energy_site_id": 7,
            "resource_type": "battery",
            "site_name": "House",
            "components": {"wall_connectors": [{"din": "WC-7"}]},
        },
    ],
}
DATA = {
    "response": {
        "id": 1,
        "id_s": "1",
        "vin": CAR,
        "state": "online",
        "display_name": "New name",
        "charge_state": {"battery_level": 80, "timestamp": 1_750_000_000_000},
        "drive_state": {"latitude": 1.5, "longitude": 2.5, "speed": None},
    }
}
LIVE = {
    "response": {
        "solar_power": 5000,
        "grid_status": "Active",
        "timestamp": "2026-01-02T12:00:00+01:00",
        "wall_connectors": [{"din": "WC-7"}],
    }
}
HISTORY = {"response": {"period": "day", "time_series": [{"timestamp": "2026-01-01T00:00:00+01:00"}]}}
INFO = {"response": {"id": "STE7", "default_real_mode": "backup", "backup_reserve_percent": 20}}


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    bodies = {"a": PRODUCTS, "b": DATA, "c": LIVE, "d": HISTORY, "e": INFO}
    for name, body in bodies.items():
        write(tmp_path, name, body)
    return tmp_path


@pytest.fixture
def simulation(recordings: Path) -> Simulation:
    return Simulation(start=NOON, speed=0, from_directory=recordings)


@pytest.fixture
async def tesla(stranger: Tesla) -> Tesla:
    await stranger.sign_in()
    return stranger


def write(directory: Path, name: str, body: object) -> None:
    (directory / f"{name}.json").write_text(json.dumps(body))


async def answer(tesla: Tesla, path: str, **query: str) -> Any:
    got = await tesla.get(path, **query)
    assert got.status_code == 200, got.text
    return got.json()["response"]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (PRODUCTS, "products"),
        (DATA, "vehicle_data"),
        (LIVE, "live_status"),
        (HISTORY, "history"),
        (INFO, "site_info"),
        ({"response": [{"name": "neither car nor site"}]}, None),
        ({"response": {"colour": "red"}}, None),
        ({"response": []}, None),
        ({"response": "text"}, None),
    ],
)
def test_a_file_is_known_by_its_shape(body: dict[str, Any], kind: str | None) -> None:
    assert kind_of(body["response"]) == kind


async def test_the_recorded_car_is_online_and_answers_with_its_body(tesla: Tesla) -> None:
    body = await answer(tesla, f"vehicles/{CAR}/vehicle_data")
    assert body["charge_state"] == DATA["response"]["charge_state"]
    assert body["display_name"] == "New name"
    assert body["state"] == "online"


async def test_a_car_known_from_a_list_only_stays_as_it_was(tesla: Tesla) -> None:
    assert (await tesla.get(f"vehicles/{OTHER}/vehicle_data")).status_code == 408
    await tesla.post(f"vehicles/{OTHER}/wake_up")
    assert (await answer(tesla, f"vehicles/{OTHER}/vehicle_data"))["display_name"] == "Other"


async def test_the_filter_and_the_location_rule_hold_for_recordings(tesla: Tesla) -> None:
    plain = await answer(tesla, f"vehicles/{CAR}/vehicle_data", endpoints="drive_state")
    assert plain["drive_state"] == {"speed": None}
    assert "charge_state" not in plain
    located = await answer(tesla, f"vehicles/{CAR}/vehicle_data", endpoints="drive_state;location_data")
    assert located["drive_state"]["latitude"] == 1.5


async def test_commands_are_acknowledged_and_change_nothing(tesla: Tesla) -> None:
    before = await answer(tesla, f"vehicles/{CAR}/vehicle_data")
    command = await tesla.post(f"vehicles/{CAR}/command/set_charge_limit", percent=55)
    assert command.json()["response"] == {"result": True, "reason": ""}
    assert await answer(tesla, f"vehicles/{CAR}/vehicle_data") == before
    written = await tesla.post("energy_sites/7/backup", backup_reserve_percent=99)
    assert written.json()["response"]["code"] == 201
    assert len((await tesla.look("executions"))["executions"]) == 2


async def test_the_recorded_site_answers_with_its_bodies(tesla: Tesla) -> None:
    assert await answer(tesla, "energy_sites/7/live_status") == LIVE["response"]
    assert await answer(tesla, "energy_sites/7/site_info") == INFO["response"]
    history = await answer(tesla, "energy_sites/7/calendar_history", kind="energy", period="day")
    assert history == HISTORY["response"]
    assert await answer(tesla, "energy_sites/7/calendar_history", kind="backup") is None
    assert await answer(tesla, "energy_sites/7/telemetry_history", kind="charge") == {"charge_history": []}


def test_of_two_recordings_the_newest_wins_whatever_its_name(recordings: Path) -> None:
    older = {"response": {**LIVE["response"], "timestamp": "2025-01-01T00:00:00Z", "solar_power": 1}}
    write(recordings, "z", older)
    (site,) = load_account(recordings).sites
    assert site.live_status()["solar_power"] == 5000


def test_without_times_the_last_name_wins(recordings: Path) -> None:
    write(recordings, "z", {"response": {"default_real_mode": "autonomous"}})
    (site,) = load_account(recordings).sites
    assert site.site_info() == {"default_real_mode": "autonomous"}


def test_a_body_goes_to_the_site_it_names(recordings: Path) -> None:
    second = {"energy_site_id": 8, "components": {"wall_connectors": [{"din": "WC-8"}]}}
    write(recordings, "second", {"response": [second]})
    house, barn = (load_account(recordings).site(number) for number in ("7", "8"))
    assert house
    assert barn
    assert house.live_status() == LIVE["response"]
    assert barn.live_status() == {}
    assert barn.site_info() == INFO["response"]


def test_a_site_that_is_in_no_list_is_made_up_from_its_answers(tmp_path: Path) -> None:
    write(tmp_path, "live", LIVE["response"])
    (site,) = load_account(tmp_path).sites
    assert site.product()["components"]["solar"] is True


def test_a_file_nobody_knows_is_named_and_left_out(recordings: Path, caplog: pytest.LogCaptureFixture) -> None:
    write(recordings, "puzzle", {"response": {"colour": "red"}})
    load_account(recordings)
    assert "puzzle.json" in caplog.text


def test_useless_directories_are_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=str(tmp_path)):
        load_account(tmp_path)
    with pytest.raises(NotADirectoryError, match="nowhere"):
        load_account(tmp_path / "nowhere")
    (tmp_path / "broken.json").write_text("{")
    with pytest.raises(ValueError, match=r"broken\.json"):
        load_account(tmp_path)
