"""One account's access token: renewed once for all, saved before it is used, never given up without need."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from account import EXPIRED, STORED, Shelf, plain_transport, token_source
from fakes import NOON, FakeClock
from loopback import Tesla, TokenDesk, refused, serve
from starlette.responses import HTMLResponse, JSONResponse, Response
from test_tokens import jwt

from bridge.errors import (
    AccessDenied,
    AnswerInvalid,
    BridgeError,
    RateLimited,
    ServerFailed,
    SettingWrong,
    SignInRequired,
)
from bridge.fleet.auth.grants import ClientCredentials, Fixed, Grant, RefreshToken
from bridge.fleet.auth.pause import FINAL, REFUSED_TOKENS
from bridge.fleet.auth.sources import TokenSource
from bridge.fleet.transport import Transport

GRANT = RefreshToken("client-id")


@dataclass
class World:
    """A token endpoint on real HTTP, a clock and a disk; sources come and go as processes do."""

    url: str
    desk: TokenDesk
    http: Transport
    clock: FakeClock
    shelf: Shelf
    grant: Grant

    def process(self) -> TokenSource:
        return token_source(self.url, self.http, self.clock, grant=self.grant, store=self.shelf)


@asynccontextmanager
async def world(shelf: Shelf, *replies: Response, grant: Grant = GRANT) -> AsyncIterator[World]:
    """`replies` are the token endpoint's first; then it works."""
    tesla, clock = Tesla(), FakeClock()
    tesla.desk.replies.extend(replies)
    async with serve(tesla) as url, plain_transport(clock) as http:
        yield World(url, tesla.desk, http, clock, shelf, grant)


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
    assert here.shelf.before == EXPIRED


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


async def test_two_hundred_calls_at_expiry_make_one_post() -> None:
    async with world(Shelf(EXPIRED)) as here:
        source = here.process()
        found = await asyncio.gather(*(source.access() for _ in range(200)))
    assert set(found) == {"access-1"}
    assert len(here.desk.posts) == 1


async def test_two_hundred_calls_refused_at_once_make_one_post() -> None:
    async with world(Shelf(STORED)) as here:
        source = here.process()
        found = await asyncio.gather(*(source.refresh("access-0") for _ in range(200)))
        assert await source.refresh("access-0") == "access-1"
    assert set(found) == {"access-1"}
    assert len(here.desk.posts) == 1


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


async def test_a_crash_between_answer_and_saving_needs_no_person() -> None:
    """F1: the server has rotated, we have the old pair only; used last, it is good for another day."""
    async with world(Shelf(EXPIRED)) as here:
        here.shelf.fails = PowerCut()
        with pytest.raises(PowerCut):
            await here.process().access()
        assert here.shelf.newest == EXPIRED
        here.shelf.fails = None
        assert await here.process().access() == "access-2"

    assert [post["refresh_token"] for post in here.desk.posts] == ["refresh-0", "refresh-0"]
    assert here.shelf.notes == ["begin 8", "begin 8", "save 8"]


async def test_the_pair_before_is_tried_once_when_the_newest_is_refused() -> None:
    newest = replace(EXPIRED, refresh="refresh-lost", generation=8, obtained_at=NOON - timedelta(hours=23))
    async with world(Shelf(newest, STORED)) as here:
        assert await here.process().access() == "access-2"

    assert [post["refresh_token"] for post in here.desk.posts] == ["refresh-lost", "refresh-0"]
    assert here.shelf.newest
    assert here.shelf.newest.generation == 9


async def test_the_pair_before_is_not_tried_after_a_day() -> None:
    newest = replace(EXPIRED, refresh="refresh-lost", generation=8, obtained_at=NOON - timedelta(hours=25))
    async with world(Shelf(newest, STORED)) as here:
        with pytest.raises(SignInRequired):
            await here.process().access()
    assert len(here.desk.posts) == 1


async def test_a_new_refresh_token_in_the_settings_helps_when_the_stored_one_is_dead() -> None:
    grant = RefreshToken("client-id", "refresh-0")
    async with world(Shelf(replace(EXPIRED, refresh="dead")), grant=grant) as here:
        assert await here.process().access() == "access-2"


async def test_tokens_that_cannot_be_saved_are_used_and_saved_later() -> None:
    """F4: the disk is full right after the rotation."""
    async with world(Shelf(EXPIRED)) as here:
        source = here.process()
        here.shelf.fails = OSError("no space left on device")
        assert await source.access() == "access-1"
        assert await source.access() == "access-1"
        assert (source.unsaved, here.shelf.newest) == (True, EXPIRED)

        here.shelf.fails = None
        assert await source.access() == "access-1"
        assert source.unsaved is False

    assert here.shelf.newest
    assert here.shelf.newest.refresh == "refresh-1"
    assert len(here.desk.posts) == 1


async def test_the_end_tries_once_more_to_save() -> None:
    async with world(Shelf(EXPIRED)) as here:
        source = here.process()
        here.shelf.fails = OSError("read-only")
        await source.access()
        here.shelf.fails = None
        await source.settle()
    assert here.shelf.newest
    assert here.shelf.newest.refresh == "refresh-1"


async def test_a_renewal_that_cannot_be_noted_still_happens() -> None:
    class Full(Shelf):
        def begin(self, account: str, generation: int) -> None:
            raise OSError("no space left on device")

    async with world(Full(EXPIRED)) as here:
        assert await here.process().access() == "access-1"


# --- failures that heal (A3, F3) ----------------------------------------------------------------------------------

FAILURES: dict[str, tuple[Response, type[BridgeError]]] = {
    "500": (Response(status_code=500), ServerFailed),
    "502 with HTML": (HTMLResponse("<html>Bad Gateway</html>", 502), ServerFailed),
    "400 server_error": (refused("server_error", 400), ServerFailed),
    "400 without a word": (Response(status_code=400), ServerFailed),
    "401 without a word": (Response(status_code=401), ServerFailed),
    "401 with HTML that says login_required": (HTMLResponse("login_required", 401), ServerFailed),
    "403 with HTML": (HTMLResponse("<html>Access Denied</html>", 403), ServerFailed),
    "404 of a moved endpoint": (HTMLResponse("<html>", 404), ServerFailed),
    "410": (Response(status_code=410), ServerFailed),
    "500 that says login_required": (refused("login_required", 500), ServerFailed),
    "429": (Response(status_code=429, headers={"retry-after": "7"}), RateLimited),
    "200 and empty": (Response(b"", 200), AnswerInvalid),
    "200 and HTML": (HTMLResponse("<html>"), AnswerInvalid),
    "200 without a token": (JSONResponse({"expires_in": 60}), AnswerInvalid),
    "200 with a token of two lines": (JSONResponse({"access_token": "a\r\nX: y", "expires_in": 60}), AnswerInvalid),
    "200 with a token that is a number": (JSONResponse({"access_token": 7}), AnswerInvalid),
    "200 with a refresh token that is a list": (
        JSONResponse({"access_token": "a", "refresh_token": ["b"]}),
        AnswerInvalid,
    ),
}


@pytest.mark.parametrize(("reply", "error"), FAILURES.values(), ids=FAILURES)
async def test_a_failure_is_no_sign_out_and_heals(reply: Response, error: type[BridgeError]) -> None:
    async with world(Shelf(EXPIRED), reply) as here:
        source = here.process()
        with pytest.raises(error):
            await source.access()
        assert here.shelf.newest == EXPIRED
        here.clock.advance(10)
        assert await source.access() == "access-2"


@pytest.mark.parametrize(("reply", "error"), FAILURES.values(), ids=FAILURES)
async def test_meanwhile_a_token_that_is_still_good_is_used(reply: Response, error: type[BridgeError]) -> None:
    async with world(Shelf(STORED), reply) as here:
        here.clock.advance(7 * 3600)
        source = here.process()
        assert await source.access() == "access-0"
        with pytest.raises(error):
            await source.refresh("access-0")
        with pytest.raises(error):
            await source.access()


async def test_a_sign_in_server_that_cannot_be_reached_is_no_sign_out() -> None:
    async with world(Shelf(EXPIRED)) as here:
        here.url = "http://127.0.0.1:9"
        with pytest.raises(BridgeError) as caught:
            await here.process().access()
    assert caught.value.reason == "not_sent"


async def test_an_outage_of_hours_costs_few_posts() -> None:
    """Asked every ten seconds for six hours, the source asks the server every five minutes."""
    async with world(Shelf(EXPIRED), *[Response(status_code=503)] * 1000) as here:
        source = here.process()
        for _ in range(6 * 360):
            with pytest.raises(ServerFailed):
                await source.access()
            here.clock.advance(10)
        assert len(here.desk.posts) < 80
        here.desk.replies.clear()
        here.clock.advance(300)
        assert (await source.access()).startswith("access-")


async def test_a_hundred_failures_in_a_row_do_not_wedge_it() -> None:
    """A4: a flag that stays up after one error has silenced others for good."""
    async with world(Shelf(EXPIRED), *[Response(status_code=500)] * 100) as here:
        source = here.process()
        for _ in range(100):
            with pytest.raises(ServerFailed):
                await source.access()
            here.clock.advance(301)
        assert await source.access() == "access-101"


# --- failures that only a person ends (A5, F5) --------------------------------------------------------------------


@pytest.mark.parametrize("error", ["login_required", "invalid_grant"])
async def test_two_words_mean_sign_in_again(error: str) -> None:
    async with world(Shelf(EXPIRED), refused(error, 401)) as here:
        with pytest.raises(SignInRequired, match="fleet2mqtt login"):
            await here.process().access()


@pytest.mark.parametrize("error", ["unauthorized_client", "invalid_client", "invalid_scope", "invalid_request"])
async def test_a_wrong_app_is_a_wrong_setting(error: str) -> None:
    async with world(Shelf(EXPIRED), refused(error, 400)) as here:
        with pytest.raises(SettingWrong, match=error):
            await here.process().access()


async def test_a_dead_sign_in_is_probed_rarely() -> None:
    async with world(Shelf(replace(EXPIRED, refresh="dead"))) as here:
        source = here.process()
        for _ in range(24 * 60):
            with pytest.raises(SignInRequired):
                await source.access()
            here.clock.advance(60)
    assert len(here.desk.posts) == 6
    assert FINAL == (900, 3600, 21600)


async def test_a_new_sign_in_is_taken_up_at_once() -> None:
    """A8: somebody else has saved a newer generation; no restart, no probe."""
    async with world(Shelf(replace(EXPIRED, refresh="dead"))) as here:
        source = here.process()
        with pytest.raises(SignInRequired):
            await source.access()
        here.shelf.newest = replace(STORED, access="signed-in", generation=8)
        assert await source.access() == "signed-in"
    assert len(here.desk.posts) == 1


async def test_nobody_signed_in_yet_is_said_without_a_post() -> None:
    async with world(Shelf()) as here:
        with pytest.raises(SignInRequired, match="nobody has signed in yet"):
            await here.process().access()
    assert not here.desk.posts


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


# --- other grants -------------------------------------------------------------------------------------------------


async def test_an_app_asks_for_itself() -> None:
    grant = ClientCredentials("client-id", "client-secret", ("openid", "vehicle_device_data"))
    async with world(Shelf(), grant=grant) as here:
        assert await here.process().access() == "access-1"

    assert here.desk.posts == [
        {
            "grant_type": "client_credentials",
            "client_id": "client-id",
            "client_secret": "client-secret",
            "scope": "openid vehicle_device_data",
            "audience": here.url,
        }
    ]


async def test_a_business_adds_its_consent() -> None:
    grant = ClientCredentials("client-id", "client-secret", ("openid",), auth_code="consent")
    async with world(Shelf(), grant=grant) as here:
        await here.process().access()
    assert here.desk.posts[0]["auth_code"] == "consent"
    assert "consent" not in repr(grant)
    assert "client-secret" not in repr(grant)


async def test_a_fixed_token_is_used_until_it_is_refused() -> None:
    async with world(Shelf(), grant=Fixed("given")) as here:
        source = here.process()
        here.clock.advance(9e6)
        assert await source.access() == "given"
        with pytest.raises(SignInRequired, match="fixed access token"):
            await source.refresh("given")
        with pytest.raises(SignInRequired):
            await source.access()
    assert not here.desk.posts


async def test_a_simulated_account_never_sees_what_a_real_one_has_stored() -> None:
    """Both may share a data directory; the store is asked under another name."""
    asked: list[str] = []

    class Names(Shelf):
        def load(self, account: str) -> None:
            asked.append(account)

    async with world(Names()) as here:
        with pytest.raises(SignInRequired):
            await here.process().access()
    assert set(asked) == {"simulated home"}
