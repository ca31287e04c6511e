"""One call -> one good answer or one error: token, ledger, region and retries."""

from __future__ import annotations

import asyncio
import json
from random import Random
from typing import Any, Protocol

import structlog

from bridge.clock import Clock
from bridge.errors import (
    AccountLimited,
    BridgeError,
    NotSent,
    RateLimited,
    ScopeMissing,
    ServerFailed,
    SettingWrong,
    TryLater,
)
from bridge.fleet import answers
from bridge.fleet.breaker import Breaker
from bridge.fleet.calls import NO_ANSWER, Call, Ledger, checked_path
from bridge.fleet.home import Home
from bridge.fleet.hosts import Region
from bridge.fleet.refusals import refusal
from bridge.fleet.retry import pause
from bridge.fleet.scopes import Scopes
from bridge.fleet.service import Service
from bridge.fleet.transport import Answer, Message, Transport
from bridge.trying import Trying

log = structlog.get_logger()

_FORBIDS = {402, 403, 429}

_OF_THE_CAR = 540
"""Tesla has reached the car, and the car has answered nonsense: no failure of the servers."""

_encoded = json.JSONEncoder(allow_nan=False).encode


class Tokens(Protocol):
    """As much of auth.sources.TokenSource as a call needs."""

    region: Region

    async def access(self) -> str: ...
    async def refresh(self, used: str) -> str: ...
    def worked(self, access: str) -> None: ...


class Sender:
    """Sends calls for one account. `advice` says how its owner grants it more scopes."""

    def __init__(
        self,
        *,
        tokens: Tokens,
        home: Home,
        clock: Clock,
        ledger: Ledger,
        http: Transport,
        deadline: float,
        random: Random,
        advice: str = "",
        account: str = "",
    ) -> None:
        """`account`: its name, where it is not the first."""
        if tokens.region.simulated != home.region.simulated:
            raise SettingWrong("a simulated account and a real one must not share a token")
        self._tokens = tokens
        self._clock = clock
        self._ledger = ledger
        self._http = http
        self._deadline = deadline
        self._random = random
        self._home = home
        self._account = account
        self._entering = Trying("what became of a call could not be entered in the ledger")
        self.scopes = Scopes(advice)
        self.service = Service(clock)
        self._breaker = Breaker(clock, random)

    @property
    def region(self) -> Region:
        """Where the account lives, as far as we know."""
        return self._home.region

    async def answer(self, call: Call) -> Answer:
        """A 2xx answer, or one that the call accepts, before the deadline.

        Raises the error that any other answer is, or that there was none.
        """
        checked_path(call.path)
        # The network's time is real, even where the demo's clock runs fast: so the loop's, not the Clock's.
        loop = asyncio.get_running_loop()
        until = loop.time() + self._deadline
        tries = 0
        while True:
            tries += 1
            try:
                return await self._try(call, until)
            except BridgeError as error:
                error.account = self._account
                wait = self._pause(call, error, tries)
                if wait is None or loop.time() + wait >= until:
                    raise
            await self._clock.sleep(wait)

    def _pause(self, call: Call, error: BridgeError, tries: int) -> float | None:
        """Seconds to the next try; None: there is none. While the servers fail, the caller learns when to come back."""
        if self._breaker.is_open and call.may_be_held and isinstance(error, ServerFailed | NotSent):
            error.wait = self._breaker.wait(call.cost)
            return None
        return pause(error, tries, write=call.write, random=self._random)

    async def _try(self, call: Call, until: float) -> Answer:
        """What 401 and 421 answer was not done (Tesla looks at token and region first), so it may be sent again."""
        token = await self._token(until)
        self._home.see(token)
        self.scopes.check(call, token)
        answer = await self._exchange(call, token, until)
        if answers.is_token_refused(answer):
            token = await self._token(until, refused=token)
            answer = await self._exchange(call, token, until)
        if self._home.follow(answer):
            answer = await self._exchange(call, token, until)
        if not answers.is_ok(answer) and answer.status not in call.accepts:
            raise self._refusal(call, answer, token)
        self._tokens.worked(token)
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
        if call.may_be_held:
            self._breaker.admit()
        line = self._ledger.begin(call.cost, call.device or self._account, self._account)
        status: int | None = NO_ANSWER  # also when cancelled: it may have been billed
        try:
            answer = await self._http.exchange(self.region, self._message(call, token), until)
            # A proxy says 500 for what Tesla has answered it well, and bills (fleet-api.md 3.5).
            status = NO_ANSWER if answer.status >= 500 and answer.status in call.accepts else answer.status
            self.service.answered(answer.status)
            self._judge(call, answer)
        except (NotSent, ServerFailed) as error:
            status = None if isinstance(error, NotSent) else NO_ANSWER
            self._fail(call, error)
            raise
        finally:
            self._end(line, status)
        if answer.status in _FORBIDS:
            self._heed(line, answer)
        log.debug("answered", call=call.path.rsplit("/", 1)[-1], status=status, txid=answer.headers.get("x-txid"))
        return answer

    def _judge(self, call: Call, answer: Answer) -> None:
        """Do Tesla's servers work?"""
        error = refusal(answer, self._clock.now()) if answer.status >= 500 else None
        if isinstance(error, ServerFailed) and answer.status not in {_OF_THE_CAR, *call.accepts}:
            self._fail(call, error)
        else:
            self._breaker.answered()

    def _fail(self, call: Call, error: ServerFailed | NotSent) -> None:
        """Not of a write: what becomes of it is looked for by a read, which must not be held back for it."""
        if not call.write:
            self._breaker.failed(call.device or self._account, error)

    def _message(self, call: Call, token: str) -> Message:
        # Without this content type Tesla answers 406, whatever the method (fleet-api.md 0.2).
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        content = None if call.method == "GET" else _encoded(call.body or {}).encode()
        return Message(call.method, f"{self.region.api}{call.path}", headers, call.params or {}, content)

    def _end(self, line: Any, status: int | None) -> None:
        with self._entering:  # a command that was done must not look failed for it (B6)
            self._ledger.end(line, status)

    def _heed(self, line: Any, answer: Answer) -> None:
        """What Tesla's answer forbids from now on."""
        match refusal(answer, self._clock.now()):
            case RateLimited() as error:
                self._ledger.limited(line, error.wait)
            case AccountLimited() as error:
                self._ledger.switched_off(line, str(error))

    def _refusal(self, call: Call, answer: Answer, token: str) -> Exception:
        error = refusal(answer, self._clock.now())
        return self.scopes.refused(call, token, error) if isinstance(error, ScopeMissing) else error
