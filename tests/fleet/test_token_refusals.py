"""A sign-in that is refused: when that is believed, what it costs, and how it ends (A3, A5, A7, A8)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from account import EXPIRED, STORED, Shelf
from fakes import NOON
from loopback import refused
from starlette.responses import JSONResponse, Response
from token_world import sign_out, world

from bridge.errors import AccessDenied, SettingWrong, SignInRequired, TryLater
from bridge.fleet.auth.grants import RefreshToken
from bridge.fleet.auth.pause import FINAL, REFUSED_TOKENS


@pytest.mark.case("F5")
@pytest.mark.parametrize("word", ["login_required", "invalid_grant"])
async def test_two_words_mean_sign_in_again_when_they_are_heard_three_times_over_half_an_hour(word: str) -> None:
    """A3: during an outage good tokens were called invalid."""
    async with world(Shelf(EXPIRED), *[refused(word, 401)] * 3) as here:
        source = here.process()
        for _ in range(2):
            with pytest.raises(TryLater, match="asking again in 15 minutes, to be sure"):
                await source.access()
            here.clock.advance(899)
            with pytest.raises(TryLater):
                await source.access()
            here.clock.advance(1)
        with pytest.raises(SignInRequired):
            await source.access()
    assert len(here.desk.posts) == 3


async def test_two_refusals_and_a_pair_is_no_sign_out() -> None:
    async with world(Shelf(EXPIRED), *[refused("login_required", 401)] * 2) as here:
        source = here.process()
        for _ in range(2):
            with pytest.raises(TryLater):
                await source.access()
            here.clock.advance(900)
        assert await source.access() == "access-3"


async def test_a_refusal_counts_at_once_when_the_pair_before_is_refused_too() -> None:
    newest = replace(EXPIRED, refresh="refresh-1", generation=8)
    async with world(Shelf(newest, STORED), *[refused("login_required", 401)] * 9) as here:
        source = here.process()
        with pytest.raises(SignInRequired):
            await source.access()
        here.clock.advance(901)
        with pytest.raises(SignInRequired):
            await source.access()
    asked = [post["refresh_token"] for post in here.desk.posts]
    assert asked == ["refresh-1", "refresh-0", "refresh-1"], "the one before is tried once"


async def test_a_refresh_token_from_the_settings_that_never_worked_is_refused_at_once() -> None:
    async with world(Shelf(), grant=RefreshToken("client-id", "dead")) as here:
        with pytest.raises(SignInRequired, match="fleet2mqtt login"):
            await here.process().access()
    assert len(here.desk.posts) == 1


async def test_an_outage_does_not_make_a_dead_sign_in_look_alive() -> None:
    async with world(Shelf(replace(EXPIRED, refresh="dead"))) as here:
        source = here.process()
        await sign_out(here, source)
        here.desk.replies.append(Response(status_code=503))
        here.clock.advance(901)
        for _ in range(3):
            with pytest.raises(SignInRequired):
                await source.access()
    assert len(here.desk.posts) == 4


async def test_a_good_access_token_is_used_to_its_end_although_nobody_renews_it() -> None:
    async with world(Shelf(replace(STORED, refresh="dead"))) as here:
        source = here.process()
        here.clock.advance(6.5 * 3600)
        for _ in range(5):
            assert await source.access() == "access-0"
            here.clock.advance(900)
        assert source.trouble
        assert "sign in again" in str(source.trouble)
        here.clock.advance(3600)
        with pytest.raises(SignInRequired):
            await source.access()
        assert source.trouble is None, "then the calls themselves tell"


@pytest.mark.case("F7")
async def test_tokens_of_another_day_are_told_to_come_from_a_backup() -> None:
    """A7."""
    old = replace(STORED, refresh="dead", obtained_at=NOON - timedelta(days=9), expires_at=NOON - timedelta(days=8))
    async with world(Shelf(old)) as here:
        with pytest.raises(TryLater, match=r"of 2026-06-22: if the data directory was restored from a backup"):
            await here.process().access()


@pytest.mark.parametrize("error", ["unauthorized_client", "invalid_client", "invalid_scope", "invalid_request"])
async def test_a_wrong_app_is_a_wrong_setting(error: str) -> None:
    async with world(Shelf(EXPIRED), refused(error, 400)) as here:
        with pytest.raises(SettingWrong, match=error):
            await here.process().access()


@pytest.mark.case("F5")
async def test_a_dead_sign_in_is_probed_rarely() -> None:
    """At 0, 15, 30 and 45 minutes, after 1:45, and then every six hours."""
    async with world(Shelf(replace(EXPIRED, refresh="dead"))) as here:
        source = here.process()
        for _ in range(24 * 60):
            with pytest.raises((SignInRequired, TryLater)):
                await source.access()
            here.clock.advance(60)
    assert len(here.desk.posts) == 8
    assert FINAL == (900, 3600, 21600)


@pytest.mark.case("F5")
async def test_a_new_sign_in_is_taken_up_at_once() -> None:
    """A8: no restart, no probe."""
    async with world(Shelf(replace(EXPIRED, refresh="dead"))) as here:
        source = here.process()
        await sign_out(here, source)
        source.adopt(replace(STORED, access="signed-in", generation=0), "mark")
        assert await source.access() == "signed-in"
    assert len(here.desk.posts) == 3
    assert here.shelf.newest
    assert here.shelf.newest.generation == 8


async def test_nobody_signed_in_yet_is_said_without_a_post() -> None:
    async with world(Shelf()) as here:
        with pytest.raises(SignInRequired, match="nobody has signed in yet"):
            await here.process().access()
    assert not here.desk.posts


@pytest.mark.case("F10")
async def test_renewing_stops_when_fresh_tokens_are_refused_too() -> None:
    async with world(Shelf(STORED)) as here:
        source = here.process()
        for _ in range(REFUSED_TOKENS):
            await source.refresh(await source.access())
        used = await source.access()
        with pytest.raises(AccessDenied):
            await source.refresh(used)
        assert len(here.desk.posts) == REFUSED_TOKENS
        here.clock.advance(601)
        assert await source.refresh(used) != used


async def test_errors_do_not_repeat_what_was_posted() -> None:
    """A page that echoes the form must not bring the token into a log."""
    refresh = "EU_" + "0123456789abcdef" * 4
    echo = JSONResponse({"error": "invalid_request", "error_description": f"refresh_token={refresh}"}, 400)
    async with world(Shelf(replace(EXPIRED, refresh=refresh)), echo) as here:
        with pytest.raises(SettingWrong) as caught:
            await here.process().access()
    assert refresh not in str(caught.value)
