"""What was decided before a restart holds after it: waits, refusals, a renewal that was cut off (A1, A5, F5)."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from account import EXPIRED, STORED, VIN, Book, Shelf, client_of
from fakes import NOON, FakeClock
from loopback import Tesla, good, refused, serve
from starlette.responses import Response
from token_world import sign_out, world

from bridge.database import Database
from bridge.errors import BridgeError, NotSent, RateLimited, ServerFailed, SettingWrong, SignInRequired, TryLater
from bridge.fleet.auth.grants import RefreshToken
from bridge.fleet.auth.store import Custody, StoredTokens

DEAD = replace(EXPIRED, refresh="dead", generation=8)
BEFORE = replace(EXPIRED, refresh="dead too", generation=7)
GRANT = RefreshToken("client-id", "dead from the start")


@pytest.mark.case("F5")
async def test_a_day_signed_out_with_twenty_restarts_costs_at_most_twelve_posts_and_no_call(tmp_path: Path) -> None:
    """F5: the disk is a real one, and each restart is one of the whole machine."""
    tesla, book, wall = Tesla(good({})), Book(), NOON
    with Database(tmp_path) as database:
        StoredTokens(database).keep("simulated home", Custody(DEAD, BEFORE))
    async with serve(tesla) as url:
        for _ in range(21):
            clock = FakeClock(wall)
            with Database(tmp_path) as database:
                store = StoredTokens(database)
                async with client_of(url, grant=GRANT, store=store, clock=clock, book=book) as client:
                    for _ in range(69):
                        with pytest.raises(SignInRequired):
                            await client.vehicle(VIN)
                        clock.advance(60)
            wall = clock.now()
    assert wall - NOON > timedelta(hours=24)
    assert (len(tesla.desk.posts), tesla.seen) == (8, [])
    tried = [post["refresh_token"] for post in tesla.desk.posts]
    assert [tried.count(token) for token in ("dead", "dead too", "dead from the start")] == [6, 1, 1]


@pytest.mark.case("F5")
async def test_an_access_token_that_was_refused_is_not_tried_again_after_a_restart() -> None:
    """By its age it would be good for hours."""
    async with world(Shelf(STORED), refused("login_required", 401), Response(status_code=503)) as here:
        source = here.process()
        for _ in range(2):
            with pytest.raises(TryLater):
                await source.refresh("access-0")
            source = here.process()
            with pytest.raises(TryLater):
                await source.access()
            here.clock.advance(900)
        assert await source.access() == "access-3"
        assert await here.process().access() == "access-3"


async def test_an_outage_is_not_asked_sooner_after_a_restart() -> None:
    async with world(Shelf(EXPIRED), *[Response(status_code=503)] * 100) as here:
        for posts in (1, 2, 3, 4):
            with pytest.raises(ServerFailed):
                await here.reboot().access()
            for _ in range(3):
                with pytest.raises(ServerFailed):
                    await here.reboot().access()
            assert len(here.desk.posts) == posts
            here.clock.advance((5, 15, 30, 60)[posts - 1])


async def test_a_busy_server_is_left_alone_for_as_long_as_it_asked() -> None:
    async with world(Shelf(EXPIRED), Response(status_code=429, headers={"retry-after": "3600"})) as here:
        with pytest.raises(RateLimited):
            await here.process().access()
        here.clock.advance(1000)
        with pytest.raises(RateLimited) as caught:
            await here.reboot().access()
        assert caught.value.wait == 2600
        here.clock.advance(2600)
        assert await here.reboot().access() == "access-2"


async def test_doubt_is_not_forgotten() -> None:
    """Three refusals count, also with a restart between each."""
    async with world(Shelf(replace(EXPIRED, refresh="dead"))) as here:
        for error in (TryLater, TryLater, SignInRequired):
            with pytest.raises(error):
                await here.reboot().access()
            here.clock.advance(900)


async def test_another_refresh_token_in_the_settings_is_tried_at_once() -> None:
    async with world(Shelf(replace(EXPIRED, refresh="dead"))) as here:
        await sign_out(here, here.process())
        here.grant = RefreshToken("client-id", "refresh-0")
        assert await here.reboot().access() == "access-5"


async def test_another_client_id_in_the_settings_is_tried_at_once() -> None:
    async with world(Shelf(EXPIRED), refused("unauthorized_client", 400)) as here:
        with pytest.raises(SettingWrong):
            await here.process().access()
        with pytest.raises(SettingWrong):
            await here.reboot().access()
        here.grant = RefreshToken("the right one")
        assert await here.reboot().access() == "access-2"


@pytest.mark.parametrize("wall", [datetime(1970, 1, 1, tzinfo=UTC), NOON - timedelta(hours=1)])
async def test_a_clock_that_was_set_back_makes_no_wait_longer(wall: datetime) -> None:
    async with world(Shelf(replace(EXPIRED, access="")), Response(status_code=503)) as here:
        with pytest.raises(ServerFailed):
            await here.process().access()
        source = here.reboot(wall)
        with pytest.raises(ServerFailed):
            await source.access()
        here.clock.advance(5)
        assert await source.access() == "access-2"


async def test_a_clock_that_was_set_ahead_costs_one_post() -> None:
    async with world(Shelf(replace(EXPIRED, refresh="dead"))) as here:
        await sign_out(here, here.process())
        source = here.reboot(NOON + timedelta(days=730))
        for _ in range(3):
            with pytest.raises(SignInRequired):
                await source.access()
    assert len(here.desk.posts) == 4


async def test_success_ends_all_waits() -> None:
    async with world(Shelf(EXPIRED), Response(status_code=503)) as here:
        source = here.process()
        with pytest.raises(ServerFailed):
            await source.access()
        here.clock.advance(5)
        await source.access()
    assert here.shelf.custody.pause is None


# --- a renewal that was cut off (A1) ------------------------------------------------------------------------------


async def test_after_one_that_was_cut_off_a_token_that_looks_good_is_renewed_at_once() -> None:
    """Tesla may have others in place already, and gives them for a day to who asks again."""
    shelf = Shelf(STORED)
    shelf.custody = replace(shelf.custody, is_open=True)
    async with world(shelf) as here:
        source = here.process()
        assert await source.access() == "access-1"
        assert await source.access() == "access-1"
    assert len(here.desk.posts) == 1
    assert not here.shelf.custody.is_open


async def test_and_while_that_fails_it_is_used() -> None:
    shelf = Shelf(STORED)
    shelf.custody = replace(shelf.custody, is_open=True)
    async with world(shelf, *[Response(status_code=503)] * 2) as here:
        source = here.process()
        for _ in range(100):
            assert await source.access() == "access-0"
        assert len(here.desk.posts) == 1
        here.clock.advance(5)
        assert await source.access() == "access-0"
        here.clock.advance(15)
        assert await source.access() == "access-3"


@pytest.mark.case("F1")
async def test_an_answer_that_got_lost_is_asked_for_again_with_the_same_refresh_token() -> None:
    async with world(Shelf(EXPIRED), Response(b"", 200)) as here:
        with suppress(BridgeError):
            await here.process().access()
        assert here.shelf.custody.is_open
        here.clock.advance(5)
        assert await here.reboot().access() == "access-2"
    assert [post["refresh_token"] for post in here.desk.posts] == ["refresh-0", "refresh-0"]


async def test_a_machine_without_network_keeps_its_sign_in() -> None:
    async with world(Shelf(EXPIRED)) as here:
        here.url, url = "http://127.0.0.1:9", here.url
        for _ in range(30):
            with pytest.raises(NotSent):
                await here.reboot().access()
            here.clock.advance(600)
        here.url = url
        assert await here.reboot().access() == "access-1"
