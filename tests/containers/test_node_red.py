"""The flows in examples/node-red: sound as files, and working in Node-RED 5 against the bridge."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from brokers import ROOT
from node_red import NodeRed, running, shipped
from whole_house import BASE, CAR, SITE, House, house as whole_house, id_of

Node = dict[str, Any]

FILES = sorted(shipped())
FLOWS = shipped()
NODES = [pytest.param(node, id=node["id"]) for file in FILES for node in FLOWS[file]]
needs_node_red = [pytest.mark.containers, pytest.mark.mosquitto, pytest.mark.nodered]


def of_type(name: str) -> list[Any]:
    return [pytest.param(node, id=node["id"]) for file in FILES for node in FLOWS[file] if node["type"] == name]


# --- as files ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", FILES)
def test_a_flow_is_one_tab_and_its_nodes_and_the_shared_broker(file: str) -> None:
    tabs = [node["id"] for node in FLOWS[file] if node["type"] == "tab"]
    brokers = [node for node in FLOWS[file] if node["type"] == "mqtt-broker"]
    assert len(tabs) == 1
    assert brokers == [node for node in FLOWS[FILES[0]] if node["type"] == "mqtt-broker"]
    assert {node["z"] for node in FLOWS[file] if node["type"] not in {"tab", "mqtt-broker"}} == set(tabs)


def test_no_id_is_used_twice_so_that_all_flows_can_be_imported() -> None:
    ids = [node["id"] for file in FILES for node in FLOWS[file] if node["type"] != "mqtt-broker"]
    assert len(ids) == len(set(ids)) > 0


@pytest.mark.parametrize("file", FILES)
def test_every_wire_leads_to_a_node_of_its_flow(file: str) -> None:
    ids = {node["id"] for node in FLOWS[file]}
    wired = {end for node in FLOWS[file] for output in node.get("wires", []) for end in output}
    assert wired <= ids
    senders = {node["id"] for node in FLOWS[file] if node["type"] in {"mqtt out", "debug"}}
    assert senders <= wired, "a node that shows or sends is fed by nobody"


@pytest.mark.parametrize("node", of_type("function"))
def test_a_function_has_as_many_wires_as_outputs(node: Node) -> None:
    assert len(node["wires"]) == node["outputs"]


@pytest.mark.parametrize("node", of_type("mqtt-broker"))
def test_the_broker_is_spoken_to_in_mqtt_5_and_knows_no_password(node: Node) -> None:
    assert node["protocolVersion"] == "5"
    assert not node.keys() & {"credentials", "user", "password"}


@pytest.mark.parametrize("node", of_type("mqtt out"))
def test_a_command_is_never_retained_whatever_the_message_says(node: Node) -> None:
    """`retain` of the node wins over the message's only if it is set (mqtt-and-home-assistant.md 3.1)."""
    assert node["retain"] == "false"
    assert node["broker"] == "fleet2mqtt-broker"


@pytest.mark.parametrize("node", of_type("mqtt in"))
def test_what_is_read_is_below_the_base_topic(node: Node) -> None:
    assert node["topic"].startswith(f"{BASE}/")
    assert node["broker"] == "fleet2mqtt-broker"


@pytest.mark.parametrize("node", NODES)
def test_nothing_in_it_is_a_secret(node: Node) -> None:
    assert "credentials" not in node
    assert "password" not in json.dumps(node).lower()


def test_a_confirmation_has_ten_seconds() -> None:
    (tab,) = [node for node in FLOWS["guarded-unlock"] if node["type"] == "tab"]
    assert {"name": "CONFIRM_SECONDS", "value": "10", "type": "num"} in tab["env"]


def test_the_readme_tells_of_every_flow() -> None:
    text = (ROOT / "examples" / "node-red" / "README.md").read_text()
    assert [file for file in FILES if f"{file}.json" not in text] == []


# --- in Node-RED ------------------------------------------------------------------------------------------

QUICK = {"PAUSE_MINUTES": 0.02, "CONFIRM_SECONDS": 1.5, "ANSWER_SECONDS": 6}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with whole_house(tmp_path_factory.mktemp("home"), polling_live=5) as one:
        yield one


@pytest.fixture(scope="module")
def node_red(home: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeRed]:
    with running(tmp_path_factory.mktemp("flows") / "data", home.broker, QUICK) as one:
        yield one


class TestInNodeRed:
    pytestmark = needs_node_red

    def test_the_state_is_shown_at_once_and_when_it_changes(self, home: House, node_red: NodeRed) -> None:
        node_red.says("[debug:State] bridge: online")
        node_red.says(f"[debug:State] {id_of(CAR)}: online, battery 50 %, limit 80 %, stopped")
        assert " W, grid " in node_red.says(f"[debug:State] {id_of(SITE)}: sun ")
        home.ask(CAR, "charge_limit", "75")
        node_red.says(f"[debug:State] {id_of(CAR)}: online, battery 50 %, limit 75 %, stopped")

    def test_without_enough_sun_no_charge_is_started(self, home: House, node_red: NodeRed) -> None:
        home.tesla.force(SITE, percentage=100, solar_watts=1500, house_watts=500)
        home.comes_to(SITE, "power/grid_export_power", "1000")
        node_red.says("grid -1000 W")
        assert home.tesla.done(CAR)[1:] == []

    def test_a_refused_charge_is_told_and_tried_again_later(self, home: House, node_red: NodeRed) -> None:
        home.tesla.force(CAR, refuse="no_power")
        home.tesla.force(SITE, solar_watts=6000)
        node_red.says("[debug:Not charging] The car does not charge (refused, no_power).")
        home.tesla.force(CAR, refuse=None)
        home.tesla.force(SITE, solar_watts=6100)
        node_red.says("[debug:Charging] The car charges with the sun.")
        home.comes_to(CAR, "charge/charging", "true")

    def test_every_answer_came_with_the_correlation_data_of_its_command(self, home: House, node_red: NodeRed) -> None:
        node_red.says("[debug:Charging]")
        asked = home.spy.on(f"{BASE}/{CAR}/set/charging")
        answered = home.spy.on(f"{BASE}/response/node-red/solar-charge")
        assert [each.correlation for each in answered] == [each.correlation for each in asked]
        assert len({each.correlation for each in asked}) == len(asked) == 2
        assert [each.retain for each in asked] == [False, False]
        assert [each.body["outcome"] for each in answered] == ["refused", "ok"]

    def test_an_unlock_that_is_not_confirmed_is_not_sent(self, home: House, node_red: NodeRed) -> None:
        node_red.press("f2m-guarded-unlock-confirm")
        node_red.says("[debug:Unlock] Nobody asked to unlock: nothing was sent.")
        node_red.press("f2m-guarded-unlock-ask")
        node_red.says(f"[debug:Unlock] Really unlock {id_of(CAR)}? Confirm within 1.5 s.")
        node_red.says("[debug:Unlock] Not confirmed within 1.5 s: nothing was sent.")
        assert home.spy.on(f"{BASE}/{CAR}/set/locked") == []

    def test_a_confirmed_unlock_is_refused_while_it_is_not_enabled(self, home: House, node_red: NodeRed) -> None:
        node_red.press("f2m-guarded-unlock-ask")
        node_red.press("f2m-guarded-unlock-confirm")
        line = node_red.says("[debug:Unlock] Not unlocked (invalid, not_enabled).")
        assert "add it to FLEET2MQTT_COMMANDS_ENABLE" in line
        assert home.tesla.done(CAR)[-1][0] != "door_unlock"

    def test_a_confirmed_unlock_is_done_once_it_is_enabled(self, home: House, node_red: NodeRed) -> None:
        home.restart(commands_enable="door_unlock", polling_live=5)
        home.tesla.force(CAR, locked=True)
        since = len(node_red.log)
        node_red.press("f2m-guarded-unlock-ask")
        node_red.press("f2m-guarded-unlock-confirm")
        node_red.says("[debug:Unlock] Unlocked.", since)
        assert home.tesla.done(CAR)[-1] == ("door_unlock", {})
        home.comes_to(CAR, "closures/locked", "false")

    def test_an_answer_that_does_not_come_is_told(self, home: House, node_red: NodeRed) -> None:
        home.bridge.kill()
        node_red.press("f2m-guarded-unlock-ask")
        node_red.press("f2m-guarded-unlock-confirm")
        node_red.says("[debug:Unlock] No answer in 6 s. Look whether the car is locked.")

    def test_the_flows_raise_no_error(self, node_red: NodeRed) -> None:
        node_red.says("[debug:State]")
        assert [line for line in node_red.log.splitlines() if "[error]" in line or "[warn] [" in line] == []
