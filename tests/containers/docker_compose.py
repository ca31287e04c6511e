"""Docker Compose itself, in a container of its own: the machine needs an engine, and no Compose."""

from __future__ import annotations

import io
import os
import shlex
import shutil
import uuid
from pathlib import Path
from typing import Any

import docker
from brokers import HOST, ROOT
from composed import BUILDING
from docker.models.containers import Container

TOOLS = "localhost/fleet2mqtt-compose:test"
DOCKERFILE = b"""
FROM python:3.13-slim
RUN apt-get update -qq && apt-get install -y --no-install-recommends docker-cli docker-compose >/dev/null
"""
SOCKET = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock").removeprefix("unix://")
OURS = (
    "compose.yaml Dockerfile .dockerignore pyproject.toml requirements.lock requirements-build.lock README.md LICENSE "
    "bridge mosquitto"
)


class Compose:
    """What a person types in a fresh directory that holds our files."""

    def __init__(self, directory: Path, port: int) -> None:
        """`port`: of this machine, for the broker, in place of 1883, which may be taken."""
        self.name = f"f2m-{uuid.uuid4().hex[:8]}"
        self.image = f"localhost/{self.name}"
        self._directory = directory / self.name
        self._docker = docker.from_env(timeout=BUILDING)
        self._lines: list[Container] = []
        self._directory.mkdir()
        for name in OURS.split():
            _copy(ROOT / name, self._directory / name)
        (self._directory / "compose.override.yaml").write_text(
            f"services:\n"
            f"  fleet2mqtt: {{image: {self.image}}}\n"
            f"  simulator: {{image: {self.image}, ports: !override []}}\n"
            f"  mosquitto: {{ports: !override ['{HOST}:{port}:1883']}}\n"
        )

    def start(self, line: str) -> Container:
        """The line, such as `docker compose ps`, running."""
        here = str(self._directory)
        running = self._docker.containers.run(
            TOOLS,
            shlex.split(line),
            detach=True,
            network_mode="none",
            working_dir=here,
            # Without BuildKit, which the engine fetches from a registry, and which Podman has not.
            environment={"DOCKER_BUILDKIT": "0"},
            volumes=[f"{SOCKET}:/var/run/docker.sock", f"{here}:{here}"],
        )
        self._lines.append(running)
        return running

    def __call__(self, line: str) -> str:
        """What the line prints; it must succeed."""
        running = self.start(line)
        assert running.wait(timeout=BUILDING)["StatusCode"] == 0, running.logs().decode()
        return str(running.logs(stderr=False).decode().strip())

    def look_at_health(self) -> None:
        """Podman leaves that to timers of systemd, which a test machine may not have. Docker does it by itself."""
        for container in self.containers():
            self._docker.api.get(f"http+docker://localhost/v4.0.0/libpod/containers/{container.id}/healthcheck")

    def status(self, service: str) -> str:
        return next((each.status for each in self.containers() if _service(each) == service), "not there")

    def exit_code(self, service: str) -> int:
        (one,) = [each for each in self.containers() if _service(each) == service]
        return int(one.attrs["State"]["ExitCode"])

    def containers(self) -> list[Container]:
        return list(self._docker.containers.list(all=True, filters=self._mine))

    def remains(self) -> list[Any]:
        """Containers, volumes and networks of this project."""
        return [
            *self.containers(),
            *self._docker.volumes.list(filters=self._mine),
            *self._docker.networks.list(filters=self._mine),
        ]

    @property
    def _mine(self) -> dict[str, str]:
        return {"label": f"com.docker.compose.project={self.name}"}

    def clear(self) -> None:
        """The lines that have ended, the image, and whatever a failed test left."""
        for container in (*self._lines, *self.containers()):
            container.remove(force=True, v=True)
        for rest in self.remains():
            rest.remove()
        self._docker.images.remove(self.image, force=True)


def build_tools() -> None:
    docker.from_env(timeout=BUILDING).images.build(
        fileobj=io.BytesIO(DOCKERFILE), tag=TOOLS, network_mode="host", rm=True, forcerm=True
    )


def _copy(source: Path, target: Path) -> None:
    """Without what a developer's directory may hold besides: our own secrets, Python's leavings."""
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("certs", "passwd", "__pycache__"))
    else:
        shutil.copy2(source, target)


def _service(container: Container) -> str:
    return str(container.labels["com.docker.compose.service"])
