"""Writes docs/sign-in-transcript.md: what a new user types and sees, against the simulated account, as it really is.

    .venv/bin/python tools/sign_in_transcript.py

Ports, keys, codes and times are replaced by the same ones every time. tests/test_sign_in_transcript.py compares.
"""

from __future__ import annotations

import asyncio
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx2

from bridge.broker import embedded_broker

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs/sign-in-transcript.md"
PROGRAM = Path(sys.executable).with_name("fleet2mqtt")

HEAD = """# Signing in, from nothing: a transcript

Made by `tools/sign_in_transcript.py` out of what the program really printed, against the simulated account; a test
compares. Ports, keys, codes and times are put in place of the real ones. [tesla-account.md](tesla-account.md) explains
the steps.
"""

STEPS = (
    ("The app's key", "It is made, and served to the simulated account by `fleet2mqtt serve-key`.", "keys"),
    ("Registering", "", "register"),
    ("Signing in", "The link was opened in a browser, and `Allow` was pressed there.", "login --no-browser"),
    ("Is all well?", "", "check"),
)


async def transcript() -> str:
    """The whole page."""
    async with embedded_broker() as broker:
        return await asyncio.to_thread(_walked, broker)


def _walked(broker: int) -> str:
    with TemporaryDirectory() as directory, ExitStack() as stack:
        simulator, callback = _free_port(), _free_port()
        environment = {name: value for name, value in os.environ.items() if not name.startswith("FLEET2MQTT_")} | {
            "FLEET2MQTT_TESLA_REGION": "simulated",
            "FLEET2MQTT_TESLA_SIMULATOR_URL": f"http://127.0.0.1:{simulator}",
            "FLEET2MQTT_TESLA_CLIENT_ID": "simulated-client",
            "FLEET2MQTT_TESLA_CLIENT_SECRET": "simulated-secret",
            "FLEET2MQTT_TESLA_DOMAIN": "bridge.example.com",
            "FLEET2MQTT_TESLA_REDIRECT_URI": f"http://localhost:{callback}/callback",
            "FLEET2MQTT_MQTT_HOST": "127.0.0.1",
            "FLEET2MQTT_MQTT_PORT": str(broker),
        }
        pages = [HEAD]
        stack.enter_context(_running(directory, environment, "simulate", "--port", str(simulator)))
        for title, before, typed in STEPS:
            if typed == "register":
                stack.enter_context(_running(directory, environment, "serve-key"))
            said = _said(directory, environment, typed.split())
            pages.append(_page(title, before, typed, said))
    ports = {simulator: 8085, callback: 8585, broker: 1883}
    return _steady("\n".join(pages), ports)


def _page(title: str, before: str, typed: str, said: str) -> str:
    text = f"{before}\n\n" if before else ""
    return f"## {title}\n\n{text}```text\n$ fleet2mqtt {typed}\n{said.rstrip()}\n```\n"


@contextmanager
def _running(directory: str, environment: dict[str, str], *words: str) -> Iterator[None]:
    """From its first line on."""
    process = subprocess.Popen(  # noqa: S603 - the program itself
        [PROGRAM, *words], cwd=directory, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        assert process.stdout  # noqa: S101 - asked for with PIPE
        first = process.stdout.readline()
        if not first.startswith(("A simulated", "Serving")):
            raise RuntimeError(first)
        yield
    finally:
        process.terminate()
        process.communicate()


def _said(directory: str, environment: dict[str, str], words: list[str]) -> str:
    """What it prints; at the link of `login` somebody agrees."""
    process = subprocess.Popen(  # noqa: S603 - the program itself
        [PROGRAM, *words],
        cwd=directory,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with process:
        assert process.stdout  # noqa: S101 - asked for with PIPE
        lines, link = [], ""
        for line in process.stdout:
            lines.append(line)
            link = line.strip() if "/oauth2/v3/authorize?" in line else link
            if line.startswith("Waiting"):
                httpx2.get(link, follow_redirects=True)
    return "".join(lines)


def _steady(text: str, ports: dict[int, int]) -> str:
    for real, shown in ports.items():
        text = re.sub(rf"(?<=[:]){real}\b|(?<=%3A){real}\b", str(shown), text)
    for pattern, steady in _STEADY:
        text = re.sub(pattern, steady, text)
    return text


_STEADY = (
    (r"(?s)(BEGIN PUBLIC KEY-----\n).*?(\n-----END)", r"\1...\2"),
    (r"\b04[0-9a-f]{128}\b", "04..."),
    (r"\b04[0-9a-f]{14}\.\.\.", "04..."),
    (r"(state|code_challenge|nonce)=[\w-]+", r"\1=..."),
    (r"account  [0-9a-f-]{36}", "account  1b4686bc-0000-0000-0000-000000000000"),
    (r"\b20\d\d-\d\d-\d\d \d\d:\d\d(:\d\d)?", "2026-11-22 20:00"),
    (r"\b20\d\d-\d\d-\d\d\b", "2026-11-22"),
)


def _free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    PAGE.write_text(asyncio.run(transcript()))
