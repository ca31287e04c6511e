"""What Home Assistant is offered: no more than the device has, the token may do and the owner has enabled."""

from __future__ import annotations

import pytest
from discovery_cases import CAR, DANGEROUS, DEVICES, KNOWN, TOPICS, Json, complaints, described
from ha_contract import topics_read

from bridge.catalog import CATALOGUE, commands_of
from bridge.catalog.rows import Entity
from bridge.homeassistant import gates
from bridge.model import Kind, Value


def _reachable(shown: Json) -> set[str]:
    """The commands that something in Home Assistant can call. A lock always has both its buttons."""
    entities, commands, *_ = CATALOGUE[Kind.VEHICLE]
    names: set[str] = set()
    for component in shown["components"].values():
        topics = [topic for option, topic in component.items() if option.endswith("command_topic")]
        for name in (topic.rpartition("/")[2] for topic in topics if component["platform"] != "lock"):
            if component["platform"] == "cover":
                names |= _called_by_buttons(entities[name], component)
            else:
                names |= commands_of(entities[name]) if name in entities else {commands[name].name}
    return names


def _called_by_buttons(row: Entity, cover: Json) -> set[str]:
    assert row.write
    texts = [cover[option] for option in ("payload_open", "payload_close") if cover[option] is not None]
    return {row.write(text == "true").command for text in texts}


@pytest.mark.parametrize("name", DANGEROUS)
def test_a_dangerous_command_is_offered_only_where_it_is_enabled_by_name(name: str) -> None:
    values = KNOWN[Kind.VEHICLE] | dict.fromkeys(gates(Kind.VEHICLE), True)
    assert not _reachable(described(CAR, values)) & set(DANGEROUS)
    enabled = described(CAR, values, enabled=[name])
    assert _reachable(enabled) & set(DANGEROUS) <= {name}
    assert complaints(CAR, enabled, KNOWN[Kind.VEHICLE]) == []


def _buttons(cover: str, **values: Value) -> tuple[Value, Value]:
    component = described(CAR, values, enabled=["actuate_trunk", "open_tonneau"])["components"][cover]
    return component["payload_open"], component["payload_close"]


def test_a_cover_has_a_button_for_what_can_be_asked_of_it() -> None:
    assert _buttons("trunk") == ("true", "false")
    assert _buttons("frunk") == ("true", None)
    assert _buttons("tonneau", has_tonneau=True) == ("true", None)
    assert _buttons("windows") == (None, None)


def test_without_the_scope_for_commands_nothing_is_offered_that_would_be_refused() -> None:
    shown = described(CAR, KNOWN[Kind.VEHICLE], scopes=["vehicle_device_data", "vehicle_location"])
    commands = CATALOGUE[Kind.VEHICLE].commands
    own = {name for name in _reachable(shown) if commands[name].is_local}
    assert _reachable(shown) - own == {"wake", "wake_and_refresh"}
    assert not {"climate", "send_destination", "rename"} & shown["components"].keys()
    assert "command_topic" not in shown["components"]["firmware"]


def test_without_the_scope_for_location_nothing_is_shown_that_stays_unknown() -> None:
    shown = described(CAR, KNOWN[Kind.VEHICLE], scopes=["vehicle_device_data", "vehicle_cmds"])
    rows = CATALOGUE[Kind.VEHICLE].entities
    withheld = {TOPICS.value(CAR, row.group, key) for key, row in rows.items() if row.scope}
    assert not withheld & {topic for topic, _, _ in topics_read(shown["components"])}
    assert {"location", "route", "latitude"} <= described(CAR, {}, scopes=["vehicle_device_data", "vehicle_location"])[
        "components"
    ].keys()


@pytest.mark.parametrize("kind", Kind)
def test_what_a_device_lacks_is_not_offered(kind: Kind) -> None:
    entities, commands, composites, _ = CATALOGUE[kind]
    needs: dict[str, str | None] = {key: row.needs for key, row in entities.items() if row.component}
    needs |= {row.key: row.needs for row in composites}
    needs |= {name: row.needs for name, row in commands.items() if row.button}
    for gate in gates(kind):
        gated = {key for key, needed in needs.items() if needed == gate}
        assert gated <= described(DEVICES[kind], {gate: True}, enabled=DANGEROUS)["components"].keys()
        for absent in (None, False, 0, "none"):
            shown = described(DEVICES[kind], {gate: absent}, enabled=DANGEROUS)
            assert not gated & shown["components"].keys()
            assert complaints(DEVICES[kind], shown, {}) == []


@pytest.mark.parametrize("kind", Kind)
def test_commands_expire_and_the_root_stays_free_of_what_old_versions_refuse(kind: Kind) -> None:
    values = KNOWN[kind] | dict.fromkeys(gates(kind), True)
    for expiry in (0, 60):
        shown = described(DEVICES[kind], values, enabled=DANGEROUS, expiry=expiry)
        for component in shown["components"].values():
            is_commanded = any(option.endswith("command_topic") for option in component)
            assert component.get("message_expiry_interval", 0) == (expiry if is_commanded else 0)
