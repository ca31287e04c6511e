"""Tesla's answers name somebody else's host: nobody there hears of us, and least of all a token (T12, S14)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Collection, Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, Self

import pytest
from outside import Outside
from tape import Tape
from tls_face import encrypted, write_trusted
from whole_house import CAR, OTHER_CAR, SITE, House, empty_house, message

pytestmark = pytest.mark.case("S14")


class Stranger:
    """A host on this machine that is not Tesla: takes connections under other names, and answers anything well."""

    def __init__(self) -> None:
        self.heard = bytearray()
        self.connections = 0
        self.port = 0
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, ["127.0.0.1", "127.0.0.2"], 0)
        first = self._server.sockets[0].getsockname()[1]
        self._server.close()
        self._server = await asyncio.start_server(self._connected, ["127.0.0.1", "127.0.0.2"], first)
        self.port = first
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server
        self._server.close()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.heard += await reader.read(65536)
        writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{"response":{}}')
        writer.close()


@pytest.fixture(scope="module")
def outside() -> Iterator[Outside]:
    with Outside() as running:
        yield running


@pytest.fixture(scope="module")
def stranger(outside: Outside) -> Stranger:
    return outside.enter(Stranger())


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory, outside: Outside) -> Iterator[House]:
    """Its Tesla is encrypted: there is something to be talked out of."""
    directory = tmp_path_factory.mktemp("house")
    with empty_house(directory) as made:
        face = outside.enter(encrypted(made.api.port))
        made.bridge.environment |= {
            "FLEET2MQTT_TESLA_SIMULATOR_URL": f"https://localhost:{face.port}",
            "SSL_CERT_FILE": str(write_trusted(directory / "trusted.pem")),
        }
        made.start()
        yield made


# --- where they would lead us -------------------------------------------------------------------------------------

HOSTS: dict[str, str] = {
    "a foreign host": "http://127.0.0.2:{port}",
    "a foreign host, encrypted": "https://127.0.0.2:{port}",
    "ours without encryption": "http://localhost:{port}",
    "a name that looks like ours": "https://localhost.evil.test:{port}",
    "ours as a user of theirs": "https://localhost@127.0.0.2:{port}",
    "ours behind a backslash": "https://127.0.0.2:{port}\\@localhost",
    "ours as a fragment": "https://127.0.0.2:{port}#@localhost",
}

# --- how they would -----------------------------------------------------------------------------------------------

WRITE, TOKEN = "POST .*/set_charge_limit", "POST .*/token"


class Way(NamedTuple):
    """What is answered to what; `hosts`: those that it tries."""

    to: str
    status: int
    headers: Mapping[str, str] = MappingProxyType({})
    body: str | None = None
    hosts: Collection[str] = ("a foreign host", "ours without encryption")


READS: dict[str, tuple[str, Way]] = {
    "301": (CAR, Way("GET .*700001/vehicle_data", 301, {"Location": "{url}/api/1/products"})),
    "308": (OTHER_CAR, Way("GET .*700002/vehicle_data", 308, {"Location": "{url}"})),
    "421": (SITE, Way("GET .*/site_info", 421, {}, '{"error": "user out of region, use base URL: {url}"}')),
}
COMMANDS: dict[str, Way] = {
    "421": Way(WRITE, 421, {}, '{"error": "user out of region, use base URL: {url}, see https://x"}', HOSTS),
    "421 with Alt-Svc": Way(WRITE, 421, {"Alt-Svc": 'h2="{url}"'}, "", HOSTS),
    "303": Way(WRITE, 303, {"Location": "{url}/api"}),
    "307": Way(WRITE, 307, {"Location": "{url}/api"}),
    "Alt-Svc": Way(WRITE, 200, {"Alt-Svc": 'h2="{authority}"; ma=86400, h3="{authority}"', "Refresh": "0; url={url}"}),
}


def put_on(one: House, way: Way, url: str) -> None:
    authority = url.partition("//")[2]

    def filled(text: str) -> str:
        return text.replace("{url}", url).replace("{authority}", authority)

    headers = {name: filled(value) for name, value in way.headers.items()}
    given: dict[str, Any] = {} if way.body is None else {"body": filled(way.body).replace("\\", "\\\\")}
    one.tesla.fault(way.to, status=way.status, headers=headers, **given)


def works_again(one: House) -> bool:
    """Once the wait after a renewal that failed is over."""
    return bool(one.ask(CAR, "charge_limit", '{"value": 72}')["outcome"] == "ok")


def nobody_was_told(stranger: Stranger, name: str) -> None:
    assert (name, bytes(stranger.heard), stranger.connections) == (name, b"", 0)


@pytest.mark.parametrize("way", COMMANDS)
def test_a_command_is_not_led_elsewhere(
    one: House, stranger: Stranger, way: str, record_property: Callable[[str, str], None]
) -> None:
    for name in COMMANDS[way].hosts:
        put_on(one, COMMANDS[way], HOSTS[name].format(port=stranger.port))
        for number in range(2):  # the second knows what the first was told
            one.ask(CAR, "charge_limit", message(f"{way} {name} {number}", value=70 + number))
        one.tesla.heal()
        nobody_was_told(stranger, name)
    assert works_again(one)
    record_property("figure", f"{len(COMMANDS[way].hosts)} hosts, 0 bytes")


@pytest.mark.parametrize("way", READS)
def test_a_read_is_not_led_elsewhere(one: House, stranger: Stranger, way: str) -> None:
    device, row = READS[way]
    put_on(one, row, HOSTS["ours without encryption"].format(port=stranger.port))
    one.look(device)
    one.tesla.heal()
    assert works_again(one)
    nobody_was_told(stranger, way)


# --- the refresh token --------------------------------------------------------------------------------------------

RENEWALS: dict[str, tuple[int, str]] = {
    "301": (301, "a foreign host"),
    "302": (302, "ours without encryption"),
    "307": (307, "ours without encryption"),
    "308": (308, "a name that looks like ours"),
}
"""Few, because whoever is refused too many access tokens does not ask for more."""


def test_a_renewal_is_not_led_elsewhere_by_what_the_sign_in_server_says_of_itself(
    one: House, stranger: Stranger
) -> None:
    """It is asked where the token endpoint is, because that is gone (A11)."""
    url = f"https://127.0.0.2:{stranger.port}"
    names = ("issuer", "token_endpoint", "authorization_endpoint", "jwks_uri")
    one.tesla.fault(TOKEN, status=404)
    one.tesla.fault("GET .*openid-configuration", status=200, body=json.dumps(dict.fromkeys(names, url)))
    tape = Tape(one.api)
    one.tesla.control("revoke")
    assert one.ask(CAR, "charge_limit", message("metadata", value=76))["outcome"] == "unavailable"
    one.tesla.heal()
    one.spy.until(lambda: works_again(one), "the next renewal", 60)
    assert tape.requests("openid-configuration")
    nobody_was_told(stranger, "metadata")


@pytest.mark.parametrize("way", RENEWALS)
def test_a_renewal_is_not_led_elsewhere(one: House, stranger: Stranger, way: str) -> None:
    status, host = RENEWALS[way]
    put_on(one, Way(TOKEN, status, {"Location": "{url}/oauth2/v3/token"}), HOSTS[host].format(port=stranger.port))
    one.tesla.control("revoke")
    assert one.ask(CAR, "charge_limit", message(f"renewal {way}", value=75))["outcome"] == "unavailable"
    one.tesla.heal()
    one.spy.until(lambda: works_again(one), "the next renewal", 60)
    nobody_was_told(stranger, host)
