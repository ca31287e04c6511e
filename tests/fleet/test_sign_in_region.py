"""Where the account that signs in lives: its code tells, then its token."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl

import pytest
from account import plain_transport
from fakes import FakeClock
from sign_in_desk import THIRD_PARTY, Desk, answer_to
from sign_in_server import simulated_tesla
from test_tokens import jwt

from bridge.fleet import hosts
from bridge.fleet.auth.sign_in import begin
from bridge.fleet.hosts import FLEET, Region
from bridge.fleet.transport import Answer, Message, Transport


class Edge(Transport):
    """Stands where the network begins: keeps what would leave, after the last look that the real one takes."""

    def __init__(self, access: str) -> None:
        super().__init__(FakeClock())
        self._body = json.dumps({"access_token": access, "refresh_token": "EU_1", "expires_in": 28800}).encode()
        self.left: list[tuple[str, dict[str, str]]] = []

    async def exchange(self, region: Region, message: Message, until: float) -> Answer:
        hosts.refuse_foreign(message.url, region)
        self.left.append((message.url, dict(parse_qsl((message.content or b"").decode()))))
        return Answer(200, {"content-type": "application/json"}, self._body)


AUDIENCE = [FLEET["na"].api, FLEET["eu"].api, "https://auth.tesla.com/oauth2/v3/userinfo"]


@pytest.mark.parametrize(
    ("set_to", "code", "token", "asked_for", "lives_in"),
    [
        ("na", "NA_1", {"aud": AUDIENCE, "ou_code": "NA"}, "na", "na"),
        ("na", "EU_1", {"aud": AUDIENCE, "ou_code": "EU"}, "eu", "eu"),
        ("eu", "1234", {"aud": AUDIENCE, "ou_code": "NA"}, "eu", "na"),
        ("eu", "XX_1", {}, "eu", "eu"),
        ("na", "CN_1", {}, "na", "na"),
        ("cn", "CN_1", {"aud": [FLEET["cn"].api]}, "cn", "cn"),
        ("cn", "EU_1", {}, "cn", "cn"),
    ],
)
async def test_the_region_is_that_of_the_code_and_then_of_the_token(
    set_to: str, code: str, token: dict[str, Any], asked_for: str, lives_in: str
) -> None:
    edge, clock = Edge(jwt(token)), FakeClock()
    signin = begin(THIRD_PARTY, FLEET[set_to], clock)
    await signin.finish(edge, answer_to(signin, code=code), clock)
    [(url, form)] = edge.left
    assert url == FLEET[set_to].token
    assert form["audience"] == FLEET[asked_for].api
    assert signin.region == FLEET[lives_in]


async def test_a_simulated_account_stays_where_it_is() -> None:
    clock = FakeClock()
    async with simulated_tesla(region="eu") as region, plain_transport(clock) as http:
        desk = Desk(region, http, clock)
        signin = desk.begin()
        answer = await desk.answer(signin)
        assert "code=EU_" in answer
        await desk.finish(signin, answer)
        assert signin.region == desk.region
