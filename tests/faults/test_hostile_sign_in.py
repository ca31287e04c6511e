"""Answers to a sign-in from somebody else: refused, and nobody listens any more once it is over (T11, S13)."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest
from logging_in import Login, login
from sign_in_person import answer_of, changed
from subject import examined
from tape import TOKEN, Tape
from whole_house import CAR, House, empty_house

from bridge.clock import SystemClock

pytestmark = pytest.mark.case("S13")


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Its time is ours, because `login` lives in ours: an identity is good for eight hours."""
    if examined().is_naive:
        pytest.skip("nobody can sign in at any other")
    with empty_house(tmp_path_factory.mktemp("house"), start=SystemClock().now()) as running:
        running.start()
        yield running


@pytest.fixture
def waiting(one: House) -> Iterator[Login]:
    with login(one) as process:
        yield process


@pytest.fixture
def foreign(one: House, waiting: Login) -> str:
    """What an attacker's own sign-in, with the same app, ends in: made for the address that listens here."""
    with login(one) as theirs:
        link = theirs.link.replace(_quoted(theirs.callback), _quoted(waiting.callback))
        return answer_of(link)


def _quoted(url: str) -> str:
    return url.replace(":", "%3A").replace("/", "%2F")


def code_of(answer: str) -> str:
    return answer.partition("code=")[2].partition("&")[0]


def status_of(answer: str) -> int:
    """What a browser gets there; 0 where nobody answers."""
    try:
        return httpx2.get(answer, timeout=60).status_code
    except httpx2.TransportError:
        return 0


def nothing_was_left(one: House) -> bool:
    return not any((one.bridge.directory / "data").glob("sign-in-*"))


def is_served_as_before(one: House) -> bool:
    """The bridge lives on with the sign-in that it had."""
    return "a new sign-in is taken up" not in one.bridge.log and one.ask(CAR, "charge_limit", "70")["outcome"] == "ok"


# --- the sign-in is over, and there is none -----------------------------------------------------------------------


def test_a_code_that_somebody_has_used_before(one: House, waiting: Login) -> None:
    answer = answer_of(waiting.link)
    form = {"grant_type": "authorization_code", "client_id": "simulated-client", "code": code_of(answer)}
    httpx2.post(f"{one.bridge.environment['FLEET2MQTT_TESLA_SIMULATOR_URL']}{TOKEN}", data=form)
    page = httpx2.get(answer)
    assert (page.status_code, waiting.ends()) == (400, 1)
    assert "the code was used before, or is too old: run `fleet2mqtt login` again" in waiting.said
    assert not waiting.is_heard
    assert nothing_was_left(one)
    assert is_served_as_before(one)


def test_the_code_of_another_session_under_our_state(one: House, waiting: Login, foreign: str) -> None:
    """Only who has begun a sign-in can prove that the code is for it (PKCE)."""
    page = httpx2.get(changed(answer_of(waiting.link), code=code_of(foreign)))
    assert (page.status_code, waiting.ends()) == (400, 1)
    assert not waiting.is_heard
    assert nothing_was_left(one)
    assert is_served_as_before(one)


def test_nobody_answers_and_it_is_ended(one: House, waiting: Login) -> None:
    assert bool(waiting.is_heard)
    waiting.process.send_signal(signal.SIGINT)
    assert waiting.ends() != 0
    assert "Traceback" not in waiting.said
    assert not waiting.is_heard
    assert nothing_was_left(one)


# --- refused, and the right answer still counts -------------------------------------------------------------------

Hostile = Callable[[str, str], str]

REFUSED: dict[str, tuple[int, Hostile]] = {
    "no state": (400, lambda ours, _: changed(ours, state="")),
    "a wrong state": (400, lambda ours, _: changed(ours, state="A" * 43)),
    "the answer to another sign-in": (400, lambda _, foreign: foreign),
    "our code with another's state": (400, lambda ours, foreign: changed(foreign, code=code_of(ours))),
    "no code": (400, lambda ours, _: changed(ours, code="")),
    "to another path": (404, lambda ours, _: ours.replace("/callback", "//evil.example/callback")),
    "to a path below": (404, lambda ours, _: ours.replace("/callback", "/callback/https://evil.example/")),
}


def test_all_others_are_refused_and_lead_nowhere(
    one: House, waiting: Login, foreign: str, record_property: Callable[[str, str], None]
) -> None:
    tape, right = Tape(one.api), answer_of(waiting.link)
    for what, (status, hostile) in REFUSED.items():
        page = httpx2.get(hostile(right, foreign))
        assert (what, page.status_code, page.headers.get("location")) == (what, status, None)
    page = httpx2.get(right.replace("localhost", "127.0.0.1"), headers={"Host": "evil.example"})
    assert (page.status_code, page.headers.get("location")) == (403, None)
    assert tape.renewals == 0, "nobody's code was brought to Tesla"

    # An address to go on to is text, like anything else.
    page = httpx2.get(f"{right}&redirect_uri=https://evil.example&next=//evil.example")
    assert (page.status_code, page.headers.get("location")) == (200, None)
    assert waiting.ends() == 0
    assert not waiting.is_heard
    assert "evil.example" not in waiting.said
    one.spy.until(lambda: "a new sign-in is taken up" in one.bridge.log, "the sign-in")
    assert one.ask(CAR, "charge_limit", "71")["outcome"] == "ok"
    record_property("figure", f"{len(REFUSED) + 1} hostile answers refused, 0 brought to Tesla")


def test_an_answer_counts_once_however_often_it_comes(one: House, waiting: Login) -> None:
    """The second comes while Tesla still looks at the first."""
    answer, tape = answer_of(waiting.link), Tape(one.api)
    with ThreadPoolExecutor() as browsers:
        with one.api.holding(f"POST {TOKEN}".encode()) as held:
            pages = [browsers.submit(status_of, answer) for _ in range(3)]
            held.wait()
            held.release()
        assert [page.result() for page in pages].count(200) == 1
    assert waiting.ends() == 0
    assert len(re.findall(rb"grant_type=authorization_code", bytes(tape.sent))) == 1
    assert not waiting.is_heard
