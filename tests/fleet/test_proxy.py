"""An owner's own tesla-http-proxy signs: commands go there, everything else goes to Tesla (fleet-api.md 3.5)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext
from typing import Any

import pytest
from account import VIN
from certificates import made
from loopback import Tesla, bad, good, listen, read_request, serve
from starlette.responses import JSONResponse, Response

from bridge import build
from bridge.clock import SystemClock
from bridge.database import Database
from bridge.errors import (
    BridgeError,
    CallWrong,
    NotSent,
    RateLimited,
    ServerFailed,
    SettingWrong,
    SigningRequired,
    VehicleUnavailable,
)
from bridge.fleet import telemetry
from bridge.fleet.client import FleetClient
from bridge.ledger import Ledger
from bridge.settings import RegionName, Settings, TeslaSettings, TokenType

DONE = {"result": True, "reason": ""}


@asynccontextmanager
async def client(directory: Path, tesla: str, **settings: Any) -> AsyncIterator[FleetClient]:
    """As the settings build it."""
    account = TeslaSettings(
        region=RegionName.SIMULATED,
        simulator_url=tesla,
        token_type=TokenType.FIXED,
        access_token="access-0",
        deadline=5,
        **settings,
    )
    own = Settings.model_construct(tesla=account, data_dir=directory, accounts=())
    clock = SystemClock()
    with Database(directory) as database:
        (access,) = build.accounts(own, database, clock, Ledger(store=database, clock=clock, budget=10))
        async with access.api as api:
            yield api


async def asked_of_proxy(
    directory: Path, reply: Response, name: str = "flash_lights", **body: Any
) -> tuple[Any, Tesla]:
    """What a command gives when the proxy replies so, or the error it raises, and the proxy."""
    proxy = Tesla(reply)
    async with (
        serve(Tesla(good({}))) as url,
        serve(proxy) as address,
        client(directory, url, proxy_url=address) as api,
    ):
        try:
            return await api.command(VIN, f"command/{name}", body), proxy
        except BridgeError as error:
            return error, proxy


async def test_commands_go_to_the_proxy_and_nothing_else_does(tmp_path: Path) -> None:
    tesla, proxy = Tesla(good({})), Tesla(good(DONE))
    async with serve(tesla) as url, serve(proxy) as address, client(tmp_path, url, proxy_url=address) as api:
        assert (await api.command(VIN, "command/set_charge_limit", {"percent": 80})).result
        await api.vehicle(VIN)
        await api.wake_up(VIN)
        await telemetry.configure(api, [VIN], {"hostname": "telemetry.example.com"})
    assert [seen.path for seen in tesla.seen] == [f"/api/1/vehicles/{VIN}", f"/api/1/vehicles/{VIN}/wake_up"]
    command, config = proxy.seen
    assert command.path == f"/api/1/vehicles/{VIN}/command/set_charge_limit"
    assert command.headers["authorization"] == "Bearer access-0"
    assert json.loads(command.body) == {"percent": 80}
    assert config.path == "/api/1/vehicles/fleet_telemetry_config"
    assert json.loads(config.body) == {"vins": [VIN], "config": {"hostname": "telemetry.example.com"}}


@pytest.mark.parametrize(
    ("name", "body", "sent"),
    [
        ("set_cop_temp", {"cop_temp": 0}, {"cop_temp": 1}),
        (
            "remote_seat_cooler_request",
            {"seat_position": 2, "seat_cooler_level": 3},
            {"seat_position": 2, "seat_cooler_level": 4},
        ),
    ],
)
async def test_what_the_proxy_counts_otherwise_is_sent_as_it_counts(
    tmp_path: Path, name: str, body: dict[str, int], sent: dict[str, int]
) -> None:
    """fleet-api.md 3.3."""
    _, proxy = await asked_of_proxy(tmp_path, good(DONE), name, **body)
    assert json.loads(proxy.seen[0].body) == sent


async def test_the_cars_refusal_comes_through(tmp_path: Path) -> None:
    said = {"result": False, "reason": "car could not execute command: already_set"}
    answer, _ = await asked_of_proxy(tmp_path, JSONResponse({"response": said, "error": "", "error_description": ""}))
    assert (answer.result, answer.reason) == (False, said["reason"])


NOT_PAIRED = "vehicle rejected request: your public key has not been paired with the vehicle"


@pytest.mark.parametrize(
    ("status", "said", "error"),
    [
        (500, NOT_PAIRED, SigningRequired),
        (500, "vehicle unavailable: vehicle is offline or asleep", VehicleUnavailable),
        (500, "context deadline exceeded", ServerFailed),
        (503, "", ServerFailed),
        (400, "invalid_command", CallWrong),
        (429, "", RateLimited),
    ],
)
async def test_what_the_proxy_cannot_do_has_a_name(
    tmp_path: Path, status: int, said: str, error: type[BridgeError]
) -> None:
    found, proxy = await asked_of_proxy(tmp_path, bad(status, said))
    assert type(found) is error
    assert len(proxy.seen) == 1


# --- whom the token may be shown to ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url", ["http://proxy.example.com", "ftp://localhost", "localhost:4443", "https://a@localhost", "https://h/p?q"]
)
async def test_a_token_is_not_sent_in_the_clear_through_the_world(tmp_path: Path, url: str) -> None:
    with pytest.raises(SettingWrong, match="FLEET2MQTT_TESLA_PROXY_URL"):
        async with client(tmp_path, "http://127.0.0.1:9", proxy_url=url):
            pass


@pytest.mark.parametrize(
    "url", ["https://proxy.example.com:4443", "http://localhost:4443/", "http://tesla-http-proxy:4443"]
)
async def test_https_anywhere_and_http_at_home_will_do(tmp_path: Path, url: str) -> None:
    async with client(tmp_path, "http://127.0.0.1:9", proxy_url=url) as api:
        assert api.region.simulated


async def test_a_certificate_for_no_proxy_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(SettingWrong, match="PROXY_URL, which is not set"):
        async with client(tmp_path, "http://127.0.0.1:9", proxy_ca_file=tmp_path / "ca.crt"):
            pass


async def test_a_certificate_that_cannot_be_read_is_told_by_its_setting(tmp_path: Path) -> None:
    with pytest.raises(SettingWrong, match="FLEET2MQTT_TESLA_PROXY_CA_FILE"):
        async with client(
            tmp_path, "http://127.0.0.1:9", proxy_url="https://localhost", proxy_ca_file=tmp_path / "none"
        ):
            pass


async def answer_yes(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    body = json.dumps({"response": DONE}).encode()
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
    await writer.drain()


async def test_a_proxy_with_a_private_certificate_is_trusted_by_its_file_only(tmp_path: Path) -> None:
    certificates = made(tmp_path / "tls")
    context = SSLContext(PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "server.crt", certificates / "server.key")
    async with listen(answer_yes, context) as port:
        address = f"https://127.0.0.1:{port}"
        async with client(tmp_path, address, proxy_url=address, proxy_ca_file=certificates / "ca.crt") as api:
            assert (await api.command(VIN, "command/flash_lights", {})).result
            with pytest.raises(NotSent):  # not for anybody else
                await api.vehicle(VIN)
        async with client(tmp_path, address, proxy_url=address) as api:
            with pytest.raises(NotSent):
                await api.command(VIN, "command/flash_lights", {})
