"""A person at the simulated sign-in: a page, ticks, two buttons."""

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from simulated_tesla import Tesla
from test_oauth_sign_in import PKCE, QUERY, claims, redeem

from bridge.simulator.codes import s256

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
VERIFIER = "a-verifier-that-is-long-enough-to-be-one-0123456789"


async def page(stranger: Tesla, **changes: str) -> str:
    answer = await stranger.http.get("/oauth2/v3/authorize", params=QUERY | PKCE | changes, headers=BROWSER)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    return str(answer.text)


async def pressed(stranger: Tesla, html: str, button: str, *ticked: str) -> dict[str, str]:
    """What the browser sends for the form, and what it brings back to the application."""
    fields = [
        (unescape(name), unescape(value))
        for name, value in re.findall(r'type="hidden" name="(.*?)" value="(.*?)"', html)
    ]
    form: list[tuple[str, str | int | float | bool | None]] = [
        *fields,
        *(("grant", scope) for scope in ticked),
        (button, "1"),
    ]
    answer = await stranger.http.get("/oauth2/v3/authorize", params=form, headers=BROWSER)
    assert answer.status_code == 302
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


async def test_a_browser_is_asked_about_each_scope(stranger: Tesla) -> None:
    html = await page(stranger, scope="openid energy_cmds")
    assert re.findall(r'name="grant" value="(.*?)" checked', html) == ["openid", "energy_cmds"]


async def test_what_is_ticked_is_granted(stranger: Tesla) -> None:
    back = await pressed(stranger, await page(stranger), "allow", "openid", "offline_access", "energy_cmds")
    assert back["state"] == QUERY["state"]
    token = (await redeem(stranger, back["code"], code_verifier=VERIFIER)).json()["access_token"]
    assert set(claims(token)["scp"]) == {"openid", "offline_access", "energy_cmds"}
    assert PKCE["code_challenge"] == s256(VERIFIER)


async def test_no_scope_is_granted_that_was_not_asked_for(stranger: Tesla) -> None:
    html = await page(stranger, scope="openid offline_access")
    back = await pressed(stranger, html, "allow", "openid", "offline_access", "vehicle_cmds")
    token = (await redeem(stranger, back["code"], code_verifier=VERIFIER)).json()["access_token"]
    assert set(claims(token)["scp"]) == {"openid", "offline_access"}


async def test_deny_is_denied(stranger: Tesla) -> None:
    back = await pressed(stranger, await page(stranger), "deny", "openid")
    assert back == {"error": "access_denied", "state": QUERY["state"]}


async def test_what_the_link_says_is_shown_as_text(stranger: Tesla) -> None:
    assert "<script" not in await page(stranger, state='"><script>alert(1)</script>')


@pytest.mark.parametrize("change", [{"client_id": "somebody"}, {"redirect_uri": "https://evil.example/"}])
async def test_a_wrong_application_gets_no_page(stranger: Tesla, change: dict[str, str]) -> None:
    answer = await stranger.http.get("/oauth2/v3/authorize", params=QUERY | change, headers=BROWSER)
    assert answer.status_code == 400
