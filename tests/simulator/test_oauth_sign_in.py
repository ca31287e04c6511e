"""Signing in: the authorize page, its code, and what the tokens say (fleet-api.md 1.4, 1.5, 1.7)."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from simulated_tesla import NOON, Tesla

from bridge.simulator.codes import s256
from bridge.simulator.policy import SCOPES
from bridge.simulator.tokens import CLIENT_ID, CLIENT_SECRET

REDIRECT = "http://localhost:8080/callback"
AUDIENCE = "https://fleet-api.prd.na.vn.cloud.tesla.com"
VERIFIER = "a-verifier-that-is-long-enough-to-be-one-0123456789"
QUERY = {
    "response_type": "code",
    "client_id": CLIENT_ID,
    "redirect_uri": REDIRECT,
    "scope": " ".join(SCOPES),
    "state": "my-state",
}
PKCE = {"code_challenge": s256(VERIFIER), "code_challenge_method": "S256"}


async def callback(stranger: Tesla, **changes: str | None) -> dict[str, str]:
    """The parameters the browser brings back; None leaves a parameter of the request out."""
    query = {name: value for name, value in {**QUERY, **changes}.items() if value is not None}
    answer = await stranger.http.get("/oauth2/v3/authorize", params=query)
    assert answer.status_code == 302, answer.text
    location = answer.headers["location"]
    assert location.startswith(REDIRECT)
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


async def redeem(stranger: Tesla, code: str, **changes: str | None) -> Any:
    form = {
        "grant_type": "authorization_code",
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "code": code,
        "audience": AUDIENCE,
        "redirect_uri": REDIRECT,
        **changes,
    }
    sent = {name: value for name, value in form.items() if value is not None}
    return await stranger.http.post("/oauth2/v3/token", data=sent)


def claims(token: str) -> dict[str, Any]:
    decoded: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return decoded


async def test_the_browser_comes_back_with_a_regional_code_and_its_state(stranger: Tesla) -> None:
    back = await callback(stranger)
    assert back["code"].startswith("NA_")
    assert back["state"] == "my-state"


async def test_an_owner_who_declines_sends_no_code(stranger: Tesla) -> None:
    assert await callback(stranger, deny="1") == {"error": "access_denied", "state": "my-state"}


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "vehicle_device_data everything"}, "invalid_scope"),
        ({"scope": None}, "invalid_scope"),
        ({"state": None}, "invalid_request"),
        ({"code_challenge": "x"}, "invalid_request"),
        ({"code_challenge": "x", "code_challenge_method": "plain"}, "invalid_request"),
    ],
)
async def test_a_bad_request_comes_back_as_an_error(stranger: Tesla, change: dict[str, str | None], error: str) -> None:
    assert (await callback(stranger, **change))["error"] == error


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"client_id": "somebody"}, "unauthorized_client"),
        ({"redirect_uri": "https://evil.example/callback"}, "invalid_redirect_url"),
        ({"redirect_uri": "javascript:alert(1)"}, "invalid_redirect_url"),
    ],
)
async def test_nobody_is_redirected_for_a_wrong_application(
    stranger: Tesla, change: dict[str, str], error: str
) -> None:
    answer = await stranger.http.get("/oauth2/v3/authorize", params={**QUERY, **change})
    assert (answer.status_code, answer.json()["error"]) == (400, error)


async def test_a_code_buys_a_pair_of_tokens_and_an_identity(stranger: Tesla) -> None:
    answer = (await redeem(stranger, (await callback(stranger, nonce="n"))["code"])).json()
    assert answer.keys() == {"access_token", "refresh_token", "id_token", "expires_in", "token_type"}
    assert answer["expires_in"] == 28800
    assert answer["refresh_token"].startswith("NA_")
    assert claims(answer["id_token"])["nonce"] == "n"
    stranger.use(answer["access_token"])
    assert (await stranger.get("products")).status_code == 200


async def test_the_access_token_carries_the_claims_of_a_real_one(stranger: Tesla) -> None:
    told = claims((await redeem(stranger, (await callback(stranger))["code"])).json()["access_token"])
    assert told["iss"] == "https://auth.tesla.com/oauth2/v3/nts"
    assert told["azp"] == CLIENT_ID
    assert set(told["scp"]) == set(SCOPES)
    assert AUDIENCE in told["aud"]
    assert told["ou_code"] == "NA"
    assert (told["iat"], told["exp"]) == (NOON.timestamp(), NOON.timestamp() + 28800)


async def test_the_signature_is_good_by_the_published_key(stranger: Tesla) -> None:
    token = (await redeem(stranger, (await callback(stranger))["code"])).json()["access_token"]
    document = (await stranger.http.get("/oauth2/v3/thirdparty/.well-known/openid-configuration")).json()
    keys = jwt.PyJWKSet.from_dict((await stranger.http.get(document["jwks_uri"])).json())
    key = keys[jwt.get_unverified_header(token)["kid"]]
    jwt.decode(token, key, ["RS256"], audience=AUDIENCE, options={"verify_exp": False, "verify_iat": False})


async def test_both_discovery_documents_point_here(stranger: Tesla) -> None:
    for path in ("/oauth2/v3/thirdparty", "/oauth2/v3"):
        document = (await stranger.http.get(f"{path}/.well-known/openid-configuration")).json()
        assert document["token_endpoint"] == "http://tesla.test/oauth2/v3/token"
        assert document["authorization_endpoint"] == "http://tesla.test/oauth2/v3/authorize"


async def test_a_code_works_once(stranger: Tesla) -> None:
    code = (await callback(stranger))["code"]
    assert (await redeem(stranger, code)).status_code == 200
    again = await redeem(stranger, code)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_auth_code")


async def test_a_code_is_short_lived(stranger: Tesla) -> None:
    code = (await callback(stranger))["code"]
    await stranger.later(seconds=301)
    assert (await redeem(stranger, code)).json()["error"] == "invalid_auth_code"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"redirect_uri": "http://localhost:8080/elsewhere"}, "invalid_redirect_url"),
        ({"client_secret": "guess"}, "unauthorized_client"),
        ({"client_secret": None}, "unauthorized_client"),
        ({"client_id": "somebody"}, "unauthorized_client"),
        ({"audience": "https://example.com"}, "invalid_request"),
        ({"audience": None}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": None}, "invalid_request"),
    ],
)
async def test_the_token_step_must_repeat_what_was_agreed(
    stranger: Tesla, change: dict[str, str | None], error: str
) -> None:
    answer = await redeem(stranger, (await callback(stranger))["code"], **change)
    assert (answer.status_code, answer.json()["error"]) == (400, error)


async def test_an_open_source_application_proves_itself_with_pkce(stranger: Tesla) -> None:
    code = (await callback(stranger, **PKCE))["code"]
    answer = await redeem(stranger, code, client_secret=None, code_verifier=VERIFIER)
    assert answer.status_code == 200


@pytest.mark.parametrize("verifier", ["something else", None])
async def test_a_wrong_verifier_gets_nothing_even_with_the_secret(stranger: Tesla, verifier: str | None) -> None:
    code = (await callback(stranger, **PKCE))["code"]
    answer = await redeem(stranger, code, code_verifier=verifier)
    assert answer.json()["error"] == "invalid_auth_code"


async def test_scopes_that_were_not_granted_are_left_out_in_silence(stranger: Tesla) -> None:
    await stranger.control("scopes", scopes=["openid", "offline_access", "vehicle_device_data"])
    token = (await redeem(stranger, (await callback(stranger))["code"])).json()["access_token"]
    assert set(claims(token)["scp"]) == {"openid", "offline_access", "vehicle_device_data"}


async def test_without_offline_access_there_is_no_refresh_token(stranger: Tesla) -> None:
    answer = await redeem(stranger, (await callback(stranger, scope="vehicle_device_data"))["code"])
    assert answer.json().keys() == {"access_token", "expires_in", "token_type"}


async def test_json_is_as_good_as_a_form(stranger: Tesla) -> None:
    body = {"grant_type": "refresh_token", "client_id": CLIENT_ID, "refresh_token": "simulated-refresh-token"}
    assert (await stranger.http.post("/oauth2/v3/token", json=body)).status_code == 200
