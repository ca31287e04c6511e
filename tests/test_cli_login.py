"""`login`: the right answer to the link and no other makes a sign-in, however it comes back (S13, T11)."""

from __future__ import annotations

import asyncio
import os
import socket
import stat
import sys
import webbrowser
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from fakes import NOON
from sign_in_person import Person, answer_of, changed, somebody
from sign_in_server import simulated_tesla
from verbs import loaded, settings_of

from bridge import alive
from bridge.cli import browser, handover
from bridge.database import Database
from bridge.errors import SettingWrong, SignInRequired, TryLater
from bridge.fleet.auth.store import Custody, StoredTokens
from bridge.fleet.auth.tokens import Tokens, claims
from bridge.fleet.hosts import Region

Out = pytest.CaptureFixture[str]


@pytest.fixture
async def tesla() -> AsyncIterator[Region]:
    async with simulated_tesla() as region:
        yield region


@pytest.fixture
async def me(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tesla: Region) -> AsyncIterator[Person]:
    with somebody(monkeypatch, tmp_path, tesla) as person:
        yield person


# --- the way through ----------------------------------------------------------------------------------------------


async def test_a_browser_and_a_consent_are_enough(me: Person, capsys: Out) -> None:
    pages = me.agrees()
    assert await me.logs_in() == 0
    (page,) = pages
    assert (page.status_code, "<h1>Signed in</h1>" in page.text) == (200, True)
    said = capsys.readouterr().out
    assert "The bridge takes it up when it starts." in said
    handed = me.handed()
    assert handed.simulated
    assert handed.tokens
    assert f"account  {claims(handed.tokens.access).subject}\n" in said


async def test_what_is_left_for_the_bridge_is_for_nobody_else(me: Person) -> None:
    me.agrees()
    await me.logs_in()
    (path,) = (me.directory / "data").iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_no_token_and_no_code_is_printed(me: Person, capsys: Out) -> None:
    codes: list[str] = []

    def visit(link: str) -> None:
        codes.append(answer_of(link))
        httpx2.get(codes[0])

    me.visit = visit
    await me.logs_in()
    told = "".join(capsys.readouterr())
    tokens = me.handed().tokens
    assert tokens
    code = codes[0].partition("code=")[2].partition("&")[0]
    for secret in (tokens.access, tokens.refresh, code, "simulated-secret"):
        assert secret
        assert secret not in told


async def test_it_says_what_a_scope_that_is_missing_costs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Out
) -> None:
    async with simulated_tesla(scopes=["openid", "offline_access", "energy_device_data"]) as region:
        with somebody(monkeypatch, tmp_path, region) as me:
            me.agrees()
            assert await me.logs_in() == 0
    said = capsys.readouterr().out
    assert "granted  energy_device_data, offline_access, openid" in said
    assert "missing  vehicle_device_data: no cars at all" in said
    assert "missing  energy_device_data" not in said


async def test_it_says_when_the_sign_in_ends(me: Person, capsys: Out) -> None:
    me.agrees()
    await me.logs_in()
    said = capsys.readouterr().out
    assert f"good until {NOON:%Y-%m-%d} 20:00 UTC" in said
    assert "ends 2026-" in said or "ends 2027-" in said


def test_each_scope_that_is_asked_for_has_its_price(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings_of(monkeypatch, tmp_path)
    assert set(loaded().tesla.scopes) <= handover.WITHOUT.keys()


# --- without a browser here ---------------------------------------------------------------------------------------


async def test_the_address_may_be_pasted(me: Person) -> None:
    me.visit = lambda link: me.types(answer_of(link))
    assert await me.logs_in() == 0
    assert me.handed().tokens


async def test_with_paste_nothing_listens(me: Person, capsys: Out) -> None:
    def visit(link: str) -> None:
        with pytest.raises(httpx2.ConnectError):
            httpx2.get(answer_of(link))
        me.types(answer_of(link))

    me.visit = visit
    assert await me.logs_in("--paste") == 0
    assert "which is heard here" not in capsys.readouterr().out


async def test_a_redirect_uri_elsewhere_is_pasted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tesla: Region, capsys: Out
) -> None:
    elsewhere = "https://localhost/callback"
    with somebody(monkeypatch, tmp_path, tesla, tesla_redirect_uri=elsewhere) as me:
        me.visit = lambda link: me.types(answer_of(link))
        assert await me.logs_in() == 0
    assert f"must allow exactly\n  {elsewhere}\n" in capsys.readouterr().out


async def test_a_wrong_line_is_told_and_the_right_one_still_counts(me: Person, capsys: Out) -> None:
    def visit(link: str) -> None:
        me.types("")
        me.types("NA_1234")
        me.types(answer_of(link))

    me.visit = visit
    assert await me.logs_in("--paste") == 0
    assert capsys.readouterr().out.count("That is not it: ") == 1


async def test_the_last_line_needs_no_end(me: Person) -> None:
    def visit(link: str) -> None:
        os.write(me.keyboard, answer_of(link).encode())
        me.leaves()

    me.visit = visit
    assert await me.logs_in("--paste") == 0


async def test_when_nothing_can_be_pasted_any_more_it_ends(me: Person) -> None:
    me.leaves()
    with pytest.raises(TryLater, match="not finished"):
        await me.logs_in("--paste")
    assert not me.is_handed


async def test_without_input_the_browser_still_counts(me: Person) -> None:
    me.leaves()
    me.agrees()
    assert await me.logs_in() == 0


async def test_a_browser_is_opened_only_where_it_is_wanted(me: Person) -> None:
    me.leaves()
    for flags in (("--no-browser", "--paste"), ("--paste",)):
        with pytest.raises(TryLater):
            await me.logs_in(*flags)
    assert len(me.links) == 1


@pytest.mark.parametrize("trouble", [webbrowser.Error("none"), OSError("no such file")])
async def test_a_browser_that_fails_leaves_the_link(
    me: Person, monkeypatch: pytest.MonkeyPatch, capsys: Out, trouble: Exception
) -> None:
    def fails(link: str) -> bool:
        me.opens(link)
        raise trouble

    monkeypatch.setattr(webbrowser, "open", fails)
    me.agrees()
    assert await me.logs_in() == 0
    assert capsys.readouterr().out.startswith("Open this link in a browser:\n\nhttp://")


def test_in_a_terminal_without_a_desktop_no_browser_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would be a text browser, in the very terminal that waits for a line."""
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(webbrowser, "open", lambda _: pytest.fail("opened"))
    assert not browser.opened("https://auth.tesla.com/")


async def test_a_port_that_is_taken_is_named_and_the_address_is_pasted(me: Person, capsys: Out) -> None:
    me.visit = lambda link: me.types(answer_of(link))
    with socket.create_server(("127.0.0.1", me.port)):
        assert await me.logs_in() == 0
    assert f"cannot listen on port {me.port}" in capsys.readouterr().out


# --- answers that are none (S13) ----------------------------------------------------------------------------------


@pytest.mark.case("S13")
@pytest.mark.parametrize("state", ["", "other"], ids=["missing", "wrong"])
async def test_another_state_is_refused_and_the_right_one_still_counts(me: Person, state: str) -> None:
    pages: list[httpx2.Response] = []

    def visit(link: str) -> None:
        answer = answer_of(link)
        pages.extend(httpx2.get(each) for each in (changed(answer, state=state), answer))

    me.visit = visit
    assert await me.logs_in() == 0
    assert [page.status_code for page in pages] == [400, 200]
    assert "no answer to the sign-in that was begun here" in pages[0].text


async def test_the_answer_to_another_sign_in_is_refused(me: Person) -> None:
    """Else an attacker could have this bridge signed in to an account of theirs."""
    me.agrees()
    await me.logs_in()
    foreign = await asyncio.to_thread(answer_of, me.links[0])
    pages: list[int] = []

    def visit(link: str) -> None:
        pages.extend(httpx2.get(each).status_code for each in (foreign, answer_of(link)))

    me.visit = visit
    assert await me.logs_in() == 0
    assert pages == [400, 200]


async def test_a_code_that_was_used_before_makes_no_sign_in(me: Person) -> None:
    def visit(link: str) -> None:
        answer = answer_of(link)
        code = answer.partition("code=")[2].partition("&")[0]
        form = {"grant_type": "authorization_code", "client_id": "simulated-client", "code": code}
        httpx2.post(f"{loaded().tesla.simulator_url}/oauth2/v3/token", data=form)
        httpx2.get(answer)

    me.visit = visit
    with pytest.raises(SignInRequired, match="used before, or is too old: run `fleet2mqtt login` again"):
        await me.logs_in()
    assert not me.is_handed


@pytest.mark.case("S13")
async def test_after_the_right_answer_nobody_listens(me: Person) -> None:
    answers: list[str] = []

    def visit(link: str) -> None:
        answers.append(answer_of(link))
        httpx2.get(answers[0])

    me.visit = visit
    await me.logs_in()
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(answers[0])


@pytest.mark.case("S13")
@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/", {}, 404),
        ("/callback/", {}, 404),
        ("//evil.example/callback", {}, 404),
        ("/callback", {"Host": "evil.example"}, 403),
        ("/callback", {"Host": "evil.example:{port}"}, 403),
        ("/callback", {"Host": "localhost:1"}, 403),
    ],
)
async def test_only_the_callback_under_its_own_name_is_answered(
    me: Person, path: str, headers: dict[str, str], status: int
) -> None:
    pages: list[httpx2.Response] = []

    def visit(link: str) -> None:
        answer = answer_of(link)
        odd = f"http://127.0.0.1:{me.port}{path}?{answer.partition('?')[2]}"
        named = {name: value.format(port=me.port) for name, value in headers.items()}
        pages.append(httpx2.get(odd, headers=named))
        httpx2.get(answer)

    me.visit = visit
    assert await me.logs_in() == 0
    assert [page.status_code for page in pages] == [status]
    assert "location" not in pages[0].headers


async def test_a_page_shows_what_it_was_sent_as_text(me: Person) -> None:
    pages: list[httpx2.Response] = []

    def visit(link: str) -> None:
        answer = answer_of(link)
        pages.append(httpx2.get(changed(answer, code="", error="<script>alert(1)</script>")))

    me.visit = visit
    with pytest.raises(SignInRequired):
        await me.logs_in()
    assert "<script" not in pages[0].text
    assert "default-src 'none'" in pages[0].headers["content-security-policy"]


def test_it_is_heard_on_this_machine_alone(me: Person) -> None:
    with browser.listening(me.callback, lambda _: None):
        addresses = {server[0] for server in _bound(me.port)}
    assert addresses <= {"127.0.0.1", "::1"}
    assert "127.0.0.1" in addresses


def _bound(port: int) -> list[tuple[str, int]]:
    """What listens on this port, as the kernel tells it."""
    found = []
    for name, family in (("tcp", socket.AF_INET), ("tcp6", socket.AF_INET6)):
        for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]:
            address, at = line.split()[1].split(":")
            if int(at, 16) == port and line.split()[3] == "0A":
                raw = bytes.fromhex(address)
                turned = b"".join(raw[each : each + 4][::-1] for each in range(0, len(raw), 4))
                found.append((socket.inet_ntop(family, turned), port))
    return found


# --- what goes wrong ----------------------------------------------------------------------------------------------


async def test_denied_consent_is_told_in_both_places(me: Person) -> None:
    pages: list[httpx2.Response] = []
    me.visit = lambda link: pages.append(httpx2.get(answer_of(link, "&deny=1")))
    with pytest.raises(SignInRequired, match="consent was denied"):
        await me.logs_in()
    assert (pages[0].status_code, "consent was denied" in pages[0].text) == (400, True)
    assert not me.is_handed


async def test_a_wrong_secret_names_the_setting(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tesla: Region) -> None:
    with somebody(monkeypatch, tmp_path, tesla, tesla_client_secret="guess-canary") as me:
        me.agrees()
        with pytest.raises(
            SettingWrong, match="check FLEET2MQTT_TESLA_CLIENT_ID, FLEET2MQTT_TESLA_CLIENT_SECRET "
        ) as wrong:
            await me.logs_in()
    assert "canary" not in str(wrong.value)


async def test_without_a_secret_nobody_is_sent_to_the_browser(me: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FLEET2MQTT_TESLA_CLIENT_SECRET")
    with pytest.raises(SettingWrong, match="FLEET2MQTT_TESLA_CLIENT_SECRET: is missing"):
        await me.logs_in()
    assert not me.links


async def test_an_open_source_app_needs_none(me: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FLEET2MQTT_TESLA_CLIENT_SECRET")
    monkeypatch.setenv("FLEET2MQTT_TESLA_TOKEN_TYPE", "open-source")
    me.agrees()
    assert await me.logs_in() == 0


async def test_a_sign_in_server_that_is_away_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    async with simulated_tesla() as region:
        with somebody(monkeypatch, tmp_path, region) as me:
            monkeypatch.setenv("FLEET2MQTT_TESLA_SIMULATOR_URL", "http://127.0.0.1:9")
            me.visit = lambda link: me.types(
                f"{me.callback}?code=NA_1&state={link.partition('state=')[2].partition('&')[0]}"
            )
            with pytest.raises(TryLater):
                await me.logs_in("--paste")


# --- again, and for whom ------------------------------------------------------------------------------------------


def keeps(me: Person, access: str) -> None:
    """The bridge has these tokens."""
    with Database(me.directory / "data") as database:
        pair = Tokens(access, "refresh", None, 1, NOON)
        StoredTokens(database).keep("simulated tesla", Custody(pair, stored_at=NOON))


async def another(me: Person) -> None:
    """The bridge has the tokens of another Tesla account."""
    async with simulated_tesla(seed=2) as other:
        form = {"grant_type": "refresh_token", "client_id": "simulated-client"}
        form["refresh_token"] = "simulated-refresh-token"
        got = await asyncio.to_thread(httpx2.post, other.token, data=form)
        keeps(me, got.json()["access_token"])


async def test_the_same_account_is_not_asked_about(me: Person, capsys: Out) -> None:
    me.agrees()
    await me.logs_in()
    tokens = me.handed().tokens
    assert tokens
    keeps(me, tokens.access)
    assert await me.logs_in() == 0
    assert "another Tesla account" not in capsys.readouterr().out


@pytest.mark.parametrize(("word", "code"), [("y", 0), ("n", 1), ("what?", 1)])
async def test_another_account_is_asked_about(me: Person, capsys: Out, word: str, code: int) -> None:
    await another(me)

    def visit(link: str) -> None:
        httpx2.get(answer_of(link))
        me.types(word)

    me.visit = visit
    assert await me.logs_in() == code
    assert me.is_handed is (code == 0)
    assert "another Tesla account" in capsys.readouterr().out


async def test_where_nobody_can_be_asked_nothing_is_replaced(me: Person) -> None:
    await another(me)
    me.leaves()
    me.agrees()
    assert await me.logs_in() == 1
    assert not me.is_handed


async def test_it_is_replaced_when_that_was_said_before(me: Person) -> None:
    await another(me)
    me.agrees()
    assert await me.logs_in("--replace") == 0


async def test_a_running_bridge_that_does_not_take_it_up_is_told_of(
    me: Person, monkeypatch: pytest.MonkeyPatch, capsys: Out
) -> None:
    (me.directory / "data").mkdir()
    (me.directory / "data" / alive.FILE).touch()
    monkeypatch.setattr(handover, "WAIT", 0.0)
    me.agrees()
    assert await me.logs_in() == 0
    assert "has not taken it up; its log tells why" in capsys.readouterr().out


async def test_each_account_has_its_own_sign_in(me: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLEET2MQTT_ACCOUNTS", "parents")
    me.agrees()
    assert await me.logs_in("--account", "parents") == 0
    assert me.handed("parents").tokens
    assert [path.name for path in (me.directory / "data").iterdir()] == ["sign-in-parents.json"]


async def test_an_account_that_there_is_not_is_named(me: Person) -> None:
    with pytest.raises(SettingWrong, match="--account work: there is no such account; there are tesla"):
        await me.logs_in("--account", "work")


def test_a_complaint_is_in_the_words_of_its_account(capsys: Out) -> None:
    assert handover.failed(SignInRequired("run `fleet2mqtt login`"), "parents") == 1
    assert capsys.readouterr().err == "fleet2mqtt: run `fleet2mqtt login --account parents`\n"
    with pytest.raises(SettingWrong, match=r"^FLEET2MQTT_ACCOUNT_PARENTS_CLIENT_ID: is missing"):
        handover.failed(SettingWrong("FLEET2MQTT_TESLA_CLIENT_ID: is missing"), "parents")


# --- without a browser at all -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("partner", {}),
        ("business", {"TESLA_AUTH_CODE": "simulated-business-code"}),
        ("owner-api", {"TESLA_EMAIL": "owner@example.com", "TESLA_PASSWORD": "simulated-password"}),
    ],
)
async def test_what_is_set_is_tried_and_handed_over(
    me: Person, monkeypatch: pytest.MonkeyPatch, capsys: Out, kind: str, given: dict[str, str]
) -> None:
    monkeypatch.setenv("FLEET2MQTT_TESLA_TOKEN_TYPE", kind)
    for name, value in given.items():
        monkeypatch.setenv(f"FLEET2MQTT_{name}", value)
    assert await me.logs_in() == 0
    assert f"Signed in with what is set, as {kind}" in capsys.readouterr().out
    assert me.handed().tokens
    assert not me.links


@pytest.mark.parametrize(("access", "code"), [("relay-token", 0)])
async def test_a_fixed_token_needs_nothing(
    me: Person, monkeypatch: pytest.MonkeyPatch, capsys: Out, access: str, code: int
) -> None:
    monkeypatch.setenv("FLEET2MQTT_TESLA_TOKEN_TYPE", "fixed")
    monkeypatch.setenv("FLEET2MQTT_TESLA_ACCESS_TOKEN", access)
    assert await me.logs_in() == code
    said = capsys.readouterr().out
    assert said.startswith("Nothing to sign in")
    assert access not in said
    assert not me.is_handed
