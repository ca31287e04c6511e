"""`python -m benchmarks.command_bare BROKER API BASE`: the leanest loop from command to result. Ends with its input."""

from __future__ import annotations

import asyncio
import json
import sys

import httpx2
from paho.mqtt.client import MQTTMessage

from benchmarks.bare_mqtt import BareMqtt
from benchmarks.names import TOKEN

ENDPOINTS = {"flash_lights": "flash_lights", "charge_limit": "set_charge_limit"}


async def main(broker: int, api: str, base: str) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    async with httpx2.AsyncClient(base_url=api, headers=headers) as http, asyncio.TaskGroup() as group:

        async def work(message: MQTTMessage) -> None:
            _, _, vin, _, name = message.topic.split("/")
            body = {"percent": int(message.payload)} if name == "charge_limit" else {}
            answer = await http.post(f"/api/1/vehicles/{vin}/command/{ENDPOINTS[name]}", json=body)
            outcome = "ok" if answer.json()["response"]["result"] else "refused"
            result = json.dumps({"command": name, "outcome": outcome})
            mqtt.publish(f"{base}/vehicle/{vin}/result/{name}", result, retain=False)

        def hear(message: MQTTMessage) -> None:
            group.create_task(work(message))

        mqtt = BareMqtt(broker, subscribe=f"{base}/vehicle/+/set/+", hear=hear)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2], sys.argv[3]))
