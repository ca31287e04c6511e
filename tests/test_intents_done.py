"""Intents as they are carried out and ended, whatever happens meanwhile: refusals, crashes, an absent Tesla, clocks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from command_desk import SITE, Desk, Tesla, desk
from fakes import NOON, FakeClock

from bridge.commands.intents import PAUSES
from bridge.commands.journal import Left
from bridge.commands.reading import READ_BACK
from bridge.errors import NotSent, ServerFailed
from bridge.fleet.answers import CommandAnswer
from bridge.model import Outcome, Result, Value

NO = CommandAnswer(result=False, reason="not allowed")
DISALLOW = "disallow_charge_from_grid_with_solar_installed"
BEFORE = {"grid_charging": False, "export_rule": "pv_only", "operation_mode": "self_consumption", "backup_reserve": 20}
CHARGING = {**BEFORE, "grid_charging": True, "operation_mode": "autonomous", "backup_reserve": 100}


class House:
    """A site, and a bridge that minds its intents. Time passes only while something is waited for, or in `later`."""

    def __init__(self, one: Desk) -> None:
        self.desk = one
        self.tesla = one.tesla

    async def ask(self, name: str, payload: str = "PRESS") -> Result:
        count = len(self.desk.results)
        self.desk.send(name, payload, SITE)
        for _ in range(200):
            if len(self.desk.results) > count:
                break
            await self.desk.clock.run(1)
        return self.desk.results[count]

    async def later(self, seconds: float) -> None:
        await self.desk.clock.run(seconds)

    @property
    def settings(self) -> dict[str, Value]:
        """As the site has them."""
        components = self.tesla.site["components"]
        return {
            "grid_charging": not components[DISALLOW],
            "export_rule": components["customer_preferred_export_rule"],
            "operation_mode": self.tesla.site["default_real_mode"],
            "backup_reserve": self.tesla.site["backup_reserve_percent"],
        }

    def told(self, *keys: str) -> tuple[Value, ...]:
        values = self.desk.store.values(SITE)
        return tuple(values.get(key) for key in keys)

    @property
    def state(self) -> tuple[Value, ...]:
        return self.told("intent", "intent_state")


@asynccontextmanager
async def house(directory: Path, tesla: Tesla | None = None, clock: FakeClock | None = None) -> AsyncIterator[House]:
    """One life of the bridge; the next one on the same directory finds what this one kept."""
    async with desk(directory, tesla=tesla, clock=clock or FakeClock()) as one:
        ending = asyncio.create_task(one.intents.run())
        for at in one.intents.sites:
            one._tell(at, one.intents.news(at))
        await one.idle()
        try:
            yield House(one)
        finally:
            ending.cancel()
            await asyncio.wait({ending})


@pytest.fixture
async def at(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as one:
        yield one


def asked(intent: str, **more: Any) -> str:
    members = "".join(f', "{key}": {value!r}'.replace("'", '"') for key, value in more.items())
    return f'{{"intent": "{intent}"{members}}}'


# --- begin and end --------------------------------------------------------------------------------------------------


async def test_an_intent_sets_the_site_and_its_end_puts_everything_back(at: House) -> None:
    result = await at.ask("intent", "charge_from_grid")
    assert (result.outcome, result.value) == (Outcome.OK, "charge_from_grid")
    assert result.message == "grid_charging true, operation_mode autonomous, backup_reserve 100"
    assert at.settings == CHARGING
    assert at.state == ("charge_from_grid", "active")
    (until,) = at.told("intent_until")
    assert timedelta(minutes=119) < until - NOON <= timedelta(minutes=121)
    await at.later(119 * 60)
    assert at.settings == CHARGING
    await at.later(3 * 60)
    assert at.settings == BEFORE
    assert at.state == ("normal", "normal")
    assert at.told("intent_until", "intent_reason") == (
        None,
        "put back: grid_charging false, operation_mode self_consumption, backup_reserve 20",
    )


@pytest.mark.parametrize(
    ("name", "payload"), [("intent", "normal"), ("set_intent", asked("normal")), ("restore", "PRESS")]
)
async def test_an_intent_is_ended_when_its_owner_says_so(at: House, name: str, payload: str) -> None:
    await at.ask("intent", "full_backup")
    assert at.settings["backup_reserve"] == 100
    result = await at.ask(name, payload)
    assert (result.outcome, result.message) == (Outcome.OK, "put back: backup_reserve 20")
    assert (at.settings, at.state) == (BEFORE, ("normal", "normal"))


async def test_without_an_intent_there_is_nothing_to_end(at: House) -> None:
    result = await at.ask("restore")
    assert (result.outcome, result.message) == (Outcome.OK, "there is no intent to end")
    assert at.tesla.writes == []


@pytest.mark.parametrize(
    ("end", "seconds"),
    [
        ({"minutes": 30}, 30 * 60),
        ({"until": "2026-07-01T12:30:00+00:00"}, 30 * 60),
        ({"until": "2026-07-01T14:30:00+02:00"}, 30 * 60),
        ({"until": "15:00"}, 60 * 60),
    ],
)
async def test_it_ends_when_it_was_asked_to(at: House, end: dict[str, Any], seconds: float) -> None:
    assert (await at.ask("set_intent", asked("full_backup", **end))).outcome is Outcome.OK
    await at.later(seconds - 60)
    assert at.settings["backup_reserve"] == 100
    await at.later(120)
    assert at.settings == BEFORE


async def test_the_duration_that_its_owner_has_chosen_counts(at: House) -> None:
    at.desk.duration = 10
    await at.ask("intent", "full_backup")
    await at.later(11 * 60)
    assert at.settings == BEFORE


async def test_a_duration_of_zero_lasts_until_somebody_ends_it(at: House) -> None:
    at.desk.duration = 0
    await at.ask("intent", "full_backup")
    assert at.told("intent_until") == (None,)
    await at.later(7 * 86_400)
    assert at.state == ("full_backup", "active")
    await at.ask("restore")
    assert at.settings == BEFORE


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (asked("hold", until="2026-06-30T12:00:00Z"), "over already"),
        (asked("hold", until="soon"), "until must be like"),
        (asked("hold", until="07:00", minutes=5), "not both"),
    ],
)
async def test_an_end_that_cannot_be_is_invalid_and_nothing_is_sent(at: House, given: str, said: str) -> None:
    result = await at.ask("set_intent", given)
    assert (result.outcome, result.reason) == (Outcome.INVALID, "value")
    assert said in result.message
    assert at.tesla.writes == []


async def test_a_hold_reads_how_full_the_battery_is_now(at: House) -> None:
    at.tesla.live["percentage_charged"] = 61.4
    result = await at.ask("intent", "hold")
    assert (result.outcome, result.message) == (Outcome.OK, "backup_reserve 62")


async def test_a_hold_above_80_says_what_it_chose(at: House) -> None:
    at.tesla.live["percentage_charged"] = 85
    result = await at.ask("intent", "hold")
    assert result.message == "backup_reserve 100; a site keeps no reserve from 81 to 99 %, so 100 % stands for 85 %"


async def test_what_is_so_already_is_not_written(at: House) -> None:
    at.tesla.site["backup_reserve_percent"] = 100
    assert (await at.ask("intent", "full_backup")).outcome is Outcome.OK
    assert at.state == ("full_backup", "active")
    await at.ask("restore")
    assert at.tesla.writes == []


async def test_the_record_is_on_disk_before_the_first_write(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        one.desk.make_disk_fail()
        result = await one.ask("intent", "full_backup")
    assert result.outcome is Outcome.UNAVAILABLE
    assert one.tesla.writes == []


async def test_a_site_that_hides_a_setting_is_left_alone(at: House) -> None:
    del at.tesla.site["default_real_mode"]
    result = await at.ask("intent", "charge_from_grid")
    assert (result.outcome, result.reason) == (Outcome.UNAVAILABLE, "unknown_setting")
    assert "operation_mode" in result.message
    assert at.tesla.writes == []


# --- one after the other --------------------------------------------------------------------------------------------


async def test_another_intent_takes_over_and_the_first_settings_come_back(at: House) -> None:
    await at.ask("intent", "charge_from_grid")
    at.tesla.live["percentage_charged"] = 70
    await at.ask("intent", "hold")
    assert at.settings == {**BEFORE, "backup_reserve": 70}
    await at.ask("intent", "export")
    assert at.settings == {**BEFORE, "export_rule": "battery_ok", "operation_mode": "autonomous"}
    await at.ask("restore")
    assert at.settings == BEFORE


async def test_the_same_intent_again_only_lasts_longer(at: House) -> None:
    await at.ask("set_intent", asked("full_backup", minutes=10))
    writes = len(at.tesla.writes)
    await at.ask("set_intent", asked("full_backup", minutes=60))
    assert len(at.tesla.writes) == writes
    await at.later(50 * 60)
    assert at.settings["backup_reserve"] == 100
    await at.later(11 * 60)
    assert at.settings == BEFORE


async def test_what_the_owner_changes_by_hand_meanwhile_stays_and_is_told(at: House) -> None:
    await at.ask("intent", "charge_from_grid")
    assert (await at.ask("backup_reserve", "55")).outcome is Outcome.OK
    result = await at.ask("restore")
    done, _, stays = result.message.partition("; ")
    assert done == "put back: grid_charging false, operation_mode self_consumption"
    assert stays == "changed by hand, so it stays: backup_reserve 55"
    assert at.settings == {**BEFORE, "backup_reserve": 55}


async def test_commands_by_hand_wait_for_an_intent_and_come_after_it(at: House) -> None:
    at.desk.send("intent", "charge_from_grid", SITE)
    at.desk.send("backup_reserve", "40", SITE)
    await at.later(60)
    assert [each.outcome for each in at.desk.results] == [Outcome.OK, Outcome.OK]
    assert at.settings == {**CHARGING, "backup_reserve": 40}


# --- refusals -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("endpoint", ["grid_import_export", "operation", "backup"])
async def test_what_is_refused_in_the_middle_is_undone(at: House, endpoint: str) -> None:
    at.tesla.failing[endpoint] = NO
    result = await at.ask("intent", "charge_from_grid")
    assert (result.outcome, result.reason) == (Outcome.REFUSED, "not allowed")
    assert f"refused {endpoint}: not allowed; everything is as it was before" in result.message
    assert (at.settings, at.state) == (BEFORE, ("normal", "normal"))


@pytest.mark.case("F32")
async def test_an_intent_whose_time_ran_out_while_the_site_was_read_is_not_begun(at: House) -> None:
    at.tesla.meanwhile = lambda: at.desk.clock.advance(100)  # of the 90 s that it has
    result = await at.ask("intent", "full_backup")
    assert (result.outcome, result.reason, at.tesla.writes) == (Outcome.EXPIRED, "too_late", [])
    assert at.settings == BEFORE


async def test_what_the_site_takes_and_does_not_do_is_a_refusal_too(at: House) -> None:
    at.tesla.effective = False
    result = await at.ask("intent", "full_backup")
    assert (result.outcome, result.reason) == (Outcome.REFUSED, "not_applied")
    assert at.state == ("normal", "normal")


async def test_an_intent_that_fails_leaves_the_one_before_in_force(at: House) -> None:
    await at.ask("set_intent", asked("full_backup", minutes=30))
    at.tesla.failing["operation"] = NO
    assert (await at.ask("intent", "export")).outcome is Outcome.REFUSED
    assert at.settings == {**BEFORE, "backup_reserve": 100}
    assert at.state == ("full_backup", "active")
    await at.later(30 * 60)
    assert at.settings == BEFORE


async def test_what_cannot_be_undone_at_once_is_put_back_later(at: House) -> None:
    at.tesla.failing["operation"] = CommandAnswer(result=True, reason="")
    at.desk.send("intent", "charge_from_grid", SITE)
    await at.later(3)
    at.tesla.failing["grid_import_export"] = NO
    await at.later(120)
    (result,) = at.desk.results
    assert (result.outcome, result.reason) == (Outcome.REFUSED, "not_applied")
    assert "is being put back" in result.message
    assert at.state == ("normal", "failed")
    assert at.settings["grid_charging"]
    at.tesla.failing.clear()
    await at.later(sum(PAUSES[:3]) + 60)
    assert (at.settings, at.state) == (BEFORE, ("normal", "normal"))


async def test_without_tesla_nothing_is_sent(at: House) -> None:
    at.tesla.is_down = True
    result = await at.ask("intent", "full_backup")
    assert (result.outcome, result.reason) == (Outcome.UNAVAILABLE, "not_sent")
    assert at.told("intent_state") == (None,), "nothing has ever been told"


async def test_a_first_write_that_did_not_leave_is_no_refusal(at: House) -> None:
    at.tesla.answers.append(NotSent("no connection"))
    result = await at.ask("intent", "full_backup")
    assert (result.outcome, result.reason) == (Outcome.UNAVAILABLE, "not_sent")
    assert at.settings == BEFORE
    assert len(at.tesla.writes) == 1


async def test_a_write_without_an_answer_is_undone_also_if_it_was_done(at: House) -> None:
    at.tesla.answers.append(ServerFailed("504"))
    result = await at.ask("intent", "full_backup")
    assert (result.outcome, result.reason) == (Outcome.REFUSED, "no_answer")
    assert [each.body for each in at.tesla.writes] == [{"backup_reserve_percent": 100}, {"backup_reserve_percent": 20}]
    assert at.settings == BEFORE


# --- the end that does not come easily ------------------------------------------------------------------------------


async def test_an_outage_at_the_end_is_waited_for(at: House) -> None:
    await at.ask("set_intent", asked("full_backup", minutes=10))
    at.tesla.is_down = True
    await at.later(3 * 3600)
    assert at.state == ("normal", "restoring")
    assert at.told("intent_reason") == ("no connection",)
    assert at.settings["backup_reserve"] == 100
    at.tesla.is_down = False
    await at.later(PAUSES[-1] + 60)
    assert (at.settings, at.state) == (BEFORE, ("normal", "normal"))


async def test_a_refusal_at_the_end_is_told_and_tried_again(at: House) -> None:
    await at.ask("intent", "charge_from_grid")
    at.tesla.failing["backup"] = NO
    result = await at.ask("restore")
    assert (result.outcome, result.reason) == (Outcome.REFUSED, "not allowed")
    assert at.state == ("normal", "failed")
    assert at.settings == {**BEFORE, "backup_reserve": 100}, "the others are put back all the same"
    at.tesla.failing.clear()
    await at.later(PAUSES[0] + 60)
    assert (at.settings, at.state) == (BEFORE, ("normal", "normal"))


async def test_while_it_is_not_restored_another_intent_may_begin(at: House) -> None:
    await at.ask("intent", "full_backup")
    at.tesla.failing["backup"] = NO
    await at.ask("restore")
    at.tesla.failing.clear()
    await at.ask("intent", "charge_from_grid")
    assert (at.settings, at.state) == (CHARGING, ("charge_from_grid", "active"))
    await at.later(3 * 3600)
    assert at.settings == BEFORE


@pytest.mark.parametrize("hours", [-5, 5])
async def test_so_many_minutes_are_so_many_whatever_is_done_to_the_clock(at: House, hours: int) -> None:
    await at.ask("set_intent", asked("full_backup", minutes=30))
    at.desk.clock.set_wall(NOON + timedelta(hours=hours))
    await at.later(25 * 60)
    assert at.state == ("full_backup", "active")
    await at.later(6 * 60)
    assert at.settings == BEFORE


async def test_a_moment_is_one_of_the_clock_that_is_set_right(at: House) -> None:
    await at.ask("set_intent", asked("full_backup", until="2026-07-01T18:00:00Z"))
    at.desk.clock.set_wall(NOON + timedelta(hours=6))
    await at.later(60)
    assert at.settings == BEFORE


# --- across restarts ------------------------------------------------------------------------------------------------


async def test_it_goes_on_after_a_restart_and_ends_in_time(tmp_path: Path) -> None:
    tesla = Tesla()
    async with house(tmp_path, tesla) as one:
        await one.ask("set_intent", asked("charge_from_grid", minutes=60))
    async with house(tmp_path, tesla, FakeClock(NOON + timedelta(minutes=30))) as one:
        assert one.state == ("charge_from_grid", "active")
        await one.later(25 * 60)
        assert one.settings == CHARGING
        await one.later(10 * 60)
        assert (one.settings, one.state) == (BEFORE, ("normal", "normal"))


async def test_what_should_have_ended_while_the_bridge_was_off_ends_at_once(tmp_path: Path) -> None:
    tesla = Tesla()
    async with house(tmp_path, tesla) as one:
        await one.ask("set_intent", asked("charge_from_grid", minutes=60))
    async with house(tmp_path, tesla, FakeClock(NOON + timedelta(hours=30))) as one:
        await one.later(30)
        assert one.settings == BEFORE


@pytest.mark.parametrize("writes", [1, 2, 3])
@pytest.mark.parametrize("is_done", [False, True])
async def test_a_crash_in_the_middle_undoes_what_was_begun(tmp_path: Path, writes: int, is_done: bool) -> None:  # noqa: FBT001
    """The process ends while Tesla is being asked for the n-th time; that may be done or not."""
    tesla = Tesla()
    async with house(tmp_path, tesla) as one:
        one.desk.send("intent", "charge_from_grid", SITE)
        while len(tesla.writes) < writes:
            if len(tesla.writes) == writes - 1:
                tesla.may_answer.clear()
            await one.later(0.5)
    if is_done:
        tesla._take_effect(tesla.writes[-1].what, tesla.writes[-1].body)
    tesla.may_answer.set()
    async with house(tmp_path, tesla) as one:
        await one.later(60)
        assert (one.settings, one.state) == (BEFORE, ("normal", "normal"))
        (result,) = one.desk.results
        assert (result.outcome, result.reason) == (Outcome.UNCONFIRMED, "restarted")


async def test_a_crash_after_the_last_write_leaves_an_intent_that_is_in_force(tmp_path: Path) -> None:
    """Its result was not written down any more: what the bridge itself knows of it is the verdict."""
    async with house(tmp_path) as one:
        await one.ask("intent", "full_backup")
        left = Left(1, one.desk.results[0].request, {"intent": "full_backup"}, None)
    async with house(tmp_path, one.tesla) as again:
        assert (await again.desk.executor.verdict(left)).outcome is Outcome.OK
        await again.ask("restore")
        assert (await again.desk.executor.verdict(left)).outcome is Outcome.UNCONFIRMED


async def test_a_crash_while_it_is_being_put_back_goes_on_with_that(tmp_path: Path) -> None:
    tesla = Tesla()
    async with house(tmp_path, tesla) as one:
        await one.ask("set_intent", asked("charge_from_grid", minutes=10))
        tesla.failing["operation"] = NO
        await one.later(600 + sum(READ_BACK))
        assert one.state == ("normal", "failed")
    tesla.failing.clear()
    async with house(tmp_path, tesla) as one:
        await one.later(60)
        assert (one.settings, one.state) == (BEFORE, ("normal", "normal"))


async def test_a_bridge_that_is_stopped_in_the_middle_undoes_it_when_it_runs_again(tmp_path: Path) -> None:
    tesla = Tesla()
    async with house(tmp_path, tesla) as one:
        tesla.may_answer.clear()
        one.desk.send("intent", "full_backup", SITE)
        await one.later(1)
        stopping = asyncio.create_task(one.desk.commander.stop(0.01))
        await asyncio.wait({stopping}, timeout=5)
        (result,) = one.desk.results
        assert (result.outcome, result.reason) == (Outcome.UNCONFIRMED, "stopping")
    tesla.site["backup_reserve_percent"] = 100
    tesla.may_answer.set()
    async with house(tmp_path, tesla) as one:
        await one.later(60)
        assert one.settings == BEFORE


# --- the rule of 81 to 99, and the tariff ---------------------------------------------------------------------------


async def test_a_reserve_that_is_snapped_is_refused_with_the_rule(at: House) -> None:
    at.tesla.failing["backup"] = CommandAnswer(result=True, reason="")
    at.tesla.site["backup_reserve_percent"] = 80
    result = await at.ask("backup_reserve", "90")
    assert (result.outcome, result.reason) == (Outcome.REFUSED, "reserve_81_to_99")
    assert "the site shows 80 %. Use 80, or 100" in result.message
    assert len(at.tesla.writes) == 1, "once more would not help"


async def test_a_reserve_that_is_refused_is_so_with_the_rule_and_teslas_words(at: House) -> None:
    at.tesla.failing["backup"] = NO
    result = await at.ask("backup_reserve", "81")
    assert (result.outcome, result.reason) == (Outcome.REFUSED, "reserve_81_to_99")
    assert "not allowed" in result.message


async def test_where_100_becomes_80_another_way_is_named(at: House) -> None:
    at.tesla.failing["backup"] = CommandAnswer(result=True, reason="")
    at.tesla.site["backup_reserve_percent"] = 80
    result = await at.ask("backup_reserve", "100")
    assert (result.outcome, result.reason) == (Outcome.REFUSED, "reserve_100")
    assert "operation mode backup" in result.message


async def test_older_firmware_keeps_90(at: House) -> None:
    result = await at.ask("backup_reserve", "90")
    assert (result.outcome, at.settings["backup_reserve"]) == (Outcome.OK, 90)


TARIFF = (
    '{"name": "Flat", "energy_charges": {"Year": {"rates": {"ON_PEAK": 0.3}}}, "seasons": {"Year": {"fromMonth": 1, '
    '"fromDay": 1, "toMonth": 12, "toDay": 31, "tou_periods": {"ON_PEAK": {"periods": [{"fromHour": 0}]}}}}}'
)


@pytest.mark.parametrize("payload", [TARIFF, f'{{"value": {TARIFF}, "transaction": "x"}}'])
async def test_a_tariff_is_sent_whole_and_read_back(at: House, payload: str) -> None:
    result = await at.ask("tariff", payload)
    assert result.outcome is Outcome.OK
    (write,) = at.tesla.writes
    assert write.what == "time_of_use_settings"
    assert write.body["tou_settings"]["tariff_content_v2"]["name"] == "Flat"
    assert at.told("tariff")[0]["name"] == "Flat"


async def test_a_tariff_that_is_taken_and_not_shown_is_refused_and_not_sent_again(at: House) -> None:
    at.tesla.effective = False
    result = await at.ask("tariff", TARIFF)
    assert (result.outcome, result.reason) == (Outcome.REFUSED, "not_applied")
    assert len(at.tesla.writes) == 1
