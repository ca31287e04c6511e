"""A new sign-in while the bridge runs, and a sign-out: no entity is lost, nothing is restarted (A8, S22)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from logging_in import log_in
from subject import REFRESH_TOKEN
from whole_house import BASE, CAR, House, empty_house

from bridge.clock import SystemClock

pytestmark = pytest.mark.case("S22")


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Its time is ours, because `login` lives in ours: an identity is good for eight hours."""
    with empty_house(tmp_path_factory.mktemp("house"), start=SystemClock().now()) as running:
        running.start()
        yield running


def discovery(one: House) -> dict[str, str]:
    return {topic: text for topic, text in one.spy.retained.items() if topic.startswith("homeassistant/")}


@pytest.mark.case("F5")
def test_a_dead_sign_in_is_mended_in_place(one: House) -> None:
    before = discovery(one)
    process = one.bridge.process.pid
    assert before
    one.tesla.control("revoke-consent")
    result = one.ask(CAR, "charge_limit", "71")
    assert (result["outcome"], result["reason"]) == ("unavailable", "signed_out")

    said = log_in(one)
    assert "The running bridge has taken it up." in said
    assert one.ask(CAR, "charge_limit", "72")["outcome"] == "ok"
    assert discovery(one) == before
    assert (one.bridge.process.pid, one.bridge.is_alive) == (process, True)
    assert not list((one.bridge.directory / "data").glob("sign-in-*"))


def test_a_sign_out_reaches_the_running_bridge(one: House) -> None:
    done = one.bridge.call("logout")
    assert (done.returncode, done.stderr) == (0, "")
    assert "The running bridge has taken it up." in done.stdout
    for file in (one.bridge.directory / "data").iterdir():
        assert not REFRESH_TOKEN.search(file.read_bytes().decode(errors="replace")), f"a token is left in {file.name}"
    result = one.ask(CAR, "charge_limit", "73")
    assert (result["outcome"], result["reason"]) == ("unavailable", "signed_out")
    assert "`fleet2mqtt login`" in result["message"]


def test_what_was_shown_can_be_cleared_once_the_bridge_is_stopped(one: House) -> None:
    assert one.bridge.call("logout", "--purge").returncode == 2
    one.bridge.stop()
    done = one.bridge.call("logout", "--purge")
    assert (done.returncode, done.stderr) == (0, "")

    def left() -> list[str]:
        return [topic for topic in one.spy.retained if not topic.startswith(f"{BASE}/bridge/")]

    one.spy.until(lambda: left() == ["homeassistant/device/fleet2mqtt_bridge/config"], f"an empty broker: {left()}")
