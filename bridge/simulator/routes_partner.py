"""The application's own registration: its domain and public key (fleet-api.md 1.10)."""

import asyncio
import re
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from bridge.simulator.answers import Json, envelope, not_found, refuse
from bridge.simulator.cloud import Registration
from bridge.simulator.gate import Ask, Call
from bridge.simulator.tokens import CLIENT_ID

PARTNER = "/api/1/partner_accounts"
DOMAIN = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")
KEY_PATH = "/.well-known/appspecific/com.tesla.3p.public-key.pem"
FETCH_SECONDS = 5.0
LARGEST = 65536


async def _register(ask: Ask) -> Json:
    domain = ask.body.get("domain")
    if not isinstance(domain, str) or not DOMAIN.fullmatch(domain):
        problem = {"domain": ["must be a lower-case host name without scheme"]}
        raise refuse(422, "invalid_resource", messages=problem)
    public_key = await asyncio.to_thread(_served_key, ask.cloud.key_page, domain)
    before = ask.cloud.domains.get(domain)
    registration = Registration(before.created_at if before else ask.now, public_key)
    ask.cloud.domains[domain] = registration
    ask.cloud.policy.registered = True
    return envelope(
        {
            "client_id": CLIENT_ID,
            "name": "Simulated application",
            "description": "An application of the simulator",
            "domain": domain,
            "ca": None,
            "created_at": registration.created_at.isoformat(),
            "updated_at": ask.now.isoformat(),
            "enterprise_tier": "free",
            "public_key": public_key,
        }
    )


def _served_key(key_page: str, domain: str) -> str:
    """What the domain serves, as hex. Refused when it is not there; how Tesla words that is not known (1.10)."""
    try:
        status, body = _fetched(key_page, domain)
    except (OSError, HTTPException, ValueError) as error:
        raise refuse(400, f"public key of {domain} cannot be fetched: {type(error).__name__}") from None
    if status != 200:
        raise refuse(400, f"public key of {domain} cannot be fetched: status {status}")
    try:
        key = load_pem_public_key(body)
    except ValueError:
        key = None
    if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP256R1):
        raise refuse(400, f"public key of {domain} is not a P-256 key in PEM")
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint).hex()


def _fetched(key_page: str, domain: str) -> tuple[int, bytes]:
    """Status and body of one GET that names the domain and follows nothing."""
    with closing(HTTPConnection(urlsplit(key_page).netloc, timeout=FETCH_SECONDS)) as connection:
        connection.request("GET", KEY_PATH, headers={"Host": domain})
        answer = connection.getresponse()
        return answer.status, answer.read(LARGEST)


def _registered_key(ask: Ask) -> Json:
    registration = ask.cloud.domains.get(ask.query.get("domain", ""))
    if registration is None:
        raise not_found()
    return envelope({"public_key": registration.public_key})


def _telemetry_errors(ask: Ask) -> Json:
    return envelope({"fleet_telemetry_errors": [each for some in ask.cloud.telemetry_errors.values() for each in some]})


def _telemetry_error_vins(ask: Ask) -> Json:
    return envelope({"vins": [vin for vin, errors in ask.cloud.telemetry_errors.items() if errors]})


CALLS = (
    Call("POST", PARTNER, "free", (), _register, partner=True),
    Call("GET", f"{PARTNER}/public_key", "free", (), _registered_key, partner=True),
    Call("GET", f"{PARTNER}/fleet_telemetry_errors", "free", (), _telemetry_errors, partner=True),
    Call("GET", f"{PARTNER}/fleet_telemetry_error_vins", "free", (), _telemetry_error_vins, partner=True),
)
