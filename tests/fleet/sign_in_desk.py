"""Somebody who signs in, and the browser that they do it with."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from fakes import FakeClock

from bridge.fleet.auth.sign_in import App, SignIn, begin
from bridge.fleet.auth.tokens import Tokens
from bridge.fleet.hosts import Region
from bridge.fleet.transport import Message, Transport

CALLBACK = "http://localhost:8585/callback"
SCOPES = ("openid", "offline_access", "vehicle_device_data", "vehicle_cmds")
THIRD_PARTY = App("simulated-client", CALLBACK, SCOPES, "simulated-secret")


@dataclass
class Desk:
    """At one region."""

    region: Region
    http: Transport
    clock: FakeClock

    def begin(self, app: App = THIRD_PARTY) -> SignIn:
        return begin(app, self.region, self.clock)

    async def answer(self, signin: SignIn, more: str = "") -> str:
        """What a browser does with the link, for an owner who agrees: the address that it ends up at."""
        message = Message("GET", signin.link + more, {})
        answer = await self.http.exchange(self.region, message, asyncio.get_running_loop().time() + 10)
        assert answer.status == 302, answer.body
        return answer.headers["location"]

    async def finish(self, signin: SignIn, answer_url: str) -> Tokens:
        return await signin.finish(self.http, answer_url, self.clock)


def asked(signin: SignIn) -> dict[str, str]:
    """What the link asks for."""
    return dict(parse_qsl(urlsplit(signin.link).query))


def answer_to(signin: SignIn, **said: str) -> str:
    """An answer that nobody has given."""
    query = "&".join(f"{name}={value}" for name, value in {"state": asked(signin)["state"], **said}.items())
    return f"{CALLBACK}?{query}"
