"""Is the key where Tesla looks for it? What stands in the way is named: DNS, TLS, status, redirect, body."""

from __future__ import annotations

import asyncio
import socket

import pytest
from account import plain_transport
from authority import client_tls, server_tls
from fakes import FakeClock
from key_desk import DOMAIN, OURS, key_page, new_key, point_dns, web
from loopback import listen, read_request
from starlette.responses import RedirectResponse, Response

from bridge.errors import BridgeError, OwnerMustAct, SettingWrong, TryLater
from bridge.fleet.key_page import DEADLINE, KIND, LARGEST, PATH, check, url
from bridge.fleet.transport import Transport


async def found(reply: Response) -> str:
    async with web(reply) as site, plain_transport(FakeClock()) as http:
        return await check(http, DOMAIN, OURS, simulated_at=site.url)


async def wrong(reply: Response) -> BridgeError:
    with pytest.raises(BridgeError) as error:
        await found(reply)
    return error.value


async def wrong_over_https(trust_host: str = DOMAIN, *, days: int = 36500) -> str:
    async with Transport(FakeClock(), trust=lambda: client_tls(trust_host, days=days)) as http:
        with pytest.raises(BridgeError) as error:
            await check(http, DOMAIN, OURS)
    return str(error.value)


async def serve_key(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One HTTP/1.1 answer that holds our key."""
    await read_request(reader)
    body = OURS.pem.encode()
    head = f"HTTP/1.1 200 OK\r\ncontent-type: {KIND}\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
    writer.write(head.encode() + body)
    await writer.drain()


# --- all is well --------------------------------------------------------------------------------------------------


def test_the_address_is_tesla_s() -> None:
    assert url("example.com") == "https://example.com/.well-known/appspecific/com.tesla.3p.public-key.pem"


async def test_our_key_is_found() -> None:
    assert (await found(key_page())).endswith(f"{PATH} serves this bridge's key")


async def test_line_ends_do_not_matter_the_key_does() -> None:
    await found(Response(OURS.pem.replace("\n", "\r\n"), media_type=KIND))


async def test_another_content_type_is_told_and_no_fault() -> None:
    """No rule of Tesla's about it is known."""
    assert "content type text/plain" in await found(Response(OURS.pem, media_type="text/plain"))


async def test_the_question_carries_no_token() -> None:
    async with web() as site, plain_transport(FakeClock()) as http:
        await check(http, DOMAIN, OURS, simulated_at=site.url)
    (headers,) = site.asked
    assert not {"authorization", "cookie"} & headers.keys()


async def test_a_real_domain_is_asked_over_https(monkeypatch: pytest.MonkeyPatch) -> None:
    tls = server_tls(DOMAIN)
    tls.set_alpn_protocols(["http/1.1"])
    async with listen(serve_key, tls) as port, Transport(FakeClock(), trust=lambda: client_tls(DOMAIN)) as http:
        point_dns(monkeypatch, port)
        assert await check(http, DOMAIN, OURS) == f"{url(DOMAIN)} serves this bridge's key"


# --- what stands in the way ---------------------------------------------------------------------------------------


async def test_dns_that_does_not_know_the_domain(monkeypatch: pytest.MonkeyPatch) -> None:
    point_dns(monkeypatch, socket.gaierror(socket.EAI_NONAME, "Name or service not known"))
    assert (await wrong_over_https()).startswith(f"DNS: nobody knows {DOMAIN}")


async def test_dns_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    point_dns(monkeypatch, socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"))
    assert "is this machine online?" in await wrong_over_https()


async def test_nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        point_dns(monkeypatch, unused.getsockname()[1])
        assert (await wrong_over_https()).startswith("connection: nobody listens")


async def test_a_certificate_of_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    async with listen(serve_key, server_tls(DOMAIN)) as port:
        point_dns(monkeypatch, port)
        assert "TLS: the certificate" in await wrong_over_https("other.example.com")


async def test_a_certificate_of_another_name(monkeypatch: pytest.MonkeyPatch) -> None:
    async with listen(serve_key, server_tls("other.example.com")) as port:
        point_dns(monkeypatch, port)
        said = await wrong_over_https("other.example.com")
    assert "TLS: the certificate" in said
    assert "Hostname mismatch" in said


async def test_a_certificate_that_has_expired(monkeypatch: pytest.MonkeyPatch) -> None:
    async with listen(serve_key, server_tls(DOMAIN, days=-30)) as port:
        point_dns(monkeypatch, port)
        assert "expired" in await wrong_over_https(days=-30)


async def test_a_redirect_is_not_followed() -> None:
    async with web() as other:
        error = await wrong(RedirectResponse(f"{other.url}{PATH}", 301))
    assert str(error).startswith("redirect: ")
    assert other.url in str(error)
    assert other.asked == []


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (404, OwnerMustAct, "there is nothing"),
        (401, OwnerMustAct, "not open to everybody"),
        (403, OwnerMustAct, "not open to everybody"),
        (418, OwnerMustAct, "HTTP 418 in place of 200"),
        (502, TryLater, "is `serve-key` running?"),
    ],
)
async def test_a_status_says_what_to_do(status: int, kind: type[BridgeError], words: str) -> None:
    error = await wrong(Response("", status))
    assert type(error) is kind
    assert str(error).startswith("status: ")
    assert words in str(error)


async def test_a_web_page_in_its_place_is_named_by_its_content_type() -> None:
    assert "(text/html; charset=utf-8) is no public key" in str(await wrong(Response("<html>", media_type="text/html")))


async def test_another_key_than_ours() -> None:
    assert "another key than this bridge's" in str(await wrong(key_page(new_key())))


async def test_a_private_key_is_an_alarm_and_is_not_quoted() -> None:
    error = await wrong(Response("-----BEGIN PRIVATE KEY-----\ncanary\n", media_type=KIND))
    assert "take it down now" in str(error)
    assert "canary" not in str(error)


async def test_a_page_that_is_too_long_is_not_believed() -> None:
    assert "is no public key" in str(await wrong(Response(OURS.pem + " " * LARGEST, media_type=KIND)))


async def test_a_page_without_end_is_cut_off() -> None:
    assert "is longer than" in str(await wrong(Response(b" " * 3_000_000, media_type=KIND)))


async def test_a_stand_in_for_the_domain_is_on_a_private_network_only() -> None:
    async with plain_transport(FakeClock()) as http:
        with pytest.raises(SettingWrong, match="not in a private network"):
            await check(http, DOMAIN, OURS, simulated_at="http://example.com")


async def test_a_server_that_says_nothing_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    assert DEADLINE <= 15
    monkeypatch.setattr("bridge.fleet.key_page.DEADLINE", 0.2)

    async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async with listen(silent) as port, plain_transport(FakeClock()) as http:
        with pytest.raises(TryLater, match="no answer in time"):
            await check(http, DOMAIN, OURS, simulated_at=f"http://127.0.0.1:{port}")
