"""Two accounts in one bridge, each in a simulated region of its own; both have the first car."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from brokers import HOST
from outside import Outside
from whole_house import BASE, CAR, SITE, SPEED, House, Tesla, empty_house, id_of, noon

from bridge.fleet.auth.inbox import hand_over
from bridge.fleet.auth.tokens import Tokens
from bridge.simulator.server import Simulation, serve

PARENTS_CAR = "vehicle/LRW3F7EK4NC700003"
PARENTS_SITE = "energy_site/2252000000000002"
NOT_GOOD = "no-refresh-token-of-theirs"


@contextmanager
def two_accounts(directory: Path, **settings: Any) -> Iterator[tuple[House, Tesla]]:
    """A house whose bridge is not started yet, and the strings behind the stage of the second account."""
    with empty_house(directory) as one, Outside() as outside:
        url = outside.enter(serve(Simulation(start=noon(), speed=SPEED, cars=3, sites=2, region="eu")))
        parents = Tesla(url)
        parents.force(PARENTS_CAR, place="home", charging=False, state="online")
        known = {
            "accounts": "parents",
            "account_parents_simulator_url": url.replace("127.0.0.1", HOST),
            "account_parents_refresh_token": "simulated-refresh-token",
            "polling_state": 10,
            **settings,
        }
        one.bridge.environment |= {f"FLEET2MQTT_{name.upper()}": str(value) for name, value in known.items()}
        try:
            yield one, parents
        finally:
            parents.close()


def told(one: House, account: str, key: str) -> str | None:
    return one.value(f"account/{account}", f"status/{key}")


def until(one: House, condition: Callable[[], Any], what: str, seconds: float = 30) -> None:
    one.spy.until(condition, what, seconds)


def offered(one: House, device: str) -> set[str]:
    document = one.spy.retained.get(f"homeassistant/device/fleet2mqtt_{id_of(device)}/config", "{}")
    return set(json.loads(document).get("components", ()))


def test_each_command_goes_to_the_account_that_has_the_device_also_right_after_a_restart(tmp_path: Path) -> None:
    with two_accounts(tmp_path) as (one, parents):
        one.start()
        until(one, lambda: one.value(PARENTS_CAR, "charge/battery_level"), "their car")
        until(one, lambda: one.value(PARENTS_SITE, "power/battery_power"), "their site")
        for number in range(2):
            assert one.ask(PARENTS_CAR, "flash_lights", "PRESS")["outcome"] == "ok"
            assert one.ask(CAR, "flash_lights", "PRESS")["outcome"] == "ok"
            assert one.ask(PARENTS_SITE, "backup_reserve", str(30 + number))["outcome"] == "ok"
            one.restart()
            # Not one of the lists of theirs is heard before; `restart` waits for the first account only.
        assert [name for name, _ in parents.done(PARENTS_CAR)] == ["flash_lights"] * 2
        assert parents.done(CAR) == []
        assert [name for name, _ in one.tesla.done(CAR)] == ["flash_lights"] * 2
        assert not one.tesla.asked(id_of(PARENTS_CAR))
        assert (told(one, "tesla", "signed_in"), told(one, "parents", "signed_in")) == ("true", "true")
        assert one.value("account/parents", "status/scopes_missing") == "none"


def test_what_both_accounts_have_is_asked_of_the_first_and_the_log_says_so_once(tmp_path: Path) -> None:
    with two_accounts(tmp_path, polling_products=60) as (one, parents):
        one.start()
        until(one, lambda: one.value(PARENTS_CAR, "charge/battery_level"), "their car")
        parents.forget()
        for device in (CAR, SITE):
            one.look(device)
        one.spy.publish(f"{BASE}/{PARENTS_CAR}/get/charge")
        until(one, lambda: parents.asked(f"{id_of(PARENTS_CAR)}/vehicle_data"), "a look at theirs")
        assert not parents.asked(id_of(CAR))
        assert not parents.asked(f"{id_of(SITE)}/")
        assert one.bridge.log.count("two accounts have the same device") == len({CAR, "the other car", SITE, "its WC"})


def test_one_that_cannot_sign_in_leaves_the_other_alone_and_comes_in_without_a_restart(tmp_path: Path) -> None:
    with two_accounts(tmp_path, account_parents_refresh_token=NOT_GOOD) as (one, parents):
        one.start()
        until(one, lambda: told(one, "parents", "signed_in") == "false", "the account to be signed out")
        until(one, lambda: told(one, "parents", "login_required") == "true", "a sign-in to be asked for")
        until(one, lambda: "login --account parents" in str(told(one, "parents", "problem")), "what to do")
        assert (told(one, "tesla", "signed_in"), told(one, "tesla", "problem")) == ("true", "none")
        assert one.value(CAR, "availability") == "online"
        assert one.ask(CAR, "flash_lights", "PRESS")["outcome"] == "ok"
        assert not parents.asked("vehicle_data")
        now = datetime.now(UTC)  # noqa: TID251 - the bridge's
        tokens = Tokens("", "simulated-refresh-token", now, 0, now)
        hand_over(tmp_path / "data", "parents", tokens, simulated=True)
        until(one, lambda: one.value(PARENTS_CAR, "charge/battery_level"), "their car")
        assert one.ask(PARENTS_CAR, "flash_lights", "PRESS")["outcome"] == "ok"


def test_what_is_granted_later_appears_without_a_restart(tmp_path: Path) -> None:
    few = ["openid", "offline_access", "vehicle_device_data", "energy_device_data"]
    with empty_house(tmp_path) as one:
        one.tesla._post("scopes", {"scopes": few})
        one.start()
        one.spy.until(lambda: "vehicle_cmds" in str(told(one, "tesla", "scopes_missing")), "the scopes")
        before = offered(one, CAR)
        assert before
        assert not before & {"flash_lights", "location", "charge_limit"}
        result = one.ask(CAR, "flash_lights", "PRESS")
        assert (result["outcome"], result["reason"]) == ("unavailable", "scope")
        assert "vehicle_cmds" in result["message"]
        assert "`fleet2mqtt login`" in result["message"]
        assert one.tesla.paid_for == [line for line in one.tesla.paid_for if "oauth2" in line]

        everything = [*few, "user_data", "vehicle_location", "vehicle_cmds", "vehicle_charging_cmds", "energy_cmds"]
        one.tesla._post("scopes", {"scopes": everything})
        one.tesla._post("revoke", {})  # the next call has a new token made, which covers all
        one.look(SITE)
        one.spy.until(lambda: offered(one, CAR) > before, "more to be offered")
        assert {"flash_lights", "location", "charge_limit"} <= offered(one, CAR)
        assert one.ask(CAR, "flash_lights", "PRESS")["outcome"] == "ok"
        one.spy.until(lambda: one.value(CAR, "location/latitude") not in {None, "None"}, "the place")


def test_a_scope_that_is_taken_back_costs_one_call_and_no_more(tmp_path: Path) -> None:
    """The token still claims it (reliability.md F8)."""
    with empty_house(tmp_path) as one:
        one.start()
        one.tesla._post("scopes", {"scopes": ["openid", "offline_access", "vehicle_device_data", "energy_device_data"]})
        one.tesla.forget()
        results = [one.ask(CAR, "flash_lights", "PRESS") for _ in range(5)]
        assert {(each["outcome"], each["reason"]) for each in results} == {("unavailable", "scope")}
        assert all("fleet2mqtt login" in each["message"] for each in results)
        assert len(one.tesla.asked("flash_lights")) == 1
        one.look(CAR)  # what is still granted goes on


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"account_parents_region": "moon"}, "FLEET2MQTT_ACCOUNT_PARENTS_REGION: "),
        ({"account_parents_token_type": "fixed"}, "FLEET2MQTT_ACCOUNT_PARENTS_ACCESS_TOKEN: is missing"),
        ({"account_parentz_region": "eu"}, "FLEET2MQTT_ACCOUNT_PARENTZ_REGION: there is no account"),
    ],
)
def test_a_wrong_setting_of_an_account_is_one_line_that_names_it(
    tmp_path: Path, settings: dict[str, str], line: str
) -> None:
    with two_accounts(tmp_path, **settings) as (one, _):
        one.bridge.start()
        assert one.bridge.process.wait(20) == 2
        assert one.bridge.log.startswith(f"fleet2mqtt: {line}")
        assert one.bridge.log.count("\n") == 1
