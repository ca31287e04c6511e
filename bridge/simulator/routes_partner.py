"""The application's own registration: its domain and public key (fleet-api.md 1.10)."""

import re
from functools import cache

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bridge.simulator.answers import Json, envelope, not_found, refuse
from bridge.simulator.gate import Ask, Call
from bridge.simulator.tokens import CLIENT_ID

PARTNER = "/api/1/partner_accounts"
DOMAIN = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")


@cache
def _public_key() -> str:
    """What the domain would host: an uncompressed P-256 point in hex."""
    public = generate_private_key(SECP256R1()).public_key()
    return public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint).hex()


def _register(ask: Ask) -> Json:
    domain = ask.body.get("domain")
    if not isinstance(domain, str) or not DOMAIN.fullmatch(domain):
        problem = {"domain": ["must be a lower-case host name without scheme"]}
        raise refuse(422, "invalid_resource", messages=problem)
    created = ask.cloud.domains.setdefault(domain, ask.now)
    ask.cloud.policy.registered = True
    return envelope(
        {
            "client_id": CLIENT_ID,
            "name": "Simulated application",
            "description": "An application of the simulator",
            "domain": domain,
            "ca": None,
            "created_at": created.isoformat(),
            "updated_at": ask.now.isoformat(),
            "enterprise_tier": "free",
            "public_key": _public_key(),
        }
    )


def _registered_key(ask: Ask) -> Json:
    if ask.query.get("domain") not in ask.cloud.domains:
        raise not_found()
    return envelope({"public_key": _public_key()})


def _telemetry_errors(_ask: Ask) -> Json:
    """No simulated car streams, so none fails at it."""
    return envelope({"fleet_telemetry_errors": []})


def _telemetry_error_vins(_ask: Ask) -> Json:
    return envelope({"vins": []})


CALLS = (
    Call("POST", PARTNER, "free", (), _register, partner=True),
    Call("GET", f"{PARTNER}/public_key", "free", (), _registered_key, partner=True),
    Call("GET", f"{PARTNER}/fleet_telemetry_errors", "free", (), _telemetry_errors, partner=True),
    Call("GET", f"{PARTNER}/fleet_telemetry_error_vins", "free", (), _telemetry_error_vins, partner=True),
)
