"""One call -> one good answer or one error: token, ledger, region and retries."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from random import Random
from typing import Protocol

import structlog

from bridge.clock import Clock
from bridge.errors import NotSent, RateLimited, SettingWrong, TryLater
from bridge.fleet import answers, hosts
from bridge.fleet.calls import NO_ANSWER, Call, Ledger, checked_path
from bridge.fleet.hosts import Region
from bridge.fleet.refusals import refusal
from bridge.fleet.retry import retrying
from bridge.fleet.transport import Answer, Message, Transport

MOVE_PAUSE = 3600.0
"""Seconds before a 421 is followed again, so that two regions cannot play ping-pong with us (reliability.md B2)."""

log = structlog.get_logger()


class Tokens(Protocol):
    """As much of auth.sources.TokenSource as a call needs."""

    region: Region

    async def access(self) -> str: ...
    async def refresh(self, used: str) -> str: ...


class Sender:
    """Sends calls for one account. `region` is where it lives, as far as we know."""

    def __init__(
        self,
        *,
        tokens: Tokens,
        region: Region,
        clock: Clock,
        ledger: Ledger,
        http: Transport,
        deadline: float,
        on_region: Callable[[Region], None],
        random: Random,
    ) -> None:
        if tokens.region.simulated != region.simulated:
            raise SettingWrong("a simulated account and a real one must not share a token")
        self._tokens = tokens
        self._clock = clock
        self._ledger = ledger
        self._http = http
        self._deadline = deadline
        self._on_region = on_region
        self._random = random
        self._moved_at: float | None = None
        self.region = region

    async def answer(self, call: Call) -> Answer:
        """A 2xx answer before the deadline. Raises the error that any other answer is, or that there was none."""
        checked_path(call.path)
        # The network's time is real, even where the demo's clock runs fast: so the loop's, not the Clock's.
        until = asyncio.get_running_loop().time() + self._deadline
        again = retrying(write=call.write, until=until, clock=self._clock, random=self._random)
        return await again(self._try, call, until)

    async def _try(self, call: Call, until: float) -> Answer:
        """What 401 and 421 answer was not done (Tesla looks at token and region first), so it may be sent again."""
        token = await self._token(until)
        answer = await self._exchange(call, token, until)
        if answers.is_token_refused(answer):
            token = await self._token(until, refused=token)
            answer = await self._exchange(call, token, until)
        if self._moves(answer):
            answer = await self._exchange(call, token, until)
        if not answers.is_ok(answer):
            raise self._refusal(call, answer)
        return answer

    async def _token(self, until: float, refused: str | None = None) -> str:
        try:
            async with asyncio.timeout_at(until):
                return await (self._tokens.refresh(refused) if refused else self._tokens.access())
        except RateLimited:
            raise
        except (TimeoutError, TryLater) as error:
            # Whatever became of the token, the call itself was not done.
            raise NotSent(f"no access token: {str(error) or 'no answer in time'}") from error

    async def _exchange(self, call: Call, token: str, until: float) -> Answer:
        if call.not_after is not None and self._clock.monotonic() >= call.not_after:
            raise NotSent("its time ran out before it could be sent")  # while a token or the network was waited for
        self._ledger.check(call.cost, call.device or "")
        status: int | None = NO_ANSWER  # also when cancelled: it may have been billed
        try:
            answer = await self._http.exchange(self.region, self._message(call, token), until)
            status = answer.status
        except NotSent:
            status = None
            raise
        finally:
            self._record(call, status)
        log.debug("answered", call=call.path.rsplit("/", 1)[-1], status=status, txid=answer.headers.get("x-txid"))
        return answer

    def _message(self, call: Call, token: str) -> Message:
        # Without this content type Tesla answers 406, whatever the method (fleet-api.md 0.2).
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        content = None if call.method == "GET" else json.dumps(call.body or {}, allow_nan=False).encode()
        return Message(call.method, f"{self.region.api}{call.path}", headers, call.params or {}, content)

    def _record(self, call: Call, status: int | None) -> None:
        if status is None:
            return
        try:
            self._ledger.record(call.cost, call.device or "", status)
        except Exception as error:  # noqa: BLE001 - a command that was done must not look failed for it (B6)
            log.warning("a call could not be entered in the ledger", error=str(error))

    def _refusal(self, call: Call, answer: Answer) -> Exception:
        error = refusal(answer, self._clock.now())
        if isinstance(error, RateLimited):
            self._ledger.limited(call.cost, call.device or "", error.wait)
        return error

    def _moves(self, answer: Answer) -> bool:
        """Follows a 421 to a host of the table, at most once an hour; nobody else is sent anything."""
        url = answers.base_url(answer)
        region = hosts.named(url, self.region) if url else None
        if region is None or region == self.region or self._moved_lately():
            return False
        log.info("the account lives in another region", was=self.region.name, now=region.name)
        self.region = region
        self._moved_at = self._clock.monotonic()
        self._on_region(region)
        return True

    def _moved_lately(self) -> bool:
        return self._moved_at is not None and self._clock.monotonic() - self._moved_at < MOVE_PAUSE
