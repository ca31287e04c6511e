"""Options, the wake policy and the bridge's own buttons, by MQTT alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from whole_house import BASE, CAR, OTHER_CAR, House, empty_house, message

ACCOUNT, BRIDGE = "account/tesla", "bridge"

FIVE = (
    ("charge_limit", 61),
    ("charge_current", 7),
    ("sentry_mode", True),
    ("climate_keeper_mode", "dog"),
    ("scheduled_charging", "off"),
)


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with empty_house(tmp_path_factory.mktemp("house")) as running:
        running.bridge.environment["FLEET2MQTT_POLLING_STATE"] = "10"  # so often it is seen who sleeps
        running.start()
        yield running


@pytest.fixture(autouse=True)
def _defaults(one: House) -> Iterator[None]:
    one.tesla.forget()
    yield
    for device, option in ((OTHER_CAR, "wake_policy"), (BRIDGE, "dry_run"), (ACCOUNT, "monthly_budget")):
        assert one.ask(device, "restore_default", option)["outcome"] == "ok"


def falls_asleep(one: House) -> None:
    one.tesla.force(OTHER_CAR, sentry_mode=False, charging=False, state="asleep")
    one.comes_to(OTHER_CAR, "status/connectivity", "asleep")
    one.tesla.forget()


def five_results(one: House, transaction: str) -> list[tuple[str, str | None]]:
    """Five commands at once to the car that sleeps."""
    for name, value in FIVE:
        one.send(OTHER_CAR, name, message(f"{transaction} {name}", value=value))
    results = [one.one_result_of(f"{transaction} {name}") for name, _ in FIVE]
    return [(each["outcome"], each["reason"]) for each in results]


def paid(one: House) -> list[str]:
    return [*one.tesla.paid_for, *one.tesla.asked("vehicle_data")]


def test_every_option_is_shown_with_what_the_settings_say(one: House) -> None:
    one.comes_to(CAR, "options/polling", "true")
    one.comes_to(OTHER_CAR, "options/wake_policy", "within_budget")
    one.comes_to(ACCOUNT, "options/monthly_budget", "10")
    one.comes_to(BRIDGE, "options/log_level", "info")
    one.comes_to(BRIDGE, "options/dry_run", "false")


def test_five_commands_to_a_sleeping_car_are_one_wake(one: House) -> None:
    falls_asleep(one)
    assert {outcome for outcome, _ in five_results(one, "woken")} == {"ok"}
    assert len(one.tesla.asked("wake_up")) == 1
    assert len(one.tesla.done(OTHER_CAR)) == len(FIVE)


def test_never_wakes_for_none_of_them_and_costs_nothing(one: House) -> None:
    falls_asleep(one)
    assert one.ask(OTHER_CAR, "wake_policy", "never")["outcome"] == "ok"
    assert five_results(one, "never") == [("unavailable", "asleep")] * 5
    assert paid(one) == []


def test_within_budget_refuses_when_it_is_spent_and_says_so(one: House) -> None:
    falls_asleep(one)
    assert one.ask(ACCOUNT, "monthly_budget", "0.01")["outcome"] == "ok"
    assert set(five_results(one, "poor")) == {("unavailable", "budget")}
    result = one.ask(OTHER_CAR, "charge_limit", "80")
    assert result["message"].startswith("the car is asleep and was not woken: the month's budget of $0.01 is spent")
    assert paid(one) == []


def test_a_wrong_value_is_answered_with_the_right_ones(one: House) -> None:
    result = one.ask(OTHER_CAR, "wake_policy", "sometimes")
    assert result["outcome"] == "invalid"
    assert "never, within_budget, always" in result["message"]
    assert one.ask("account/nobody", "monthly_budget", "5")["reason"] == "unknown_device"


def test_options_outlive_a_power_cut(one: House) -> None:
    one.ask(OTHER_CAR, "wake_policy", "never")
    one.ask(ACCOUNT, "monthly_budget", "7.5")
    one.bridge.kill()
    one.start()
    one.comes_to(OTHER_CAR, "options/wake_policy", "never")
    one.comes_to(CAR, "options/wake_policy", "within_budget")
    one.comes_to(ACCOUNT, "options/monthly_budget", "7.5")


def test_a_dry_run_sends_nothing_and_shows_on_health(one: House) -> None:
    one.ask(BRIDGE, "dry_run", "true")
    result = one.ask(CAR, "charge_limit", "66")
    assert (result["outcome"], result["reason"]) == ("unavailable", "dry_run")
    assert one.tesla.paid_for == []
    one.spy.publish(f"{BASE}/bridge/request/health", b"{}")
    heard = one.spy.until(lambda: one.spy.on(f"{BASE}/bridge/response/health"), "the health")
    assert "dry run" in heard[-1].body["data"]["warnings"][0]


def test_the_log_level_applies_at_once(one: House) -> None:
    assert one.ask(BRIDGE, "log_level", "debug")["outcome"] == "ok"
    one.look(CAR)
    assert "[debug" in one.bridge.log
    one.ask(BRIDGE, "restore_default", "log_level")


def test_a_restart_that_nobody_would_undo_is_refused(one: House) -> None:
    result = one.ask(BRIDGE, "restart", "PRESS")
    assert (result["outcome"], result["reason"]) == ("unavailable", "not_offered")
    assert one.bridge.is_alive


def test_under_systemd_it_ends_in_good_order_to_be_started_again(one: House, tmp_path: Path) -> None:
    one.bridge.stop()
    one.bridge.environment["NOTIFY_SOCKET"] = str(tmp_path / "nobody")
    try:
        one.start()
        one.comes_to(BRIDGE, "status/restartable", "true")
        assert one.ask(BRIDGE, "restart", "PRESS")["outcome"] == "ok"
        assert one.bridge.process.wait(10) == 75
        assert one.value("bridge", "state") == "offline"
    finally:
        del one.bridge.environment["NOTIFY_SOCKET"]
        one.start()
