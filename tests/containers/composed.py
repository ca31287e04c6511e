"""The services of compose.yaml, run as it describes them: the tests need no compose program, and test its file."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import docker
import docker.errors
import yaml
from brokers import HOST, ROOT, free_port
from docker.models.containers import Container
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from spy import EVERYTHING, Spy

IMAGE = "localhost/fleet2mqtt:test"
BUILDING = 600
"""Seconds that the first build may take: it fetches libraries."""

Service = dict[str, Any]


def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
    return loaded


def build() -> Any:
    """The image, from this tree."""
    with tidied():
        return docker.from_env(timeout=BUILDING).images.build(
            path=str(ROOT), tag=IMAGE, network_mode="host", rm=True, forcerm=True
        )[0]


@contextmanager
def tidied() -> Iterator[None]:
    """A build that makes new images of ours takes those away that have lost their name to them."""
    older = _nameless()
    yield
    if _nameless() - older:
        for each in older:
            with suppress(docker.errors.APIError):  # another test's container may still run on it
                docker.from_env().images.remove(each)


def _nameless() -> set[str]:
    ours = {"dangling": True, "label": "org.opencontainers.image.title=fleet2mqtt"}
    return {str(image.id) for image in docker.from_env().images.list(filters=ours)}


class Project:
    """Like `docker compose --profile demo` in a directory without .env; names and volumes are its own.

    `root`: the directory that compose.yaml is taken to lie in.
    """

    def __init__(self, variables: Mapping[str, str]) -> None:
        self.root = ROOT
        self._docker = docker.from_env()
        self._name = f"f2m-{uuid.uuid4().hex[:8]}"
        self._variables = variables
        self._services: dict[str, Service] = compose()["services"]
        self._network = self._docker.networks.create(self._name)
        self._made: list[Container] = []

    def start(self, service: str, **changes: Any) -> Container:
        """`changes`: other arguments for the container than compose.yaml gives."""
        container = self.create(service, **changes)
        container.start()
        return container

    def create(self, service: str, **changes: Any) -> Container:
        given = self._arguments(self._services[service]) | changes
        aliases = self._docker.api.create_endpoint_config(aliases=[service])
        if "network_mode" not in given:
            given |= {"network": self._name, "networking_config": {self._name: aliases}}
        container = self._docker.containers.create(**given)
        self._made.append(container)
        return container

    def environment(self, service: str) -> dict[str, str]:
        given = self._services[service].get("environment", {})
        return {name: self._filled_in(value) for name, value in given.items()}

    def password(self, user: str) -> str:
        """As docs/container.md tells to read it."""
        reader = self.create("logins", entrypoint=["cat", f"/logins/{user}"])
        reader.start()
        reader.wait()
        return str(reader.logs(stderr=False).decode().strip())

    def close(self) -> None:
        for container in reversed(self._made):
            container.remove(force=True, v=True)
        for name in compose()["volumes"]:
            for volume in self._docker.volumes.list(filters={"name": f"{self._name}_{name}"}):
                volume.remove(force=True)
        self._network.remove()

    def _arguments(self, service: Service) -> dict[str, Any]:
        plain = ("command", "entrypoint", "network_mode", "read_only", "cap_drop", "cap_add", "security_opt")
        limits = ("pids_limit", "mem_limit")
        image = IMAGE if "build" in service else f"docker.io/library/{service['image']}"
        return {name: service[name] for name in (*plain, *limits) if name in service} | {
            "image": image,
            "user": self._filled_in(service.get("user", "")),
            "environment": {name: self._filled_in(value) for name, value in service.get("environment", {}).items()},
            "volumes": [self._volume(volume) for volume in service.get("volumes", [])],
        }

    def _volume(self, text: str) -> str:
        source, rest = text.split(":", 1)
        return f"{self.root / source}:{rest}" if source.startswith(".") else f"{self._name}_{source}:{rest}"

    def _filled_in(self, text: str) -> str:
        """`${NAME:-otherwise}` is all that compose.yaml uses."""
        return re.sub(r"\$\{(\w+):-([^}]*)\}", lambda found: self._variables.get(found[1]) or found[2], text)


@contextmanager
def project(**variables: str) -> Iterator[Project]:
    one = Project(variables)
    try:
        yield one
    finally:
        one.close()


@contextmanager
def listening(port: int, password: str) -> Iterator[Spy]:
    """A spy with the rights of the user `nodered`, who may read all that is the bridge's."""
    client = Client(CallbackAPIVersion.VERSION2, "spy", protocol=MQTTProtocolVersion.MQTTv5)
    client.username_pw_set("nodered", password)
    spy = Spy(client, client)

    def on_connect(*_: Any) -> None:
        client.subscribe("fleet2mqtt/#", options=EVERYTHING)

    client.on_connect = on_connect
    client.connect(HOST, port)
    client.loop_start()
    try:
        yield spy
    finally:
        client.disconnect()
        client.loop_stop()


def published(port: int) -> dict[str, tuple[str, int]]:
    return {"1883/tcp": (HOST, port)}


__all__ = ["BUILDING", "IMAGE", "Project", "build", "compose", "free_port", "listening", "project", "published"]
