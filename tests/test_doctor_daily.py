"""Once a day: is the key at its page, is the app in Tesla's register?"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from fakes import FakeClock
from key_desk import Web, key_page, new_key
from starlette.responses import Response
from test_doctor import account, ours, registered, site

from bridge.doctor.daily import DAY, FIRST, Daily, look

__all__ = ["ours", "site"]


async def test_all_is_well(monkeypatch: pytest.MonkeyPatch, site: Web) -> None:
    async with account(monkeypatch, site, FakeClock()) as (url, case):
        await registered(url)
        assert await look(case) == {"public_key_problem": False, "partner_registered": True}


@pytest.mark.parametrize("reply", [Response("", 404), key_page(new_key()), Response("x")], ids=["gone", "other", "odd"])
async def test_a_page_without_our_key_is_a_problem(monkeypatch: pytest.MonkeyPatch, site: Web, reply: Response) -> None:
    async with account(monkeypatch, site, FakeClock()) as (url, case):
        await registered(url)
        site.reply = reply
        assert await look(case) == {"public_key_problem": True, "partner_registered": True}


async def test_a_page_that_fails_just_now_says_nothing(monkeypatch: pytest.MonkeyPatch, site: Web) -> None:
    async with account(monkeypatch, site, FakeClock()) as (url, case):
        await registered(url)
        site.reply = Response("", 503)
        assert await look(case) == {"partner_registered": True}


async def test_an_app_that_is_not_registered_is_told(monkeypatch: pytest.MonkeyPatch, site: Web) -> None:
    async with account(monkeypatch, site, FakeClock()) as (_, case):
        assert await look(case) == {"public_key_problem": False, "partner_registered": False}


async def test_no_call_is_billed_for_it(monkeypatch: pytest.MonkeyPatch, site: Web) -> None:
    async with account(monkeypatch, site, FakeClock()) as (url, case):
        await registered(url)
        await look(case)
        assert case.api._sender._ledger.month().dollars == 0


async def test_it_looks_once_a_day_while_somebody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[Any] = []

    async def looked(case: Any) -> dict[str, bool]:
        looks.append(case)
        return {"partner_registered": True}

    monkeypatch.setattr("bridge.doctor.daily.look", looked)
    clock, listening, told = FakeClock(), asyncio.Event(), []
    case = type("Case", (), {"name": ""})()
    daily = Daily(lambda: [case], clock, listening, lambda name, answer: told.append((name, answer)))
    serving = asyncio.create_task(daily.serve())
    await clock.run(FIRST[1] + 1)
    assert looks == []
    listening.set()
    await clock.run(3 * DAY)
    serving.cancel()
    assert len(looks) == 4
    assert told[0] == ("", {"partner_registered": True})
