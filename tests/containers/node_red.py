"""Node-RED without its editor, running the shipped flows against a broker of ours."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
from brokers import HOST, PASSWORD, ROOT, Broker, free_port
from testcontainers.core.container import DockerContainer

IMAGE = "docker.io/nodered/node-red:5.0"
FLOWS = ROOT / "examples" / "node-red"
PATIENCE = 30.0

Node = dict[str, Any]


def shipped() -> dict[str, list[Node]]:
    """File name -> its nodes."""
    return {path.stem: json.loads(path.read_text()) for path in sorted(FLOWS.glob("*.json"))}


class NodeRed:
    """What its owner sees and does."""

    def __init__(self, container: DockerContainer, port: int) -> None:
        self._container = container
        self._url = f"http://{HOST}:{port}"

    @property
    def log(self) -> str:
        return "".join(part.decode() for part in self._container.get_logs())

    def press(self, button: str) -> None:
        """The button of an inject node, as in the editor."""
        httpx2.post(f"{self._url}/inject/{button}").raise_for_status()

    def says(self, words: str, since: int = 0) -> str:
        """Waits for a line of the log with these words, past the first `since` characters; gives it."""
        pause = threading.Event()
        deadline = time.monotonic() + PATIENCE  # noqa: TID251 - a container has no clock of ours
        while time.monotonic() < deadline:  # noqa: TID251 - the same
            if found := [line for line in self.log[since:].splitlines() if words in line]:
                return found[0]
            pause.wait(0.1)
        raise AssertionError(f"{words!r} was not said:\n{self.log}")


@contextmanager
def running(directory: Path, broker: Broker, settings: Mapping[str, float]) -> Iterator[NodeRed]:
    """All flows together. `settings`: other values of the tabs' own settings, so that no test waits for minutes."""
    port = free_port()
    directory.mkdir()
    directory.chmod(0o777)  # the image's user is not ours
    for name, content in _files(port, broker, settings).items():
        (directory / name).write_text(content)
        (directory / name).chmod(0o666)
    container = DockerContainer(IMAGE).with_kwargs(network_mode="host")
    container.with_volume_mapping(str(directory), "/data", "rw")
    with container:
        one = NodeRed(container, port)
        one.says("Connected to broker")
        yield one


def _files(port: int, broker: Broker, settings: Mapping[str, float]) -> dict[str, str]:
    credentials = {"fleet2mqtt-broker": {"user": "nodered", "password": PASSWORD}}
    return {
        "settings.js": _SETTINGS % port,
        "flows.json": json.dumps(_flows(broker, settings)),
        "flows_cred.json": json.dumps(credentials),
    }


def _flows(broker: Broker, settings: Mapping[str, float]) -> list[Node]:
    """As after an import of each file, but with this broker, and with what is shown in the log, too."""
    nodes = {node["id"]: node for flow in shipped().values() for node in flow}
    for node in nodes.values():
        if node["type"] == "mqtt-broker":
            node |= {"broker": broker.host, "port": broker.port}
        elif node["type"] == "debug":
            node["console"] = True
        for setting in node.get("env", ()):
            setting["value"] = str(settings.get(setting["name"], setting["value"]))
    return list(nodes.values())


_SETTINGS = """module.exports = {
    uiHost: "127.0.0.1", uiPort: %d, httpNodeRoot: false, disableEditor: true, credentialSecret: false,
    flowFile: "flows.json", telemetry: {enabled: false, updateNotification: false},
    externalModules: {palette: {allowInstall: false}},
};
"""
