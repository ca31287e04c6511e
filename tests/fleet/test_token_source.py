"""One account's access token: renewed once for all, and saved before it is used."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from account import EXPIRED, STORED, Shelf
from fakes import NOON
from starlette.responses import JSONResponse
from test_tokens import jwt
from token_world import world

from bridge.errors import TryLater
from bridge.fleet.auth.grants import RefreshToken
from bridge.redaction import HIDDEN, redacted

# --- the good days ------------------------------------------------------------------------------------------------


async def test_a_stored_token_is_used_without_asking() -> None:
    async with world(Shelf(STORED)) as here:
        assert await here.process().access() == "access-0"
    assert not here.desk.posts


async def test_an_expired_token_is_renewed_and_the_new_pair_saved() -> None:
    async with world(Shelf(EXPIRED)) as here:
        source = here.process()
        assert await source.access() == "access-1"
        assert await source.access() == "access-1"

    assert here.desk.posts == [{"grant_type": "refresh_token", "client_id": "client-id", "refresh_token": "refresh-0"}]
    assert here.shelf.notes == ["begin 8", "save 8"]
    assert here.shelf.newest == replace(
        EXPIRED,
        access="access-1",
        refresh="refresh-1",
        expires_at=NOON + timedelta(hours=8),
        generation=8,
        obtained_at=NOON,
    )
    assert here.shelf.custody.previous == EXPIRED


async def test_renewal_comes_ahead_of_the_end() -> None:
    async with world(Shelf(STORED)) as here:
        source = here.process()
        here.clock.advance(6 * 3600 - 1)
        assert await source.access() == "access-0"
        here.clock.advance(1)
        assert await source.access() == "access-1"


async def test_the_first_refresh_token_may_come_from_the_settings() -> None:
    async with world(Shelf(), grant=RefreshToken("client-id", "refresh-0")) as here:
        assert await here.process().access() == "access-1"
        assert await here.process().access() == "access-1"
    assert len(here.desk.posts) == 1


async def test_without_a_new_refresh_token_the_old_one_is_kept() -> None:
    async with world(Shelf(EXPIRED), JSONResponse({"access_token": "a", "expires_in": 60})) as here:
        await here.process().access()
    assert here.shelf.newest
    assert here.shelf.newest.refresh == "refresh-0"


async def test_a_refresh_token_that_is_never_replaced_stays_hidden_however_often_it_is_used() -> None:
    """E7: one of the settings, or one that a relay lets live."""
    answers = [JSONResponse({"access_token": f"one-of-many-{each}", "expires_in": 60}) for each in range(100)]
    async with world(Shelf(replace(EXPIRED, refresh="the-one-that-lasts")), *answers) as here:
        source = here.process()
        for each in range(100):
            assert await source.access() == f"one-of-many-{each}"
            here.clock.advance(60)
    assert redacted("the-one-that-lasts") == HIDDEN


@pytest.mark.parametrize("expires_in", [None, "28800", -1, 0, True, 1e300])
async def test_a_lifetime_that_makes_no_sense_is_read_in_the_token_instead(expires_in: object) -> None:
    end = NOON + timedelta(hours=1)
    token = jwt({"exp": end.timestamp()})
    async with world(Shelf(EXPIRED), JSONResponse({"access_token": token, "expires_in": expires_in})) as here:
        await here.process().access()
    assert here.shelf.newest
    assert here.shelf.newest.expires_at == end


async def test_scopes_are_those_of_the_newest_token() -> None:
    token = jwt({"scp": ["openid", "email", "teleportation"]})
    async with world(Shelf(EXPIRED), JSONResponse({"access_token": token, "expires_in": 60})) as here:
        source = here.process()
        assert source.scopes == frozenset()
        await source.access()
        assert source.scopes == {"openid", "email", "teleportation"}


# --- one renewal for all (A2) -------------------------------------------------------------------------------------


@pytest.mark.case("F2")
async def test_two_hundred_calls_at_expiry_make_one_post() -> None:
    async with world(Shelf(EXPIRED)) as here:
        source = here.process()
        found = await asyncio.gather(*(source.access() for _ in range(200)))
    assert set(found) == {"access-1"}
    assert len(here.desk.posts) == 1


@pytest.mark.case("F2")
async def test_two_hundred_calls_refused_at_once_make_one_post() -> None:
    async with world(Shelf(STORED)) as here:
        source = here.process()
        found = await asyncio.gather(*(source.refresh("access-0") for _ in range(200)))
        assert await source.refresh("access-0") == "access-1"
    assert set(found) == {"access-1"}
    assert len(here.desk.posts) == 1


@pytest.mark.case("F2")
async def test_the_first_caller_may_be_cancelled() -> None:
    async with world(Shelf(EXPIRED)) as here:
        source = here.process()
        here.desk.may_answer.clear()
        callers = [asyncio.create_task(source.access()) for _ in range(3)]
        await here.desk.arrived.wait()
        callers[0].cancel()
        here.desk.may_answer.set()
        found = await asyncio.gather(*callers, return_exceptions=True)

    assert isinstance(found[0], asyncio.CancelledError)
    assert found[1:] == ["access-1", "access-1"]
    assert len(here.desk.posts) == 1


async def test_the_end_waits_for_a_renewal_nobody_waits_for() -> None:
    async with world(Shelf(EXPIRED)) as here:
        source = here.process()
        here.desk.may_answer.clear()
        caller = asyncio.create_task(source.access())
        await here.desk.arrived.wait()
        caller.cancel()
        here.desk.may_answer.set()
        await source.settle()

    assert here.shelf.newest
    assert here.shelf.newest.refresh == "refresh-1"


# --- crashes and disks (A1, F1, F4) -------------------------------------------------------------------------------


class PowerCut(BaseException):
    """The process dies here; nothing behind this point happens."""


@pytest.mark.case("F1")
async def test_a_crash_between_answer_and_saving_needs_no_person() -> None:
    """F1: the server has rotated, we have the old pair only; used last, it is good for another day."""
    async with world(Shelf(EXPIRED)) as here:
        here.shelf.fails, here.shelf.fails_at = PowerCut(), {"save"}
        with pytest.raises(PowerCut):
            await here.process().access()
        assert here.shelf.newest == EXPIRED
        here.shelf.fails = None
        assert await here.process().access() == "access-2"

    assert [post["refresh_token"] for post in here.desk.posts] == ["refresh-0", "refresh-0"]
    assert here.shelf.notes == ["begin 8", "begin 8", "save 8"]


@pytest.mark.case("F1")
async def test_the_pair_before_is_tried_once_when_the_newest_is_refused() -> None:
    newest = replace(EXPIRED, refresh="refresh-lost", generation=8, obtained_at=NOON - timedelta(hours=23))
    async with world(Shelf(newest, STORED)) as here:
        assert await here.process().access() == "access-2"

    assert [post["refresh_token"] for post in here.desk.posts] == ["refresh-lost", "refresh-0"]
    assert here.shelf.newest
    assert here.shelf.newest.generation == 9


@pytest.mark.case("F1")
async def test_the_pair_before_is_not_tried_after_a_day() -> None:
    newest = replace(EXPIRED, refresh="refresh-lost", generation=8, obtained_at=NOON - timedelta(hours=25))
    async with world(Shelf(newest, STORED)) as here:
        with pytest.raises(TryLater):
            await here.process().access()
    assert len(here.desk.posts) == 1


async def test_a_new_refresh_token_in_the_settings_helps_when_the_stored_one_is_dead() -> None:
    grant = RefreshToken("client-id", "refresh-0")
    async with world(Shelf(replace(EXPIRED, refresh="dead")), grant=grant) as here:
        assert await here.process().access() == "access-2"


@pytest.mark.case("F4")
async def test_tokens_that_cannot_be_saved_are_used_and_saved_later() -> None:
    """F4: the disk is full right after the rotation."""
    async with world(Shelf(EXPIRED)) as here:
        source = here.process()
        here.shelf.fails = OSError("no space left on device")
        assert await source.access() == "access-1"
        assert await source.access() == "access-1"
        assert [here.shelf.newest] == [EXPIRED]
        assert "cannot be saved" in str(source.trouble)

        here.shelf.fails = None
        source.tend()
        assert source.trouble is None

    assert here.shelf.newest
    assert here.shelf.newest.refresh == "refresh-1"
    assert len(here.desk.posts) == 1


@pytest.mark.case("F4")
async def test_while_nothing_can_be_saved_each_renewal_is_made_with_what_is_on_disk() -> None:
    """F4: else the second one makes the tokens on the disk worthless, and a power cut costs the sign-in."""
    async with world(Shelf(EXPIRED)) as here:
        source = here.process()
        here.shelf.fails = OSError("no space left on device")
        first = await source.access()
        assert await source.refresh(first) == "access-2"
        assert [post["refresh_token"] for post in here.desk.posts] == [EXPIRED.refresh, EXPIRED.refresh]

        here.clock.advance(25 * 3600)
        await source.refresh("access-2")
    assert here.desk.posts[2]["refresh_token"] != EXPIRED.refresh, "Tesla takes it no longer"


@pytest.mark.case("F4")
async def test_the_end_tries_once_more_to_save() -> None:
    async with world(Shelf(EXPIRED)) as here:
        source = here.process()
        here.shelf.fails = OSError("read-only")
        await source.access()
        here.shelf.fails = None
        await source.settle()
    assert here.shelf.newest
    assert here.shelf.newest.refresh == "refresh-1"


@pytest.mark.case("F4")
async def test_a_renewal_that_cannot_be_noted_still_happens() -> None:
    """F4: nothing can be saved, and the access token is at its end."""
    async with world(Shelf(EXPIRED)) as here:
        here.shelf.fails = OSError("no space left on device")
        assert await here.process().access() == "access-1"


@pytest.mark.case("F4")
async def test_no_renewal_is_begun_ahead_of_time_that_cannot_be_noted() -> None:
    """E1: while there is time, better no new pair than one that a power cut loses."""
    async with world(Shelf(STORED)) as here:
        source = here.process()
        here.shelf.fails = OSError("read-only")
        here.clock.advance(6.5 * 3600)
        assert await source.access() == "access-0"
        assert not here.desk.posts
        here.clock.advance(1.4 * 3600)
        assert await source.access() == "access-1"
