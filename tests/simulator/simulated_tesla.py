"""A client of the simulated account: what a test says to it in few words."""

from datetime import UTC, datetime
from typing import Any

import httpx2

from bridge.simulator.tokens import CLIENT_ID, REFRESH_TOKEN

NOON = datetime(2026, 7, 15, 19, 0, tzinfo=UTC)  # in Los Angeles
CAR = "LRW3F7EK4NC700001"
SITE = "2252000000000001"


class Tesla:
    """A client of one simulation: what a test says to it in few words."""

    def __init__(self, http: httpx2.AsyncClient) -> None:
        self.http = http
        self._newest = REFRESH_TOKEN

    async def refresh(self, refresh_token: str = REFRESH_TOKEN, client_id: str = CLIENT_ID) -> httpx2.Response:
        """Of the token that everybody knows, unless another is named."""
        form = {"grant_type": "refresh_token", "client_id": client_id, "refresh_token": refresh_token}
        return await self.http.post("/oauth2/v3/token", data=form)

    async def sign_in(self) -> None:
        """Use the newest refresh token; later requests carry the access token."""
        answer = (await self.refresh(self._newest)).json()
        self._newest = answer["refresh_token"]
        self.use(answer["access_token"])

    def use(self, access_token: str) -> None:
        self.http.headers["authorization"] = f"Bearer {access_token}"

    async def get(self, path: str, **query: str) -> httpx2.Response:
        return await self.http.get(f"/api/1/{path}", params=query)

    async def post(self, path: str, **body: Any) -> httpx2.Response:
        return await self.http.post(f"/api/1/{path}", json=body)

    async def command(self, name: str, **parameters: Any) -> httpx2.Response:
        return await self.post(f"vehicles/{CAR}/command/{name}", **parameters)

    async def control(self, path: str, **body: Any) -> Any:
        answer = await self.http.post(f"/control/{path}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def look(self, path: str) -> Any:
        """What GET /control/... shows."""
        return (await self.http.get(f"/control/{path}")).json()

    async def force(self, **fields: Any) -> None:
        await self.control(f"vehicles/{CAR}", **fields)

    async def later(self, *, seconds: float = 0, hours: float = 0, days: float = 0) -> None:
        await self.control("time", jump_s=seconds + 3600 * hours + 86400 * days)
