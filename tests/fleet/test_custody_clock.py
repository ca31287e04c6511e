"""A clock that is wrong costs one renewal at most, and never a sign-in (A6, F6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from account import EXPIRED, STORED, VIN, Shelf, client_of
from fakes import NOON
from loopback import Tesla, good, serve
from starlette.responses import JSONResponse
from test_tokens import jwt
from token_world import World, world

from bridge.errors import TryLater
from bridge.fleet.auth.grants import RefreshToken
from bridge.fleet.auth.sources import TokenSource

YEAR = timedelta(days=365)


async def _asked_for_an_hour(here: World, source: TokenSource) -> int:
    """How many posts it costs to need a token every ten seconds for an hour."""
    before = len(here.desk.posts)
    for _ in range(360):
        await source.access()
        here.clock.advance(10)
    return len(here.desk.posts) - before


@pytest.mark.case("F6")
@pytest.mark.parametrize(
    "wall", [datetime(1970, 1, 1, tzinfo=UTC), NOON - timedelta(hours=1), NOON + 2 * YEAR], ids=["1970", "-1h", "+2y"]
)
async def test_a_start_with_a_wrong_clock_costs_one_renewal(wall: datetime) -> None:
    async with world(Shelf(STORED)) as here:
        source = here.reboot(wall)
        assert await _asked_for_an_hour(here, source) == 1


@pytest.mark.case("F6")
@pytest.mark.parametrize("wall", [datetime(1970, 1, 1, tzinfo=UTC), NOON + 2 * YEAR], ids=["1970", "+2y"])
async def test_and_one_more_at_the_next_start_when_it_is_right_again(wall: datetime) -> None:
    async with world(Shelf(STORED)) as here:
        source = here.reboot(wall)
        await source.access()
        here.clock.set_wall(NOON)
        assert await _asked_for_an_hour(here, source) == 0
        source = here.reboot(NOON + timedelta(hours=1))
        assert await _asked_for_an_hour(here, source) == 1


@pytest.mark.case("F6")
@pytest.mark.parametrize("jump", [timedelta(hours=1), timedelta(hours=-1), -50 * YEAR, 2 * YEAR])
async def test_a_jump_of_the_clock_means_nothing(jump: timedelta) -> None:
    async with world(Shelf(EXPIRED)) as here:
        source = here.process()
        await source.access()
        here.clock.set_wall(NOON + jump)
        assert await _asked_for_an_hour(here, source) == 0
        here.clock.advance(5 * 3600)
        assert await _asked_for_an_hour(here, source) == 1


@pytest.mark.case("F6")
async def test_a_night_asleep_costs_one_renewal() -> None:
    async with world(Shelf(STORED)) as here:
        source = here.process()
        await source.access()
        here.clock.advance(9 * 3600)
        assert await _asked_for_an_hour(here, source) == 1


@pytest.mark.case("F6")
@pytest.mark.parametrize("jump", [timedelta(days=20000), timedelta(hours=-1)])
async def test_a_clock_that_is_set_during_a_renewal_means_nothing(jump: timedelta) -> None:
    async with world(Shelf(EXPIRED)) as here:
        source = here.process()
        here.desk.on_post = lambda: here.clock.set_wall(NOON + jump)
        await source.access()
        here.desk.on_post = lambda: None
        assert await _asked_for_an_hour(here, source) == 0
        assert await _asked_for_an_hour(here, here.reboot()) == 0


async def test_a_life_that_only_the_token_tells_is_taken_from_teslas_clock_alone() -> None:
    """`exp` minus `iat`; our own clock is two years behind."""
    issued = NOON + 2 * YEAR
    token = jwt({"iat": issued.timestamp(), "exp": (issued + timedelta(hours=8)).timestamp()})
    async with world(Shelf(EXPIRED), JSONResponse({"access_token": token, "refresh_token": "refresh-1"})) as here:
        source = here.process()
        await source.access()
        here.clock.advance(6 * 3600 - 1)
        assert await source.access() == token
        here.clock.advance(1)
        assert await source.access() != token


# --- Tesla's own clock, in the header Date of any answer ----------------------------------------------------------


@pytest.mark.parametrize(("offset", "posts"), [(0, 0), (59, 0), (-59, 0), (62, 1), (-62, 1), (7200, 1)])
async def test_the_age_of_a_stored_token_is_not_believed_when_the_clock_that_tells_it_is_wrong(
    offset: float, posts: int
) -> None:
    date = format_datetime(NOON + timedelta(seconds=offset), usegmt=True)
    answer = good({})
    answer.headers["date"] = date
    tesla = Tesla(answer)
    async with serve(tesla) as url, client_of(url, grant=RefreshToken("id"), store=Shelf(STORED)) as client:
        for _ in range(5):
            await client.vehicle(VIN)
    assert len(tesla.desk.posts) == posts


@pytest.mark.parametrize("date", ["", "yesterday", "Wed, 99 Foo 2026 12:00:00 GMT", "Wed, 01 Jul 2026 12:00:00"])
async def test_a_date_that_is_none_is_no_error(date: str) -> None:
    answer = good({})
    answer.headers["date"] = date
    tesla = Tesla(answer)
    async with serve(tesla) as url, client_of(url, grant=RefreshToken("id"), store=Shelf(STORED)) as client:
        for _ in range(3):
            await client.vehicle(VIN)
    assert not tesla.desk.posts


@pytest.mark.parametrize(("hours", "works"), [(23, True), (25, False)])
async def test_the_day_of_grace_is_measured_by_teslas_clock(hours: int, works: bool) -> None:  # noqa: FBT001 - a case
    """Ours has stood still since the last renewal."""
    newest = replace(EXPIRED, refresh="lost", generation=8, obtained_at=NOON, expires_at=NOON + timedelta(hours=1))
    refusal = JSONResponse({"error": "login_required"}, 401)
    refusal.headers["date"] = format_datetime(NOON + timedelta(hours=hours), usegmt=True)
    async with world(Shelf(newest, STORED), refusal) as here:
        source = here.process()
        used = await source.access()
        if works:
            assert await source.refresh(used) == "access-2"
        else:
            with pytest.raises(TryLater, match="to be sure"):
                await source.refresh(used)
            assert len(here.desk.posts) == 1
