"""`python -m benchmarks.idle_bare BROKER API BASE MODULES`: imports what the file names, then publishes one value."""

from __future__ import annotations

import asyncio
import sys
from importlib import import_module
from pathlib import Path

import httpx2

from benchmarks.bare_mqtt import BareMqtt
from benchmarks.names import LEVEL, TOKEN, VIN


async def main(broker: int, api: str, base: str) -> None:
    mqtt = BareMqtt(broker)
    async with httpx2.AsyncClient(base_url=api, headers={"Authorization": f"Bearer {TOKEN}"}) as http:
        answer = await http.get(f"/api/1/vehicles/{VIN}/vehicle_data")
        mqtt.publish(f"{base}/{LEVEL}", str(answer.json()["response"]["charge_state"]["battery_level"]))
        await asyncio.Event().wait()


if __name__ == "__main__":
    for module in Path(sys.argv[4]).read_text(encoding="utf-8").split():
        import_module(module)
    asyncio.run(main(int(sys.argv[1]), sys.argv[2], sys.argv[3]))
