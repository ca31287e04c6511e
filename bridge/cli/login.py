"""`fleet2mqtt login`: a browser, a consent, and the bridge has its tokens, also while it runs (ADR 0009)."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, asynccontextmanager

from bridge import build, logs, settings
from bridge.cli import browser
from bridge.cli.browser import Answers
from bridge.cli.handover import Account, description, failed, hand_over, say
from bridge.clock import Clock, SystemClock
from bridge.errors import BridgeError, SettingWrong, TryLater
from bridge.fleet.auth.endpoint import TokenEndpoint
from bridge.fleet.auth.metadata import Metadata
from bridge.fleet.auth.sign_in import PATIENCE, App, NoAnswer, SignIn, begin
from bridge.fleet.auth.tokens import Tokens
from bridge.fleet.auth.ways import received
from bridge.fleet.transport import Transport
from bridge.settings import FIRST, Settings, TeslaSettings, TokenType

STDIN = 0
"""The file itself: see `browser.read_lines`."""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--account", default=FIRST, metavar="NAME", help=f"one of FLEET2MQTT_ACCOUNTS ({FIRST})")
    parser.add_argument("--no-browser", action="store_true", help="print the link only")
    parser.add_argument("--paste", action="store_true", help="do not listen: the address is pasted")
    parser.add_argument("--replace", action="store_true", help="also if it is another Tesla account than before")


def main(options: argparse.Namespace, flags: Sequence[str]) -> int:
    """Gives 0 when the bridge has a sign-in that works, 1 when not, 2 for a wrong setting."""
    logs.configure("error", as_json=False)
    own = settings.load(flags, with_broker=False)
    try:
        return asyncio.run(run(options, own, SystemClock(), STDIN))
    except BridgeError as error:
        return failed(error, options.account)


async def run(options: argparse.Namespace, own: Settings, clock: Clock, stdin: int) -> int:
    """`stdin`: a file that lines are pasted into. Raises BridgeError."""
    account = Account.chosen(own, options.account)
    if account.tesla.token_type is TokenType.FIXED:
        return _fixed(account, clock)
    async with Transport(clock) as http:
        if account.tesla.token_type in build.BY_SIGN_IN:
            tokens = await _by_browser(options, account, http, clock, stdin=stdin)
        else:
            tokens = await _by_settings(account, http, clock)
    if not tokens:
        return 1
    await hand_over(account, tokens, clock)
    return 0


# --- with a browser -----------------------------------------------------------------------------------------------


async def _by_browser(
    options: argparse.Namespace, account: Account, http: Transport, clock: Clock, *, stdin: int
) -> Tokens | None:
    """None: it is another account than before, and the owner does not want that."""
    tesla = account.tesla
    endpoints = await Metadata(http, clock).read(account.region)
    signin = begin(app(tesla), account.region, clock, endpoints.authorize)
    async with _answers(tesla.redirect_uri, stdin, is_pasted=options.paste) as answers:
        _invite(signin, tesla.redirect_uri, answers, is_quiet=options.no_browser)
        try:
            async with asyncio.timeout(PATIENCE):
                tokens = await _answered(signin, answers, http, clock)
        except TimeoutError:
            raise TryLater("nobody has signed in for ten minutes; run `fleet2mqtt login` again") from None
        say("", "Signed in.", *description(tokens, signin.region, tesla.scopes))
        other = None if options.replace else account.stranger(tokens.access)
        return tokens if other is None or await _may_replace(other, answers) else None


async def _may_replace(other: str, answers: Answers) -> bool:
    say(
        "",
        f"This is another Tesla account than the one that the bridge has, {other}.",
        "Its devices would take the place of those that there are. Go on? [y/N]",
    )
    if (await answers.word()).lower() in {"y", "yes"}:
        return True
    say("Nothing was changed. `fleet2mqtt login --replace` does not ask.")
    return False


def app(tesla: TeslaSettings) -> App:
    """A third-party app must have its secret, and is told so before anybody signs in. Raises SettingWrong."""
    secret = tesla.client_secret.get_secret_value() if tesla.client_secret else None
    if tesla.token_type is TokenType.THIRD_PARTY and not secret:
        raise SettingWrong(
            "FLEET2MQTT_TESLA_CLIENT_SECRET: is missing; it is shown for your app at developer.tesla.com. "
            "Only FLEET2MQTT_TESLA_TOKEN_TYPE=open-source has none"
        )
    is_open = tesla.token_type is TokenType.OPEN_SOURCE
    return App(tesla.client_id or "", tesla.redirect_uri, tesla.scopes, None if is_open else secret)


@asynccontextmanager
async def _answers(redirect_uri: str, stdin: int, *, is_pasted: bool) -> AsyncIterator[Answers]:
    """Listens where it can. Closed as soon as the block ends."""
    answers = Answers()
    with ExitStack() as stack:
        stack.callback(answers.close)
        if browser.is_ours(redirect_uri) and not is_pasted:
            try:
                stack.enter_context(browser.listening(redirect_uri, answers.put))
                answers.is_listening = True
            except SettingWrong as error:
                say(f"{error}.", "")
        browser.read_lines(answers.put, stdin)
        yield answers


def _invite(signin: SignIn, redirect_uri: str, answers: Answers, *, is_quiet: bool) -> None:
    has_opened = not is_quiet and browser.opened(signin.link)
    say(
        "A browser was opened. If it shows nothing, open this link:" if has_opened else "Open this link in a browser:",
        "",
        signin.link,
        "",
        "Sign in with the Tesla account that has the cars or the energy site, and allow what is asked for.",
    )
    where = f"The browser then ends up at {redirect_uri}"
    if answers.is_listening:
        say(
            f"{where}, which is heard here.",
            "If it is on another machine or outside of this container, it says there that it cannot connect. That is",
            "fine: copy the whole address from its address bar, paste it here and press Enter.",
        )
    else:
        say(
            f"{where}, whatever it shows there.",
            "Copy the whole address from its address bar, paste it here and press Enter.",
        )
    say(
        "If Tesla says that the redirect URI is wrong: your app at developer.tesla.com must allow exactly",
        f"  {redirect_uri}",
        "",
        "Waiting, for ten minutes. Ctrl-C ends it.",
    )


async def _answered(signin: SignIn, answers: Answers, http: Transport, clock: Clock) -> Tokens:
    """The first answer to this link decides; others are refused."""
    while True:
        answer = await answers.next()
        try:
            tokens = await signin.finish(http, answer.url, clock)
        except NoAnswer as error:
            answer.refused(str(error))
            continue
        except BridgeError as error:
            answer.refused(str(error))
            raise
        await answer.taken()
        return tokens


# --- without one --------------------------------------------------------------------------------------------------


async def _by_settings(account: Account, http: Transport, clock: Clock) -> Tokens:
    """Partner, business and owner-api: what is set is the sign-in."""
    tesla, region, now = account.tesla, account.region, clock.now()
    way = build.grant(tesla)
    granted = await TokenEndpoint(http, clock).ask(region, way.fields(way.first(now), region))
    tokens = received(granted, None, 0, clock.now())
    say(f"Signed in with what is set, as {tesla.token_type}: no browser is needed.")
    say(*description(tokens, region, tesla.scopes))
    return tokens


def _fixed(account: Account, clock: Clock) -> int:
    first = build.grant(account.tesla).first(clock.now())
    assert first  # noqa: S101 - a fixed token is there from the first
    say("Nothing to sign in: FLEET2MQTT_TESLA_ACCESS_TOKEN is used as it is, until it is refused.")
    say(*description(first, account.region, account.tesla.scopes))
    if first.expires_at and first.expires_at < clock.now():
        say("It is over. Set another one.")
        return 1
    return 0
