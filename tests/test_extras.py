"""The smaller calls against the simulated account, over HTTP: what each brings, costs and keeps to itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import nullcontext, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from extras_desk import ACCOUNT, CAR, VIN, row, world
from odd_answers import ODD

from bridge.catalog import CATALOGUE
from bridge.errors import AnswerInvalid, BridgeError, CallWrong, ScopeMissing, VehicleUnavailable
from bridge.model import DeviceId, Kind
from bridge.sources import extras_account, extras_vehicle
from bridge.sources.asking import Extra

EXTRAS = (*extras_vehicle.VEHICLE, *extras_account.ACCOUNT)
"""Those of sites are in test_extras_site."""

NAMES = [extra.name for extra in EXTRAS]

FLEET = "/api/1/vehicles/fleet_status"

Values = Mapping[DeviceId, Mapping[str, Any]]


# --- all of them --------------------------------------------------------------------------------------------------


async def test_each_call_brings_every_row_that_reads_it() -> None:
    """Nothing is asked for nothing, and no row waits for what nobody asks."""
    async with world() as tesla:
        found = {name: await tesla.ask(name) for name in NAMES}
    for name, values in found.items():
        (at,) = values
        rows = CATALOGUE[at.kind].entities.values()
        assert {each.key for each in rows if each.source.split(".")[0] == name} <= values[at].keys()
        assert values[at], name


async def test_each_call_is_entered_at_the_price_of_its_row() -> None:
    async with world() as tesla:
        for name in NAMES:
            await tesla.ask(name)
    assert tesla.book.recorded == [(extra.cost, _about(extra), 200) for extra in EXTRAS]


def _about(extra: Extra) -> str:
    return VIN if extra.kind is Kind.VEHICLE else ""


@pytest.mark.parametrize("extra", EXTRAS, ids=lambda extra: extra.name)
def test_what_is_billed_or_reaches_the_car_is_asked_only_on_request(extra: Extra) -> None:
    assert extra.is_regular == (extra.cost == "free" and not extra.reaches_car)
    assert extra.every >= 86_400


async def test_only_what_is_said_to_reach_a_car_does() -> None:
    """Of a car that sleeps, Tesla's servers answer the rest."""
    async with world() as tesla:
        await tesla.control(f"vehicles/{VIN}", state="asleep")
        for name in NAMES:
            with pytest.raises(VehicleUnavailable) if row(name).reaches_car else nullcontext():
                await tesla.ask(name)


async def test_an_odd_answer_is_an_error_or_nothing_known_and_never_a_crash() -> None:
    async with world() as tesla:
        for odd in ODD_ANSWERS:
            await tesla.answers("/api/1/", json.dumps({"response": odd}))
            for name in NAMES:
                with suppress(BridgeError):
                    _say_nothing(await tesla.ask(name))


ODD_ANSWERS: list[Any] = [None, [], {}, "x", 0, {"response": None}, {"data": None}, {"vehicle_info": {VIN: 1}}]


def _say_nothing(found: Values) -> None:
    for at, values in found.items():
        told = values.keys() - {"last_seen", "data_source"}
        assert told <= CATALOGUE[at.kind].entities.keys()
        assert {key: values[key] for key in told if values[key] not in (None, 0, "none", [], {})} == {}


async def test_entries_of_odd_types_cost_themselves() -> None:
    """Every list of an answer is full of rubbish."""
    async with world() as tesla:
        for body in (RUBBISH, dict.fromkeys(LISTS.split(), RUBBISH)):
            await tesla.answers("/api/1/", json.dumps({"response": body}))
            for name in NAMES:
                with suppress(AnswerInvalid):
                    await tesla.ask(name)


RUBBISH = [each for each in ODD if each == each and each != 10**40]  # noqa: PLR0124 - JSON has no NaN
LISTS = (
    "superchargers destination_charging recent_alerts release_notes codes activeWarranty expiredWarranty config "
    "upcomingWarranty fleet_telemetry_errors data key_paired_vins unpaired_vins vehicle_info"
)


# --- cars ---------------------------------------------------------------------------------------------------------


async def test_the_nearest_supercharger_is_told_without_its_place() -> None:
    async with world() as tesla:
        values = (await tesla.ask("nearby_charging_sites"))[CAR]
    assert values["supercharger"] == "Simulated Mall Supercharger"
    assert values["supercharger_distance"] == 4.06
    assert values["supercharger_stalls"] == 12
    assert [site["distance"] for site in values["superchargers"]] == [4.06, 13.12, 24.48]
    assert not {"lat", "long", "location"} & {key for site in values["superchargers"] for key in site}
    rows = CATALOGUE[Kind.VEHICLE].entities
    assert {rows[key].group for key in values} == {"location"}


async def test_warranties_end_at_a_time_and_at_kilometres() -> None:
    async with world() as tesla:
        values = (await tesla.ask("warranty"))[CAR]
    assert values["warranty_expires"] == datetime(2028, 6, 30, tzinfo=UTC)
    assert values["warranties_active"] == 3
    assert [each["odometer"] for each in values["warranties"]] == [80467, 193121, None], "no limit is null"


async def test_option_codes() -> None:
    async with world() as tesla:
        values = (await tesla.ask("option_codes"))[CAR]
    assert values["option_codes"] == "APBS, MT301, PMNG, W38B"
    assert values["options"][0] == {"code": "MT301", "name": "Model 3 Long Range", "is_active": True}


async def test_a_car_that_is_not_in_service_is_so() -> None:
    async with world() as tesla:
        values = (await tesla.ask("service_data"))[CAR]
        assert (values["service_status"], values["service_ready"]) == ("none", None)
        await tesla.control(f"vehicles/{VIN}", in_service=True)
        values = (await tesla.ask("service_data"))[CAR]
        assert values["service_status"] == "in_service"
        assert values["service_ready"] > datetime(2026, 7, 16, tzinfo=UTC)
        assert "SV12345678" not in await tesla.raw("service_data")


async def test_drivers_and_invitations_are_numbers_and_nothing_else() -> None:
    async with world() as tesla:
        invitation = await tesla.post(f"/api/1/vehicles/{VIN}/invitations")
        assert (await tesla.ask("invitations"))[CAR] == {"invitations": 1}
        said = await tesla.raw("invitations")
        assert invitation["code"] not in said
        assert "tesla.com" not in said
        body = {"response": [{"driver_first_name": "Ada", "public_key": "04ab"}], "count": 1}
        await tesla.answers("/drivers", json.dumps(body))
        assert (await tesla.ask("drivers"))[CAR] == {"drivers": 1}
        assert "Ada" not in await tesla.raw("drivers")


async def test_the_keys_of_all_cars_are_asked_for_in_one_call() -> None:
    async with world(cars=2) as tesla:
        other = "5YJYGDEE1MF700002"
        await tesla.control(f"vehicles/{VIN}", key_paired=False)
        cars = [CAR, DeviceId(Kind.VEHICLE, other), ACCOUNT]
        found = await tesla.ask("fleet_status", cars)
    assert {at.id: values["key_paired"] for at, values in found.items()} == {VIN: False, other: True}
    assert found[CAR]["key_count"] is not None
    assert len(tesla.book.recorded) == 1


async def test_a_car_that_the_answer_does_not_know_stays_unknown() -> None:
    async with world() as tesla:
        await tesla.answers(FLEET, '{"response": {"key_paired_vins": [], "unpaired_vins": [], "vehicle_info": {}}}')
        assert await tesla.ask("fleet_status") == {}


async def test_the_telemetry_configuration_and_its_errors() -> None:
    async with world() as tesla:
        values = (await tesla.ask("fleet_telemetry_config"))[CAR]
        assert (values["telemetry_synced"], values["telemetry_expires"]) == (False, None)
        await tesla.control(
            f"vehicles/{VIN}/telemetry_errors", errors=[{"name": "cloud_manager_error", "error": "tls"}]
        )
        assert (await tesla.ask("fleet_telemetry_errors"))[CAR] == {"telemetry_errors": 1}


async def test_one_group_of_vehicle_data_is_read_alone() -> None:
    async with world() as tesla:
        values = (await tesla.ask("charge_state"))[CAR]
    assert values["battery_level"] > 0
    assert values["last_seen"].tzinfo
    assert "inside_temperature" not in values
    assert "locked" not in values


async def test_the_place_is_not_lost_when_driving_is_read_alone() -> None:
    """Tesla puts it into the same group, if it is asked for."""
    async with world() as tesla:
        values = (await tesla.ask("drive_state"))[CAR]
    assert values["latitude"] == pytest.approx(37.44, abs=0.5)
    assert values["position"]


async def test_release_notes_within_one_response_more_are_read_too() -> None:
    async with world() as tesla:
        nested = {"response": {"response": {"release_notes": [{"title": "New", "customer_version": "2026.8"}]}}}
        await tesla.answers("/release_notes", json.dumps(nested))
        values = (await tesla.ask("release_notes"))[CAR]
    assert (values["release_notes_version"], values["release_notes_title"]) == ("2026.8", "New")


async def test_alerts_are_listed_and_the_newest_is_told() -> None:
    async with world() as tesla:
        values = (await tesla.ask("recent_alerts"))[CAR]
    assert (values["alert_count"], values["last_alert"]) == (1, "UI_a147_tirePressureLow")
    assert values["last_alert_time"] == datetime(2026, 7, 14, 12, tzinfo=UTC)


# --- the account --------------------------------------------------------------------------------------------------


async def test_the_month_of_supercharging_adds_up() -> None:
    async with world() as tesla:
        values = (await tesla.ask("charging_history"))[ACCOUNT]
    assert values["charging_currency"] == "USD"
    assert values["last_supercharger"].startswith("Simulated")
    assert values["last_session_cost"] == round(values["last_session_energy"] * 0.42, 2)
    assert values["month_cost"] == pytest.approx(values["month_energy"] * 0.42, abs=0.02)
    assert values["last_session_start"] < values["last_session_end"]


async def test_invoices_are_counted_and_not_named() -> None:
    async with world() as tesla:
        assert (await tesla.ask("charging_history"))[ACCOUNT]["last_session_invoices"] == 1
        said = await tesla.raw("charging_history")
    assert "invoice-" not in said
    assert ".pdf" not in said


async def test_the_history_is_read_as_far_back_as_the_month_goes() -> None:
    """Fifty sessions make a page; a page that ends before the month began is the last."""
    entry = {"chargeStartDateTime": "2026-07-02T10:00:00+00:00", "fees": [_fee(10, 4)]}
    older = entry | {"chargeStartDateTime": "2026-06-30T10:00:00+00:00"}
    async with world() as tesla:
        await tesla.control("faults", match="history", body=json.dumps({"data": [entry] * 50}), times=2)
        await tesla.control("faults", match="history", body=json.dumps({"data": [entry] * 49 + [older]}), times=1)
        values = (await tesla.ask("charging_history"))[ACCOUNT]
    assert (values["month_sessions"], values["month_energy"], values["month_cost"]) == (149, 1490, 596)
    assert len(tesla.book.recorded) == 3


def _fee(kwh: float, due: float, currency: str = "USD", uom: str = "kwh") -> dict[str, Any]:
    return {"usageBase": kwh, "uom": uom, "totalDue": due, "currencyCode": currency}


async def test_what_a_session_does_not_tell_is_unknown_and_adds_nothing() -> None:
    untold = {"chargeStartDateTime": "2026-07-03T10:00:00+00:00", "fees": None, "invoices": None}
    parked = {"chargeStartDateTime": "2026-07-02T10:00:00+00:00", "fees": [_fee(30, 6), _fee(5, 2.5, uom="min")]}
    foreign = {"chargeStartDateTime": "2026-07-01T10:00:00+00:00", "fees": [_fee(20, 9, "CHF")]}
    undated = {"chargeStartDateTime": "soon", "fees": [_fee(99, 99)]}
    async with world() as tesla:
        await tesla.answers("history", json.dumps({"data": [undated, untold, parked, foreign]}))
        values = (await tesla.ask("charging_history"))[ACCOUNT]
        assert (values["last_session_energy"], values["last_session_cost"]) == (None, None)
        assert (values["month_sessions"], values["month_energy"]) == (3, 50)
        await tesla.control("faults", match="x")
    assert values["charging_currency"] is None


async def test_money_of_another_currency_is_not_added() -> None:
    home = {"chargeStartDateTime": "2026-07-02T10:00:00+00:00", "fees": [_fee(30, 6)]}
    foreign = {"chargeStartDateTime": "2026-07-01T10:00:00+00:00", "fees": [_fee(20, 9, "CHF")]}
    async with world() as tesla:
        await tesla.answers("history", json.dumps({"data": [home, foreign]}))
        values = (await tesla.ask("charging_history"))[ACCOUNT]
    assert (values["month_cost"], values["month_energy"], values["charging_currency"]) == (6, 50, "USD")


async def test_the_month_is_that_at_the_charger() -> None:
    """In Auckland July begins when it is still June in London."""
    late = {"chargeStartDateTime": "2026-07-01T05:00:00+12:00", "fees": [_fee(10, 1)]}
    async with world() as tesla:
        await tesla.answers("history", json.dumps({"data": [late]}))
        assert (await tesla.ask("charging_history"))[ACCOUNT]["month_sessions"] == 1


async def test_a_history_without_a_session_is_a_month_of_nothing() -> None:
    async with world() as tesla:
        await tesla.answers("history", '{"data": []}')
        values = (await tesla.ask("charging_history"))[ACCOUNT]
    assert (values["month_sessions"], values["month_cost"], values["last_session_cost"]) == (0, 0, None)


async def test_orders_are_counted_and_not_named() -> None:
    async with world() as tesla:
        assert (await tesla.ask("orders"))[ACCOUNT] == {"open_orders": 0, "order_status": "none"}
        order = {"referenceNumber": "RN123456789", "vin": VIN, "orderStatus": "BOOKED"}
        await tesla.answers("/orders", json.dumps({"response": [order]}))
        assert (await tesla.ask("orders"))[ACCOUNT] == {"open_orders": 1, "order_status": "booked"}
        said = await tesla.raw("orders")
    assert "RN123" not in said
    assert VIN not in said


async def test_the_region_is_that_which_tesla_names() -> None:
    async with world() as tesla:
        assert (await tesla.ask("users_region"))[ACCOUNT] == {"home_region": "na"}


# --- what is refused ----------------------------------------------------------------------------------------------


async def test_without_its_scope_nothing_is_asked() -> None:
    async with world() as tesla:
        await tesla.control("scopes", scopes=["openid", "offline_access", "vehicle_device_data"])
        for name in ("orders", "charging_history", "mobile_enabled"):
            with pytest.raises(ScopeMissing):
                await tesla.ask(name)
        assert (await tesla.ask("option_codes"))[CAR]


async def test_a_car_without_it_is_a_refusal() -> None:
    async with world() as tesla:
        await tesla.answers("/warranty/", '{"error": "not_found"}', status=404)
        with pytest.raises(CallWrong):
            await tesla.ask("warranty")


def test_the_times_are_those_of_a_day_and_a_week() -> None:
    regular = {extra.name: timedelta(seconds=extra.every) for extra in EXTRAS if extra.is_regular}
    weekly = {name for name, every in regular.items() if every == timedelta(weeks=1)}
    assert weekly == {"option_codes", "warranty"}, "what hardly ever changes"
    assert all(regular[name] == timedelta(days=1) for name in regular.keys() - weekly)
