"""What people write in an evening: the same topics, none of the care. The faults must find it out. Never shipped."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

ENV = {name.removeprefix("FLEET2MQTT_"): value for name, value in os.environ.items()}
TESLA, TOKENS, BASE = ENV["TESLA_SIMULATOR_URL"], Path(ENV["DATA_DIR"]) / "tokens.json", "fleet2mqtt"
CALLS: dict[str, tuple[str, Callable[[Any], dict[str, int]]]] = {
    "charge_limit": ("command/set_charge_limit", lambda value: {"percent": int(value)}),
    "charge_current": ("command/set_charging_amps", lambda value: {"charging_amps": int(value)}),
    "charging": ("command/charge_start", lambda _: {}),
    "honk_horn": ("command/honk_horn", lambda _: {}),
    "flash_lights": ("command/flash_lights", lambda _: {}),
    "backup_reserve": ("backup", lambda value: {"backup_reserve_percent": int(value)}),
}
SHOWN = {
    "battery_level": "battery_level",
    "charge_limit": "charge_limit_soc",
    "charge_current": "charge_current_request",
}
states: dict[str, str] = {}
client = Client(CallbackAPIVersion.VERSION2, "fleet2mqtt", protocol=MQTTProtocolVersion.MQTTv5)


def refresh() -> None:
    refresh_token = json.loads(TOKENS.read_text())["refresh_token"] if TOKENS.exists() else ENV["TESLA_REFRESH_TOKEN"]
    asked = {"grant_type": "refresh_token", "client_id": ENV["TESLA_CLIENT_ID"], "refresh_token": refresh_token}
    tokens = httpx2.post(f"{TESLA}/oauth2/v3/token", data=asked).json()
    TOKENS.write_text(json.dumps({"access_token": tokens["access_token"], "refresh_token": tokens["refresh_token"]}))


def tesla(method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    for _ in range(3):
        token = json.loads(TOKENS.read_text())["access_token"] if TOKENS.exists() else "none"
        try:
            answer = httpx2.request(
                method, f"{TESLA}/api/1/{path}", json=body, headers={"Authorization": f"Bearer {token}"}
            )
        except httpx2.HTTPError:
            continue
        if answer.status_code == 401:
            refresh()
        elif answer.status_code < 400:
            return answer.json()["response"]
        time.sleep(1)
    raise OSError(f"{method} {path} failed")


def show(topic: str, value: Any) -> None:
    client.publish(f"{BASE}/{topic}", str(value), retain=True)


def poll() -> None:
    for product in tesla("GET", "products"):
        if "vin" in product:
            states[product["vin"]] = product["state"]
            if product["state"] == "online":
                charge = tesla("GET", f"vehicles/{product['vin']}/vehicle_data")["charge_state"]
                for key, field in SHOWN.items():
                    show(f"vehicle/{product['vin']}/charge/{key}", charge.get(field, 0))
        elif "energy_site_id" in product:
            site = f"energy_sites/{product['energy_site_id']}"
            info, live = tesla("GET", f"{site}/site_info"), tesla("GET", f"{site}/live_status")
            at = f"energy_site/{product['energy_site_id']}"
            show(f"{at}/settings/backup_reserve", info.get("backup_reserve_percent", 0))
            show(f"{at}/power/solar_power", live.get("solar_power", 0))


def on_message(_client: Client, _data: Any, message: MQTTMessage) -> None:
    _, kind, id_, _, name = message.topic.split("/")
    text = message.payload.decode()
    given = json.loads(text) if text.startswith("{") else {"value": text}
    try:
        outcome = "ok" if command(kind, id_, name, given.get("value")) else "refused"
    except Exception as error:
        print(error, flush=True)
        outcome = "refused"
    body = {"command": name, "outcome": outcome, "reason": None, "transaction": given.get("transaction")}
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    if correlation := getattr(message.properties, "CorrelationData", None):
        properties.CorrelationData = correlation
    body |= {"value": given.get("value"), "finished_at": time.time()}
    client.publish(f"{BASE}/{kind}/{id_}/result/{name}", json.dumps(body), properties=properties)


def command(kind: str, id_: str, name: str, value: Any) -> bool:
    path, parameters = CALLS[name]
    if kind == "vehicle" and states.get(id_) != "online":
        tesla("POST", f"vehicles/{id_}/wake_up")
    answer = tesla("POST", f"{kind}s/{id_}/{path}", parameters(value))
    return bool(answer.get("result", True))


TOKENS.parent.mkdir(exist_ok=True)
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
client.username_pw_set(ENV["MQTT_USERNAME"], ENV["MQTT_PASSWORD"])
client.will_set(f"{BASE}/bridge/state", "offline", retain=True)
client.on_message = on_message
client.on_connect = lambda *_: print(client.subscribe(f"{BASE}/+/+/set/+", qos=1))
client.connect(ENV["MQTT_HOST"], int(ENV["MQTT_PORT"]))
client.loop_start()
show("bridge/state", "online")
client.publish("homeassistant/device/fleet2mqtt/config", "{}", retain=True)
while True:
    try:
        poll()
    except Exception as error:
        print(error, flush=True)
    time.sleep(10)
