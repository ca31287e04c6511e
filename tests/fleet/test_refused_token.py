"""A4 and F10: what happens when Tesla refuses the access token of a call."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from account import SITE, STORED, VIN, Book, Shelf, client_of
from loopback import Tesla, bad, good, refused, serve
from starlette.responses import Response

from bridge.errors import AccessDenied, NotSent, RateLimited, SignInRequired
from bridge.fleet.auth.grants import RefreshToken
from bridge.fleet.client import FleetClient

YES = good({"result": True, "reason": ""})
EXPIRED = Response(status_code=401)  # Tesla sends no body with this one (fleet-api.md 0.3)


def signed_in(url: str, shelf: Shelf, **options: Any) -> AbstractAsyncContextManager[FleetClient]:
    return client_of(url, grant=RefreshToken("client-id"), store=shelf, **options)


CALLS: dict[str, Callable[[FleetClient], Awaitable[Any]]] = {
    "read": lambda client: client.vehicle(VIN),
    "command": lambda client: client.command(VIN, "command/actuate_trunk", {}),
    "wake": lambda client: client.wake_up(VIN),
    "energy write": lambda client: client.energy_write(SITE, "backup", {}),
}


@pytest.mark.case("F10")
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("refusal", [EXPIRED, bad(401, "token expired (401)"), bad(401, "invalid bearer token")])
async def test_the_token_is_renewed_once_and_the_call_sent_once_more(
    call: Callable[[FleetClient], Awaitable[Any]], refusal: Response
) -> None:
    """Commands too: a 401 is answered before anything is done."""
    tesla, book = Tesla(refusal, YES), Book()
    async with serve(tesla) as url, signed_in(url, Shelf(STORED), book=book) as client:
        await call(client)

    assert [seen.headers["authorization"] for seen in tesla.seen] == ["Bearer access-0", "Bearer access-1"]
    assert len(tesla.desk.posts) == 1
    assert [status for _, _, status in book.recorded] == [401, 200]


@pytest.mark.case("F10")
async def test_many_calls_refused_at_once_share_one_renewal() -> None:
    tesla = Tesla(*[EXPIRED] * 20, YES)
    async with serve(tesla) as url, signed_in(url, Shelf(STORED)) as client:
        await asyncio.gather(*(client.vehicle(VIN) for _ in range(20)))
    assert len(tesla.desk.posts) == 1


@pytest.mark.case("F10")
async def test_a_fresh_token_that_is_refused_too_ends_it() -> None:
    tesla = Tesla(EXPIRED)
    async with serve(tesla) as url, signed_in(url, Shelf(STORED)) as client:
        with pytest.raises(AccessDenied, match="even a fresh access token"):
            await client.vehicle(VIN)
    assert len(tesla.seen) == 2
    assert len(tesla.desk.posts) == 1


async def test_mobile_access_off_is_no_matter_of_tokens() -> None:
    tesla = Tesla(bad(401, "mobile_access_disabled"))
    async with serve(tesla) as url, signed_in(url, Shelf(STORED)) as client:
        with pytest.raises(AccessDenied) as caught:
            await client.vehicle(VIN)
    assert caught.value.reason == "mobile_access_off"
    assert len(tesla.seen) == 1
    assert not tesla.desk.posts


@pytest.mark.parametrize("failure", [Response(status_code=500), Response(b"<html>", 200), refused("server_error", 400)])
async def test_a_command_whose_token_cannot_be_renewed_was_not_done(failure: Response) -> None:
    """The sign-in server's lost answer must not read as a lost answer to the command."""
    tesla = Tesla(EXPIRED)
    tesla.desk.replies.append(failure)
    async with serve(tesla) as url, signed_in(url, Shelf(STORED)) as client:
        with pytest.raises(NotSent, match="no access token"):
            await client.command(VIN, "command/actuate_trunk", {})


async def test_a_sign_in_server_that_hangs_does_not_outlive_the_deadline() -> None:
    tesla = Tesla(EXPIRED)
    tesla.desk.may_answer.clear()
    async with serve(tesla) as url, signed_in(url, Shelf(STORED), deadline=0.2) as client:
        with pytest.raises(NotSent, match="no answer in time"):
            await client.command(VIN, "command/actuate_trunk", {})
        tesla.desk.may_answer.set()


async def test_a_busy_sign_in_server_says_how_long() -> None:
    tesla = Tesla(EXPIRED)
    tesla.desk.replies.append(Response(status_code=429, headers={"retry-after": "77"}))
    async with serve(tesla) as url, signed_in(url, Shelf(STORED)) as client:
        with pytest.raises(RateLimited) as caught:
            await client.vehicle(VIN)
    assert caught.value.wait == 77


async def test_signed_out_makes_no_calls_at_all() -> None:
    tesla = Tesla(YES)
    async with serve(tesla) as url, signed_in(url, Shelf()) as client:
        with pytest.raises(SignInRequired):
            await client.vehicle(VIN)
    assert not tesla.seen


async def test_a_renewal_on_its_way_arrives_before_the_client_closes() -> None:
    tesla, shelf = Tesla(EXPIRED), Shelf(STORED)
    tesla.desk.may_answer.clear()
    async with serve(tesla) as url, signed_in(url, shelf) as client:
        call = asyncio.create_task(client.vehicle(VIN))
        await tesla.desk.arrived.wait()
        call.cancel()
        tesla.desk.may_answer.set()
    assert shelf.newest
    assert shelf.newest.access == "access-1"
