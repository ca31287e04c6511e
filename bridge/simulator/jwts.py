"""Signed tokens: one RS256 key per process, its public half as a JWKS (fleet-api.md 1.7)."""

import json
from functools import cache

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from jwt.algorithms import RSAAlgorithm

from bridge.simulator.answers import Json

KEY_ID = "simulated-key"
ISSUER = "https://auth.tesla.com/oauth2/v3/nts"


@cache
def _key() -> RSAPrivateKey:
    return generate_private_key(public_exponent=65537, key_size=2048)


def sign(claims: Json) -> str:
    return jwt.encode(claims, _key(), algorithm="RS256", headers={"kid": KEY_ID})


def jwks() -> Json:
    public = json.loads(RSAAlgorithm.to_jwk(_key().public_key()))
    return {"keys": [{**public, "kid": KEY_ID, "alg": "RS256", "use": "sig"}]}
