"""The calls about a site besides those that polling lives on: when they are made, and what is made of the answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from fakes import FakeClock
from odd_answers import ODD
from polled import CONNECTOR, DIN, SITE, Account, polling

from bridge.catalog import read
from bridge.errors import CallWrong
from bridge.model import DeviceId, Kind, Value
from bridge.sources.asking import Asking
from bridge.sources.charges import sessions
from bridge.sources.extras_site import SITE_EXTRAS
from bridge.sources.outages import outages

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
SECOND = "1457768-02-F--PGT21000000002"
OTHER = DeviceId(Kind.WALL_CONNECTOR, SECOND)
UNITS = [{"din": DIN}]
KNOWN: Mapping[str, Value] = {
    "has_battery": True,
    "installation_date": datetime(2024, 5, 17, 7, tzinfo=UTC),
    "wall_connector_units": UNITS,
}


async def ask(
    name: str, account: Account, known: Mapping[str, Value] = KNOWN, zone: str | None = "Europe/Berlin"
) -> Any:
    extra = next(extra for extra in SITE_EXTRAS if extra.name == name)
    return await extra.ask(Asking(account, SITE, NOW, zone, [SITE, CONNECTOR, OTHER], known))


@pytest.fixture
def account() -> Account:
    return Account(FakeClock())


# --- the battery ------------------------------------------------------------------------------------------


async def test_the_backup_time_is_asked_of_a_site_with_a_battery(account: Account) -> None:
    account.answers["backup_time_remaining", SITE.id] = {"time_remaining_hours": 9.863}
    answer = await ask("backup_time_remaining", account)
    assert read(SITE.kind, answer[SITE]) == {"backup_time_remaining": 9.9}
    assert await ask("backup_time_remaining", account, {"has_battery": False}) == {}


async def test_a_site_that_does_not_know_a_call_that_is_not_documented_is_no_trouble(account: Account) -> None:
    account.answers["backup_time_remaining", SITE.id] = account.answers["soe_history", SITE.id] = CallWrong("no")
    assert await ask("backup_time_remaining", account) == {}
    assert await ask("charge_level_history", account) == {}


async def test_charge_levels_are_asked_for_only_on_request(account: Account) -> None:
    levels = [{"timestamp": "2026-07-01T00:00:00+02:00", "soe": 55}]
    account.answers["soe_history", SITE.id] = {"time_series": levels}
    assert read(SITE.kind, (await ask("charge_level_history", account))[SITE]) == {"charge_level_history": levels}
    assert not next(extra for extra in SITE_EXTRAS if extra.name == "charge_level_history").is_regular


# --- outages ----------------------------------------------------------------------------------------------


def _event(stamp: str, duration: Any) -> dict[str, Any]:
    return {"timestamp": stamp, "duration": duration}


async def test_outages_are_asked_for_since_the_site_was_installed(account: Account) -> None:
    account.answers["backup_history", SITE.id] = {
        "events": [_event("2026-06-24T18:00:00+02:00", 124), _event("2026-05-01T03:00:00+02:00", 1800)],
        "total_events": 2,
    }
    values = read(SITE.kind, (await ask("backup_history", account))[SITE])
    assert account.asked[-1].given["start"] == "2024-05-17T09:00:00+02:00"
    assert (values["outage_count"], values["outage_duration"]) == (2, 0.53)
    assert values["last_outage_start"] == datetime(2026, 6, 24, 16, tzinfo=UTC)
    assert values["last_outage_end"] == datetime(2026, 6, 24, 16, 2, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    "durations",
    [
        (124_000, 4_000_000),  # two hours and a half, and a month and a half: into the next
        (1_800_000, 90_000_000_000),
    ],
)
def test_what_cannot_be_seconds_is_milliseconds(durations: tuple[int, int]) -> None:
    stamps = ("2026-06-23T18:00:00+02:00", "2026-06-24T18:00:00+02:00")
    found = outages({"events": [_event(*each) for each in zip(stamps, durations, strict=True)]}, NOW)
    assert found
    assert [event["duration"] for event in found["events"]] == [duration / 1000 for duration in durations]


def test_three_outages_of_a_quarter_of_an_hour_or_more_are_taken_for_milliseconds() -> None:
    listed = [_event(f"2026-0{month}-01T03:00:00+02:00", 20_000) for month in (3, 4, 5)]
    found = outages({"events": listed}, NOW)
    assert found
    assert {event["duration"] for event in found["events"]} == {20.0}


def test_seconds_are_seconds() -> None:
    listed = [_event("2026-03-01T03:00:00+02:00", 124), _event("2026-04-01T03:00:00+02:00", 7200)]
    found = outages({"events": listed, "total_events": 5}, NOW)
    assert found
    assert [event["duration"] for event in found["events"]] == [124, 7200]
    assert found["count"] == 5


@pytest.mark.parametrize("odd", ODD)
def test_odd_outages_are_none(odd: Any) -> None:
    assert outages(odd, NOW) is None
    found = outages({"events": [odd, _event(odd, odd), _event("2026-03-01T03:00:00+02:00", 5)]}, NOW)
    assert found
    assert found["events"][-1]["duration"] == 5


def test_a_site_that_had_no_outage_had_none() -> None:
    values = read(SITE.kind, {"backup_history": outages({"events": [], "total_events": 0}, NOW)})
    assert (values["outage_count"], values["outage_duration"], values["last_outage_start"]) == (0, 0, None)


# --- charges ----------------------------------------------------------------------------------------------


def _charge(start: int, seconds: Any = 3600, energy: Any = 7000) -> dict[str, Any]:
    return {"charge_start_time": {"seconds": start}, "charge_duration": {"seconds": seconds}, "energy_added_wh": energy}


@pytest.mark.parametrize("key", ["charge_history", "time_series"])
def test_charges_stand_under_either_name(key: str) -> None:
    assert sessions({key: [_charge(1_782_900_000), _charge(1_782_800_000)]}) == [
        {"start": "2026-06-30T06:13:20+00:00", "duration": 3600, "energy": 7000},
        {"start": "2026-07-01T10:00:00+00:00", "duration": 3600, "energy": 7000},
    ]


_SMALL = [{"start": "2026-07-01T10:00:00+00:00", "duration": 60, "energy": 2}]
"""1.5 Wh is little, and not odd."""


@pytest.mark.parametrize("odd", ODD)
def test_odd_charges_are_none(odd: Any) -> None:
    assert sessions(odd) is None
    assert sessions({"charge_history": [odd, _charge(odd), _charge(1_782_900_000, 60, odd)]}) in ([], _SMALL)


async def test_a_sites_only_wall_connector_has_its_charges(account: Account) -> None:
    account.answers["charge_history", SITE.id] = {"charge_history": [_charge(1_782_900_000)]}
    answers = await ask("charge_history", account)
    assert answers.keys() == {SITE, CONNECTOR}
    values = read(CONNECTOR.kind, answers[CONNECTOR])
    assert values["last_session_energy"] == 7000
    assert values["last_session_start"] == datetime(2026, 7, 1, 10, tzinfo=UTC)
    assert values["last_session_duration"] == 3600


async def test_of_several_wall_connectors_nobody_knows_which_it_was(account: Account) -> None:
    account.answers["charge_history", SITE.id] = {"charge_history": [_charge(1_782_900_000)]}
    answers = await ask("charge_history", account, {"wall_connector_units": [*UNITS, {"din": SECOND}]})
    assert answers.keys() == {SITE}


async def test_a_site_without_a_wall_connector_is_not_asked_for_charges(account: Account) -> None:
    assert await ask("charge_history", account, {"wall_connector_units": []}) == {}
    assert account.asked == []


# --- with polling -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [extra.name for extra in SITE_EXTRAS if extra.name != "backup_time_remaining"])
async def test_without_a_time_zone_there_is_no_day_to_ask_for(account: Account, name: str) -> None:
    assert await ask(name, account, zone=None) == {}
    assert account.asked == []


async def test_the_sum_of_a_day_that_was_not_the_sites_own_is_not_told() -> None:
    """The settings name no time zone; the history does."""
    account = Account(FakeClock())
    account.site(SITE.id, zone=None)
    account.answers["energy_history", SITE.id] = {
        "installation_time_zone": "America/Los_Angeles",
        "time_series": [{"timestamp": "2026-07-01T05:00:00-07:00", "solar_energy_exported": 3}],
    }
    async with polling(account) as house:
        await house.passes(300)
    windows = [asked.given["zone"] for asked in account.asked if asked.name == "energy_history"]
    assert windows[:2] == ["UTC", "America/Los_Angeles"]
    assert house.value(SITE, "history_period_start") == datetime(2026, 7, 1, 7, tzinfo=UTC)
