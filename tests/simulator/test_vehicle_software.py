"""An update is published, downloaded at home, scheduled and installed."""

from typing import Any

from test_vehicle import START, a_car, an_awake_car, later, local, read

from bridge.simulator.vehicle import Vehicle


def update(car: Vehicle) -> dict[str, Any]:
    """What is said about the update."""
    answer: dict[str, Any] = read(car, "vehicle_state")["software_update"]
    return answer


def test_without_an_update_the_fields_are_as_recorded() -> None:
    shown = update(an_awake_car())

    assert shown == {
        "download_perc": 0, "expected_duration_sec": 1500, "install_perc": 1, "status": "", "version": " ",
    }  # fmt: skip


def test_an_update_waits_for_wifi_and_is_downloaded_at_home() -> None:
    car = an_awake_car(at_home=False, software_update="downloading_wifi_wait")
    assert update(car)["status"] == "downloading_wifi_wait"

    car.force(at_home=True)
    car.advance(later(minutes=6))
    assert update(car)["status"] == "downloading"
    assert 40 <= update(car)["download_perc"] <= 60

    car.advance(later(minutes=13))
    assert update(car)["status"] == "available"
    assert update(car)["download_perc"] == 100
    assert update(car)["version"] == "2026.32.5"


def test_a_scheduled_update_is_installed_with_a_short_absence() -> None:
    car = an_awake_car(software_update="available")
    car.command("schedule_software_update", {"offset_sec": 3600}, START)

    car.advance(later(minutes=59))
    assert update(car)["status"] == "scheduled"
    car.advance(later(minutes=70))
    assert car.state == "online"
    assert update(car)["status"] == "installing"
    assert 30 <= update(car)["install_perc"] <= 50

    car.advance(later(minutes=84))
    assert car.state == "offline"
    car.advance(later(minutes=86))
    assert car.state == "online"
    assert read(car, "vehicle_state")["car_version"].startswith("2026.32.5 ")
    assert update(car)["status"] == ""
    assert car.fleet_status()["firmware_version"] == "2026.32.5"


def test_nobody_drives_during_an_installation() -> None:
    car = a_car("commuter", state="online", software_update="available")
    car.command("schedule_software_update", {"offset_sec": 0}, later(minutes=5))

    car.advance(local(17, 15))
    assert read(car, "drive_state")["shift_state"] is None
    car.advance(local(17, 40))
    assert read(car, "drive_state")["shift_state"] == "D"


def test_updates_come_by_themselves() -> None:
    car = a_car("commuter")

    car.advance(local(7, 0, day=20))

    assert update(car)["status"] == "available"
