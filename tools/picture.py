"""Makes docs/pictures/demo.svg: runs the demo, stops and starts a charge by MQTT, and draws what the demo shows."""

from __future__ import annotations

import asyncio
import io
import re
import time
from contextlib import redirect_stdout
from datetime import datetime
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console

from bridge.cli import demo
from bridge.cli.view import View
from bridge.clock import SystemClock
from bridge.mqtt import BrokerAddress, Connection, Mqtt, Publication

PICTURE = Path("docs/pictures/demo.svg")
WIDTH, HEIGHT = 116, 34

OPTIONS = demo.Options(speed=30, port=0, seed=1, plain=True, start=datetime.fromisoformat("2026-07-01T17:40:00-07:00"))
"""The car has come home and is charging."""

CAR = "vehicle/LRW3F7EK4NC700001"
"""It has come home and charges at that time."""

CHARGING = f"{demo.BASE}/{CAR}/set/charging"
SCRIPT = ((5, b"false"), (6, b"true"), (13, None))
"""Seconds to listen, and what to tell the car then."""

CLOCK = SystemClock()


async def main() -> None:
    """Takes about 25 seconds."""
    stop = asyncio.Event()
    with redirect_stdout(io.StringIO()) as said:
        running = asyncio.create_task(demo.run(OPTIONS, stop))
        began = CLOCK.monotonic()
        view = View(demo.BASE, await _hints(said))
        await _play(view, began)
        stop.set()
        await running
    _draw(view)


async def _hints(said: io.StringIO) -> tuple[str, ...]:
    """What the demo says before the first message, which begins with the time of day."""
    while not (first := re.search(r"^\d\d:\d\d:\d\d ", said.getvalue(), re.MULTILINE)):
        await CLOCK.sleep(0.1)
    return tuple(said.getvalue()[: first.start()].splitlines())


async def _play(view: View, began: float) -> None:
    port = int(re.findall(r"127\.0\.0\.1:(\d+)", view.hints[0])[0])
    broker = Mqtt(BrokerAddress("127.0.0.1", port, client_id="picture"), will=None)
    async with broker.connected() as connection:
        await connection.subscribe([f"{demo.BASE}/#"])
        listening = asyncio.create_task(_listen(connection, view, began))
        for seconds, word in SCRIPT:
            await CLOCK.sleep(seconds)
            if word:
                connection.publish(Publication(CHARGING, word))
        listening.cancel()


async def _listen(connection: Connection, view: View, began: float) -> None:
    async for message in connection.messages:
        view.hear(message.topic, message.payload, time.strftime("%H:%M:%S"), CLOCK.monotonic() - began)


def _draw(view: View) -> None:
    console = Console(width=WIDTH, height=HEIGHT, record=True, file=io.StringIO())
    console.print(view.render(), height=HEIGHT - 1)
    console.print()  # or the last line would lose its feet
    # Without the fonts that rich would fetch from a server: a picture in a README may not.
    code_format = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    console.save_svg(str(PICTURE), title="make demo", code_format=code_format)


if __name__ == "__main__":
    asyncio.run(main())
