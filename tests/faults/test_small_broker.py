"""F38: a broker that takes 2 KiB at most; it tells so, or it does not.

What is too large is left out and named; all else goes on, on one connection.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from whole_house import BASE, CAR, SITE, empty_house, id_of

pytestmark = [pytest.mark.mosquitto, pytest.mark.case("F38")]

DOCUMENT = f"homeassistant/device/fleet2mqtt_{id_of(CAR)}/config"


@pytest.mark.parametrize("limit", ["max_packet_size 2048", "message_size_limit 2048"])
def test_what_is_too_large_costs_no_connection_and_all_else_flows(
    tmp_path: Path, record_property: Any, limit: str
) -> None:
    with empty_house(tmp_path, extra=limit) as one:
        one.bridge.start()
        one.spy.until(lambda: one.value(CAR, "charge/charge_limit"), "the car")
        one.spy.until(lambda: one.value(SITE, "settings/backup_reserve"), "the site")
        assert one.ask(CAR, "charge_limit", "71")["outcome"] == "ok"
        one.comes_to(CAR, "charge/charge_limit", "71")
        one.spy.until(lambda: "mqtt out homeassistant" in one.bridge.log, "a word about it")
        record_property("figure", f"{limit}: {one.mqtt.accepted - 1} disconnects")
        assert one.mqtt.accepted <= 2
        assert DOCUMENT not in one.spy.retained
        assert one.spy.retained[f"{BASE}/bridge/state"] == "online"
        assert one.bridge.log.count("reason=broker_refused") <= 2, "once for each tree of topics"
        assert "(reason 149): it is larger than the broker takes" in one.bridge.log
