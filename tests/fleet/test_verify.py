"""Whether tokens are what they say: verified where keys can be had, and an identity always looked at."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any

import jwt
import pytest
from account import plain_transport
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from fakes import NOON, FakeClock
from jwt.algorithms import RSAAlgorithm
from loopback import listen
from sign_in_server import KEYS, SignInServer, sign_in_server, simulated_tesla
from starlette.responses import HTMLResponse, JSONResponse, Response
from test_tokens import jwt as unsigned

from bridge.errors import SignInRequired
from bridge.fleet.auth.endpoint import request_tokens
from bridge.fleet.auth.verify import LEEWAY, Verifier
from bridge.fleet.hosts import FLEET, simulated

ISSUER = "https://auth.tesla.com/oauth2/v3/nts"
GOOD: dict[str, Any] = {"iss": ISSUER, "sub": "owner", "aud": "app", "nonce": "n", "exp": NOON.timestamp() + 60}


@cache
def key(name: str) -> RSAPrivateKey:
    return generate_private_key(public_exponent=65537, key_size=2048)


def signed(claims: dict[str, Any], by: str = "key-1", named: str = "key-1") -> str:
    return jwt.encode(claims, key(by), algorithm="RS256", headers={"kid": named})


def published(*names: str) -> JSONResponse:
    keys = [json.loads(RSAAlgorithm.to_jwk(key(name).public_key())) | {"kid": name} for name in names]
    return JSONResponse({"keys": keys})


@asynccontextmanager
async def verifying(keys: Response | None = None) -> AsyncIterator[tuple[Verifier, SignInServer]]:
    clock = FakeClock()
    async with sign_in_server() as server, plain_transport(clock) as http:
        if keys is not None:
            server.replies[KEYS] = keys
        yield Verifier(http, clock), server


# --- access tokens ------------------------------------------------------------------------------------------------


async def test_a_token_that_the_server_has_signed_is_verified() -> None:
    clock = FakeClock()
    async with simulated_tesla() as region, plain_transport(clock) as http:
        form = {"grant_type": "refresh_token", "client_id": "simulated-client"}
        form["refresh_token"] = "simulated-refresh-token"
        granted = await request_tokens(http, region, region.token, form, NOON)
        assert await Verifier(http, clock).signature(granted.access, region) == (True, "signed by the sign-in server")


async def test_an_expired_token_is_signed_all_the_same() -> None:
    async with verifying(published("key-1")) as (verifier, server):
        assert (await verifier.signature(signed({"exp": 1, "nbf": 9e9}), server.region)).good is True


def _changed(token: str) -> str:
    head, _, signature = token.split(".")
    return f"{head}.{unsigned({'scp': ['everything']}).split('.')[1]}.{signature}"


def _by_password(named: str) -> str:
    """Signed with the public key as if it were a password: what careless libraries have taken for RS256."""
    public = json.dumps(json.loads(RSAAlgorithm.to_jwk(key("key-1").public_key())))
    return jwt.encode(GOOD, public * 2, algorithm="HS256", headers={"kid": named})


@pytest.mark.parametrize(
    "token",
    [
        _changed(signed(GOOD)),
        signed(GOOD, by="key-2"),
        _by_password("key-1"),
        jwt.encode(GOOD, "", algorithm="none", headers={"kid": "key-1"}),
    ],
    ids=["changed", "another's", "by password", "unsigned"],
)
async def test_a_token_of_somebody_else_is_found_out(token: str) -> None:
    async with verifying(published("key-1")) as (verifier, server):
        found = await verifier.signature(token, server.region)
        assert found.good is False
        assert "the signature is wrong" in found.text
        with pytest.raises(SignInRequired, match="the signature is wrong"):
            await verifier.identity(token, server.region, "app", "n")


@pytest.mark.parametrize("token", ["", "0" * 64, "a.b.c", "ü", "tsl_live_0123", "....."])
async def test_an_opaque_token_is_not_verified_and_no_fault(token: str) -> None:
    """Those of the Owner API and of relays; nobody is asked."""
    async with verifying(published("key-1")) as (verifier, server):
        assert await verifier.signature(token, server.region) == (None, "not verified: the token is opaque")
    assert not server.seen


HOSTILE: dict[str, Response] = {
    "not found": Response(status_code=404),
    "503": Response(status_code=503),
    "a web page": HTMLResponse("<html>"),
    "no keys": JSONResponse({}),
    "an empty list": JSONResponse({"keys": []}),
    "keys that are a text": JSONResponse({"keys": "abc"}),
    "keys that are numbers": JSONResponse({"keys": [1, None, [], {}]}),
    "keys of no kind": JSONResponse({"keys": [{"kty": 5}, {"kty": "RSA"}, {"kty": "RSA", "n": "!", "e": 7}]}),
    "keys of another kind": JSONResponse({"keys": [{"kty": "oct", "k": "c2VjcmV0", "kid": "key-1", "use": ["sig"]}]}),
    "another name": published("key-2"),
}


@pytest.mark.parametrize("keys", HOSTILE.values(), ids=HOSTILE)
async def test_without_usable_keys_a_token_is_not_verified_and_no_fault(keys: Response) -> None:
    async with verifying(keys) as (verifier, server):
        found = await verifier.signature(signed(GOOD), server.region)
    assert found.text.startswith(("not verified: ", "the signature is wrong"))
    assert found.good is not True


async def test_keys_out_of_reach_are_no_fault() -> None:
    clock = FakeClock()
    async with plain_transport(clock) as http:
        found = await Verifier(http, clock).signature(signed(GOOD), simulated("http://127.0.0.1:9"))
    assert found.good is None
    assert "no connection" in found.text


async def test_keys_are_never_fetched_from_a_foreign_host() -> None:
    heard: list[str] = []

    async def listen_in(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        heard.append("a connection")

    async with listen(listen_in) as port, verifying(published("key-1")) as (verifier, server):
        server.says(jwks_uri=f"http://localhost:{port}/keys")
        forged = jwt.encode(GOOD, key("key-2"), algorithm="RS256", headers={"kid": "key-1", "jku": "http://localhost"})
        assert (await verifier.signature(forged, server.region)).good is False
    assert not heard


async def test_keys_are_fetched_where_the_metadata_says() -> None:
    async with verifying() as (verifier, server):
        server.says(jwks_uri="/other/keys")
        server.replies["/other/keys"] = published("key-1")
        assert (await verifier.signature(signed(GOOD), server.region)).good is True


# --- the identity after a sign-in ---------------------------------------------------------------------------------

WRONG: dict[str, dict[str, Any]] = {
    "another sign-in": GOOD | {"nonce": "other"},
    "no nonce": {name: value for name, value in GOOD.items() if name != "nonce"},
    "a nonce that is no text": GOOD | {"nonce": ["n"]},
    "another app": GOOD | {"aud": "other"},
    "other apps": GOOD | {"aud": ["x", "y"]},
    "no app": {name: value for name, value in GOOD.items() if name != "aud"},
    "another server": GOOD | {"iss": "https://evil.example"},
    "no server": {name: value for name, value in GOOD.items() if name != "iss"},
    "nobody": {name: value for name, value in GOOD.items() if name != "sub"},
    "over": GOOD | {"exp": (NOON - LEEWAY).timestamp()},
    "without end": {name: value for name, value in GOOD.items() if name != "exp"},
    "an end that is no time": GOOD | {"exp": "soon"},
}


@pytest.mark.parametrize("keys", [published("key-1"), Response(status_code=503)], ids=["verified", "not verified"])
@pytest.mark.parametrize("claims", WRONG.values(), ids=WRONG)
async def test_an_identity_that_is_not_for_this_sign_in_is_refused(claims: dict[str, Any], keys: Response) -> None:
    """Whether or not its signature can be verified."""
    async with verifying(keys) as (verifier, server):
        with pytest.raises(SignInRequired, match="sign in again"):
            await verifier.identity(signed(claims), server.region, "app", "n")


@pytest.mark.parametrize("keys", [published("key-1"), Response(status_code=503)], ids=["verified", "not verified"])
@pytest.mark.parametrize(
    "claims",
    [
        GOOD,
        GOOD | {"aud": ["app", "https://auth.tesla.com/oauth2/v3/userinfo"]},
        GOOD | {"iss": "https://auth.tesla.com/oauth2/v3"},
        GOOD | {"exp": (NOON - LEEWAY + timedelta(seconds=1)).timestamp()},
        GOOD | {"iat": (NOON + timedelta(hours=1)).timestamp(), "teleportation": True},
    ],
    ids=["good", "two audiences", "the other name", "a clock that is late", "unknown claims"],
)
async def test_an_identity_for_this_sign_in_is_taken(claims: dict[str, Any], keys: Response) -> None:
    async with verifying(keys) as (verifier, server):
        assert (await verifier.identity(signed(claims), server.region, "app", "n"))["sub"] == "owner"


async def test_an_identity_of_china_is_none_of_the_others() -> None:
    claims = GOOD | {"iss": "https://auth.tesla.cn/oauth2/v3"}
    async with verifying(published("key-1")) as (verifier, server):
        europe = replace(server.region, issuers=FLEET["eu"].issuers)
        with pytest.raises(SignInRequired, match="another server"):
            await verifier.identity(signed(claims), europe, "app", "n")
