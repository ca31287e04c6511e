"""The products list -> the devices of the account: those that are some, and no others (reliability.md B8, B10)."""

from __future__ import annotations

from typing import Any

import pytest
from catalog_cases import RECORDED, load, needs_recorded
from hypothesis import given, settings, strategies as st
from odd_answers import anything

from bridge.model import Device, DeviceId, Kind
from bridge.sources.answers import is_id
from bridge.sources.roster import devices, wall_connector

VIN = "5YJ3E1EA7KF000316"
DIN = "1457768-02-F--PGT21000000001"
SITE = DeviceId(Kind.ENERGY_SITE, "1234567")
POWERWALL = {
    "energy_site_id": 1234567,
    "resource_type": "battery",
    "site_name": "Home",
    "components": {"battery": True},
}


def _only(product: Any) -> Device:
    (device,) = devices([product])
    return device


# --- cars -------------------------------------------------------------------------------------------------


def test_a_car_has_its_vin_its_name_and_its_model() -> None:
    car = _only({"vin": VIN, "display_name": "Blitz", "state": "asleep"})
    assert car == Device(DeviceId(Kind.VEHICLE, VIN), "Blitz", model="Model 3", serial=VIN)


@pytest.mark.parametrize("name", [None, "", "   ", "\0\n", 5, ["Blitz"]])
def test_a_car_without_a_name_is_called_by_its_model(name: Any) -> None:
    assert _only({"vin": VIN, "display_name": name}).name == "Model 3"


def test_a_car_of_an_unknown_model_is_called_by_its_vin() -> None:
    assert (_only({"vin": "5YJ0E1EA7KF000316"}).name, _only({"vin": "X"}).name) == ("5YJ0E1EA7KF000316", "X")


@pytest.mark.parametrize(
    ("given_", "shown"),
    [("a/+/#", "a/+/#"), ("$SYS", "$SYS"), ("Zoë 🚗", "Zoë 🚗"), ("red\x1b[31m\n", "red[31m"), ("x" * 300, "x" * 255)],
)
def test_a_name_is_shown_as_it_is_but_nothing_unprintable_of_it(given_: str, shown: str) -> None:
    """Fault case F39: a name is text for people; topics are made of the VIN."""
    car = _only({"vin": VIN, "display_name": given_})
    assert (car.name, car.at.id) == (shown, VIN)


@pytest.mark.case("F19")
@pytest.mark.parametrize("vin", [None, "", 5, True, [], {}, "a/b", "+", "#", "$SYS", "5YJ3 E1", "../x", "x" * 65])
def test_an_entry_without_a_sound_vin_is_passed_over(vin: Any) -> None:
    assert list(devices([{"vin": vin, "display_name": "ghost"}])) == []


# --- sites ------------------------------------------------------------------------------------------------


def test_a_site_has_its_id_and_its_name() -> None:
    assert _only(POWERWALL) == Device(SITE, "Home", model="Powerwall", serial="1234567")
    assert _only({**POWERWALL, "energy_site_id": "1234567"}).at == SITE


@pytest.mark.parametrize("name", [None, "", " ", 5])
def test_a_site_without_a_name_is_an_energy_site(name: Any) -> None:
    assert _only({**POWERWALL, "site_name": name}).name == "Energy site"


def test_its_wall_connectors_stand_behind_it() -> None:
    entry = {"din": DIN, "part_name": "Gen 3 Wall Connector", "serial_number": "PGT1", "firmware_version": "24.12.3"}
    site, connector = devices([{**POWERWALL, "components": {"wall_connectors": [entry]}}])
    assert site.at == SITE
    assert connector == Device(
        DeviceId(Kind.WALL_CONNECTOR, DIN),
        "Wall connector",
        model="Gen 3 Wall Connector",
        serial="PGT1",
        software="24.12.3",
        via=SITE,
    )


@pytest.mark.parametrize("odd", [None, "", 5, 1.5, True, [], {}])
def test_what_is_odd_about_a_wall_connector_is_left_out(odd: Any) -> None:
    device = wall_connector(DIN, SITE, {"part_name": odd, "serial_number": odd, "firmware_version": odd})
    assert (device.model, device.serial, device.software) == ("Wall Connector", DIN, None)


def test_an_empty_site_has_nothing_to_tell() -> None:
    """Tesla lists them (fleet-api.md 4.1)."""
    assert list(devices([{"energy_site_id": 1, "components": {}}, {"energy_site_id": 2}])) == []


@pytest.mark.parametrize(
    "components", [None, 5, True, "x", [], [1], {"wall_connectors": 5}, {"wall_connectors": [None, 5]}]
)
def test_a_site_with_odd_components_is_a_site_all_the_same(components: Any) -> None:
    assert _only({**POWERWALL, "components": components}).at == SITE


@pytest.mark.case("F19")
@pytest.mark.parametrize("site", [None, 0, -1, 1.5, True, "", "0", "x", "1/2", "\u0661", 10**30, [], {}])
def test_an_entry_without_a_sound_site_id_is_passed_over(site: Any) -> None:
    assert list(devices([{**POWERWALL, "energy_site_id": site}])) == []


# --- lists ------------------------------------------------------------------------------------------------


@pytest.mark.case("F19")
def test_what_is_no_product_costs_only_itself() -> None:
    odd: list[Any] = [None, 5, "x", [], {}, {"vin": None}, {"id": 1, "resource_type": "unknown"}]
    assert [device.at.id for device in devices([*odd, {"vin": VIN}, *odd, POWERWALL])] == [VIN, "1234567"]


keys = st.sampled_from(
    ["vin", "display_name", "energy_site_id", "site_name", "resource_type", "components", "wall_connectors", "din"]
)


@settings(max_examples=40)
@given(products=st.lists(st.dictionaries(keys, anything | st.dictionaries(keys, anything)), max_size=3))
def test_no_list_raises_and_no_device_has_an_id_that_breaks_a_topic(products: list[Any]) -> None:
    sound = {"vin": VIN}
    found = list(devices([*products, sound]))
    assert found[-1].at.id == VIN
    assert all(is_id(device.at.id) and device.name.strip() for device in found)


@needs_recorded
def test_recorded_products_are_a_car_and_a_site() -> None:
    found = list(devices(load(RECORDED / "products_gak_2024_01_20.json")["response"]))
    assert [device.at.kind for device in found][:2] == [Kind.VEHICLE, Kind.ENERGY_SITE]
