"""A renewal that fails and heals by itself, and the other ways to a token."""

from __future__ import annotations

import pytest
from account import EXPIRED, STORED, Shelf
from loopback import refused
from starlette.responses import HTMLResponse, JSONResponse, Response
from token_world import world

from bridge.errors import (
    AnswerInvalid,
    BridgeError,
    RateLimited,
    ServerFailed,
    SignInRequired,
)
from bridge.fleet.auth.grants import ClientCredentials, Fixed
from bridge.fleet.auth.store import Custody

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


@pytest.mark.case("F3")
@pytest.mark.parametrize(("reply", "error"), FAILURES.values(), ids=FAILURES)
async def test_a_failure_is_no_sign_out_and_heals(reply: Response, error: type[BridgeError]) -> None:
    async with world(Shelf(EXPIRED), reply) as here:
        source = here.process()
        with pytest.raises(error):
            await source.access()
        assert here.shelf.newest == EXPIRED
        here.clock.advance(10)
        assert await source.access() == "access-2"


@pytest.mark.case("F3")
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


@pytest.mark.case("F3")
async def test_a_sign_in_server_that_cannot_be_reached_is_no_sign_out() -> None:
    async with world(Shelf(EXPIRED)) as here:
        here.url = "http://127.0.0.1:9"
        with pytest.raises(BridgeError) as caught:
            await here.process().access()
    assert caught.value.reason == "not_sent"


@pytest.mark.case("F3")
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


@pytest.mark.case("F3")
async def test_a_hundred_failures_in_a_row_do_not_wedge_it() -> None:
    """A4: a flag that stays up after one error has silenced others for good."""
    async with world(Shelf(EXPIRED), *[Response(status_code=500)] * 100) as here:
        source = here.process()
        for _ in range(100):
            with pytest.raises(ServerFailed):
                await source.access()
            here.clock.advance(301)
        assert await source.access() == "access-101"


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
        def load(self, account: str) -> Custody:
            asked.append(account)
            return Custody()

    async with world(Names()) as here:
        with pytest.raises(SignInRequired):
            await here.process().access()
    assert set(asked) == {"simulated home"}
