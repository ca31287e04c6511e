"""The signed telemetry configuration: as another program signs it, and as the simulated Tesla verifies it."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from account import MemoryNotes, client_of
from bench import KEY
from cryptography.hazmat.primitives.asymmetric import ec
from fakes import FakeClock
from hypothesis import given, strategies as st
from simulated_tesla import CAR, NOON, Tesla
from vectors import CLIENT_PRIVATE, CLIENT_PUBLIC, private_key

from bridge.errors import SigningRequired
from bridge.fleet import telemetry
from bridge.fleet.auth.grants import RefreshToken
from bridge.fleet.signing import jws
from bridge.fleet.signing.carrier import Signer
from bridge.fleet.signing.sessions import point
from bridge.simulator.server import Simulation, serve
from bridge.simulator.signing_schnorr import claims, verifies
from bridge.simulator.tokens import CLIENT_ID, REFRESH_TOKEN

OURS = private_key(CLIENT_PRIVATE)
PUBLIC = bytes.fromhex(CLIENT_PUBLIC)

CONFIG: dict[str, Any] = {
    "hostname": "telemetry.example.com",
    "port": 443,
    "ca": "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
    "fields": {"Soc": {"interval_seconds": 60}},
    "alert_types": ["service"],
    "exp": None,
}

# Made of CONFIG with tesla-fleet-api 1.18.1, whose jws.py gives Tesla's own test token.
SIGNATURE = (
    "yVLY1p7Bm49jR_MD4g-svL6Fc37rqcYN4PP8OEoDwKYGyTeHDiyB_tttcJivY-EQ"
    "z_yfYHysJLsBatmOJuiig2IMdrK2JsUuDe3iw6MZ5N7Nc6jmRT_eR_21tWuqV_kt"
)


def test_the_token_is_the_one_that_another_program_makes() -> None:
    header, body, signature = jws.token(OURS, CONFIG, jws.TELEMETRY).split(".")
    assert signature == SIGNATURE
    assert json.loads(base64.urlsafe_b64decode(header)) == {"alg": "Tesla.SS256", "typ": "JWT"}
    said = json.loads(base64.urlsafe_b64decode(body + "=="))
    assert said == CONFIG | {"aud": "com.tesla.fleet.TelemetryClient", "iss": base64.b64encode(PUBLIC).decode()}


@pytest.mark.parametrize(
    ("text", "coded"), [("a<b>&c", r"a\u003cb\u003e\u0026c"), ("Zoë", "Zoë"), ("\u2028", r"\u2028")]
)
def test_the_json_is_written_as_tesla_writes_it(text: str, coded: str) -> None:
    body = jws.token(OURS, {"text": text}, jws.TELEMETRY).split(".")[1]
    assert f'"text":"{coded}"' in base64.urlsafe_b64decode(body + "==").decode()


@given(st.binary(max_size=200), st.integers(1, jws.ORDER - 1))
def test_every_signature_is_verified(message: bytes, number: int) -> None:
    key = ec.derive_private_key(number, ec.SECP256R1())
    assert verifies(point(key.public_key()), message, jws.signature(key, message))


@given(st.integers(0, 96 * 8 - 1))
def test_no_bit_of_a_signature_can_be_changed(bit: int) -> None:
    signature = bytearray(jws.signature(OURS, b"message"))
    signature[bit // 8] ^= 1 << bit % 8
    assert not verifies(PUBLIC, b"message", bytes(signature))


def test_a_signature_is_of_one_message_and_one_key() -> None:
    signature = jws.signature(OURS, b"message")
    assert verifies(PUBLIC, b"message", signature)
    assert not verifies(PUBLIC, b"another", signature)
    assert not verifies(point(KEY.public_key()), b"message", signature)


def test_a_token_whose_claims_were_changed_is_not_believed() -> None:
    header, _, signature = jws.token(OURS, CONFIG, jws.TELEMETRY).split(".")
    _, other, _ = jws.token(OURS, CONFIG | {"port": 444}, jws.TELEMETRY).split(".")
    with pytest.raises(ValueError, match="wrong signature"):
        claims(f"{header}.{other}.{signature}")


# --- from end to end --------------------------------------------------------------------------------------------------


async def test_a_car_is_told_what_to_stream_and_to_stop_it() -> None:
    clock = FakeClock(NOON, hurries=True)
    grant = RefreshToken(CLIENT_ID, REFRESH_TOKEN)
    async with (
        serve(Simulation(start=NOON, speed=0, tick=False)) as url,
        client_of(url, clock=clock, grant=grant) as client,
    ):
        with pytest.raises(SigningRequired, match="fleet2mqtt keys"):
            await telemetry.configure(client, [CAR], CONFIG)
        client.signer = Signer(KEY, MemoryNotes(), clock)
        taken = await telemetry.configure(client, [CAR], CONFIG)
        assert taken["updated_vehicles"] == 1
        assert (await telemetry.configured(client, CAR))["config"] == CONFIG
        await telemetry.stop(client, CAR)
        assert (await telemetry.configured(client, CAR))["config"] is None


async def test_an_unsigned_or_foreign_configuration_is_refused(tesla: Tesla) -> None:
    plain = await tesla.post("vehicles/fleet_telemetry_config", vins=[CAR], config=CONFIG)
    other = jws.token(KEY, CONFIG, "com.tesla.vehicle.CommandClient")
    foreign = await tesla.post("vehicles/fleet_telemetry_config_jws", vins=[CAR], token=other)
    noise = await tesla.post("vehicles/fleet_telemetry_config_jws", vins=[CAR], token="a.b.c")
    assert [plain.status_code, foreign.status_code, noise.status_code] == [400, 400, 400]


async def test_a_car_without_the_key_is_skipped(tesla: Tesla) -> None:
    await tesla.force(key_paired=False)
    token = jws.token(KEY, CONFIG, jws.TELEMETRY)
    answer = (await tesla.post("vehicles/fleet_telemetry_config_jws", vins=[CAR], token=token)).json()["response"]
    assert (answer["updated_vehicles"], answer["skipped_vehicles"]["missing_key"]) == (0, [CAR])
