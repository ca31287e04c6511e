"""`fleet2mqtt login` as a process, beside a house's bridge; and the browser of whoever it asks."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
from sign_in_person import free_port
from subject import examined
from whole_house import House


class Login:
    """One that waits: `link` is what it wants to be opened, `callback` where it listens."""

    def __init__(self, process: subprocess.Popen[str], callback: str) -> None:
        self.process = process
        self.callback = callback
        self.link = ""
        self.said = ""
        assert process.stdout
        for line in process.stdout:
            self.said += line
            self.link = line.strip() if line.startswith("http") else self.link
            if line.startswith("Waiting"):
                return
        raise AssertionError(self.said)

    def ends(self) -> int:
        """How, once it has ended. What it has said is complete then."""
        rest, _ = self.process.communicate(timeout=60)
        self.said += rest
        return self.process.returncode

    @property
    def is_heard(self) -> bool:
        """Does it still listen?"""
        try:
            httpx2.get(self.callback)
        except httpx2.ConnectError:
            return False
        return True


@contextmanager
def login(one: House) -> Iterator[Login]:
    """It waits for an answer."""
    callback = f"http://localhost:{free_port()}/callback"
    given = {"TESLA_CLIENT_SECRET": "simulated-secret", "TESLA_REDIRECT_URI": callback}
    process = subprocess.Popen(
        ["env", "--default-signal=INT", *examined().program, "login", "--no-browser"],
        env=one.bridge.environment | {f"FLEET2MQTT_{name}": value for name, value in given.items()},
        cwd=one.bridge.directory,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield Login(process, callback)
    finally:
        process.kill()
        process.communicate()


def log_in(one: House) -> str:
    """As a person does it: the link from the terminal, the rest in the browser. Gives what was printed."""
    with login(one) as waiting:
        assert httpx2.get(waiting.link, follow_redirects=True).status_code == 200
        assert waiting.ends() == 0, waiting.said
        return waiting.said
