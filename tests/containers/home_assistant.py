"""Home Assistant in a container, set up without a browser: its states, registries, services and log."""

from __future__ import annotations

import json
import re
import resource
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import httpx2
from brokers import HOST, PASSWORD, ROOT, Broker, free_port
from testcontainers.core.container import DockerContainer
from websockets.sync.client import connect

IMAGE = "ghcr.io/home-assistant/home-assistant:2026.11"
EXAMPLES = ROOT / "examples" / "home-assistant"
PATIENCE = 60.0
START = 100.0
"""Seconds that it may take to start: on a busy machine it is slow."""

Json = dict[str, Any]

CONFIGURATION = f"""\
homeassistant:
  name: Home
  latitude: 37.4419
  longitude: -122.1430
  unit_system: metric
  time_zone: UTC
  packages:
    fleet2mqtt: !include automations.yaml
http:
  server_host: {HOST}
  server_port: %d
api:
auth:
config:
onboarding:
websocket_api:
logger:
  default: warning
"""

ENTRY_ID = "01JMQTT00000000000000000AA"


def _config_entries(broker: Broker) -> Json:
    """What the MQTT integration's dialogue would store."""
    data = {"broker": broker.host, "port": broker.port, "protocol": "5", "discovery": True}
    moment = "2026-11-01T00:00:00+00:00"
    entry = {
        "entry_id": ENTRY_ID,
        "domain": "mqtt",
        "title": "mqtt",
        "version": 1,
        "minor_version": 2,
        "data": data | {"username": "homeassistant", "password": PASSWORD},
        "options": {},
        "source": "user",
        "unique_id": None,
        "disabled_by": None,
        "discovery_keys": {},
        "pref_disable_new_entities": False,
        "pref_disable_polling": False,
        "subentries": [],
        "created_at": moment,
        "modified_at": moment,
    }
    return {"version": 1, "minor_version": 5, "key": "core.config_entries", "data": {"entries": [entry]}}


@dataclass(frozen=True)
class Line:
    """One record of its log, with the lines that belong to it."""

    level: str
    logger: str
    text: str

    @property
    def is_complaint(self) -> bool:
        """Is it a warning or worse, from its MQTT integration or about something of ours?"""
        is_ours = self.logger.startswith("homeassistant.components.mqtt") or OURS.search(self.text)
        return self.level in {"WARNING", "ERROR", "CRITICAL"} and bool(is_ours) and not NOT_OURS.search(self.text)


NOT_OURS = re.compile(
    r"Error returned from MQTT server: The connection was lost\."
    r"|Updating state for \S+ \([^)]*\) took [\d.]+ seconds"
)
"""What it says when its broker dies, whoever else is there, and when the machine has other things to do."""

OURS = re.compile(r"fleet2mqtt|simulated_|wall_connector|tesla_account|\bpaho\b")
_COLOUR = re.compile(r"\x1b\[[\d;]*m")
_RECORD = re.compile(r"^[\d-]{10} [\d:.]+(?:[+-][\d:]+)? (\w+) \([^)\n]*\) \[([^]\n]+)\] ", re.MULTILINE)


class HomeAssistant:
    """One that runs. What it says is in `log`, what it complains of in `complaints`."""

    def __init__(self, container: DockerContainer, port: int) -> None:
        self._container = container
        self.url = f"http://{HOST}:{port}"
        self.tokens: Json = {}
        self._http = httpx2.Client(base_url=self.url, timeout=PATIENCE)

    # --- its life ---------------------------------------------------------------------------------------

    def sign_in(self) -> None:
        """Makes the owner's account, as the first page in a browser would."""
        client = {"client_id": f"{self.url}/"}
        self.until(self._is_answering, "an answer", START)
        owner = client | {"name": "Owner", "username": "owner", "password": PASSWORD, "language": "en"}
        code = self._http.post("/api/onboarding/users", json=owner).raise_for_status().json()["auth_code"]
        grant = client | {"grant_type": "authorization_code", "code": code}
        self.tokens = self._http.post("/auth/token", data=grant).raise_for_status().json()
        self._http.headers["Authorization"] = f"Bearer {self.tokens['access_token']}"
        self.await_start()
        self.call("http/config/promote")  # a new port is on trial: after five minutes it would be given up again

    def await_start(self) -> None:
        self.until(self._is_running, "its start", START)

    def restart(self) -> None:
        """In good order, as from its menu."""
        self._container.get_wrapped_container().restart(timeout=30)
        self.await_start()

    def await_entities(self) -> None:
        """Returns when every enabled entity is there and available."""
        ours = {entity["entity_id"] for entity in self.entities if not entity["disabled_by"]}

        def are_here() -> bool:
            states = self.states
            return all(one in states and states[one]["state"] != "unavailable" for one in ours)

        self.until(are_here, "all entities")

    def _is_answering(self) -> bool:
        try:
            return self._http.get("/api/onboarding").status_code == httpx2.codes.OK
        except httpx2.TransportError:
            return False

    def _is_running(self) -> bool:
        return self._is_answering() and self._get("config")["state"] == "RUNNING"

    def close(self) -> None:
        self._http.close()

    @property
    def memory(self) -> int:
        """Resident bytes of its processes. The engine must run on this machine."""
        container = self._container.get_wrapped_container()
        container.reload()
        return sum(_resident(each) for each in _family(container.attrs["State"]["Pid"]))

    # --- what it knows ----------------------------------------------------------------------------------

    @property
    def states(self) -> dict[str, Json]:
        """Entity id -> state with attributes; only enabled entities have one."""
        return {state["entity_id"]: state for state in self._get("states")}

    def state(self, entity: str) -> str:
        return str(self._get(f"states/{entity}")["state"])

    @property
    def entities(self) -> list[Json]:
        """The registry: enabled and disabled entities of the MQTT integration."""
        return [entity for entity in self.call("config/entity_registry/list") if entity["platform"] == "mqtt"]

    @property
    def devices(self) -> list[Json]:
        """The devices of the MQTT integration."""
        return [one for one in self.call("config/device_registry/list") if ENTRY_ID in one["config_entries"]]

    @property
    def notifications(self) -> list[str]:
        return [str(each["message"]) for each in self.call("persistent_notification/get")]

    # --- what it is told --------------------------------------------------------------------------------

    def press(self, action: str, entity: str, **data: Any) -> None:
        """What a finger on the screen does: `number.set_value` of an entity."""
        path = action.replace(".", "/")
        self._http.post(f"/api/services/{path}", json={"entity_id": entity, **data}).raise_for_status()

    def pretend(self, entity: str, state: str) -> None:
        """An entity of somebody else's integration gets a state."""
        self._http.post(f"/api/states/{entity}", json={"state": state}).raise_for_status()

    def enable_everything(self) -> None:
        """As its owner would, entity by entity. Takes effect with the next start."""
        hidden = [entity["entity_id"] for entity in self.entities if entity["disabled_by"]]
        self.calls("config/entity_registry/update", [{"entity_id": entity, "disabled_by": None} for entity in hidden])

    def reload(self) -> None:
        """Sets up the MQTT integration anew."""
        self._http.post(f"/api/config/config_entries/entry/{ENTRY_ID}/reload").raise_for_status()

    # --- what it says -----------------------------------------------------------------------------------

    @property
    def log(self) -> list[Line]:
        text = _COLOUR.sub("", "".join(part.decode(errors="replace") for part in self._container.get_logs()))
        starts = [*_RECORD.finditer(text)]
        ends = [start.start() for start in starts[1:]] + [len(text)]
        return [Line(at[1], at[2], text[at.start() : end]) for at, end in zip(starts, ends, strict=True)]

    @property
    def complaints(self) -> list[str]:
        return [line.text for line in self.log if line.is_complaint]

    def until(self, condition: Callable[[], Any], what: str, seconds: float = PATIENCE) -> Any:
        """Waits until the condition is true, and gives its value."""
        deadline = time.monotonic() + seconds  # noqa: TID251 - containers live in real time
        while not (value := condition()):
            assert time.monotonic() < deadline, f"{what} did not happen in {seconds:g} s"  # noqa: TID251 - the same
            time.sleep(0.1)
        return value

    def comes_to(self, entity: str, state: str) -> None:
        self.until(lambda: self.state(entity) == state, f"{entity} = {state}")

    # --- its two doors ----------------------------------------------------------------------------------

    def _get(self, path: str) -> Any:
        return self._http.get(f"/api/{path}").raise_for_status().json()

    def call(self, command: str, **data: Any) -> Any:
        return self.calls(command, [data])[0]

    def calls(self, command: str, bodies: list[Json]) -> list[Any]:
        """The same WebSocket command once for each body."""
        with connect(self.url.replace("http", "ws") + "/api/websocket", max_size=None) as socket:
            socket.recv()
            socket.send(json.dumps({"type": "auth", "access_token": self.tokens["access_token"]}))
            assert json.loads(socket.recv())["type"] == "auth_ok"
            return [_answered(socket, number, command, body) for number, body in zip(count(1), bodies, strict=False)]


def _family(pid: int) -> Iterator[int]:
    """A process and all below it."""
    yield pid
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has ended
            parent = status.read_text().rpartition(")")[2].split()[1]
            if int(parent) == pid:
                yield from _family(int(status.parent.name))


def _resident(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def _answered(socket: Any, number: int, command: str, body: Json) -> Any:
    socket.send(json.dumps({"id": number, "type": command, **body}))
    answer = json.loads(socket.recv())
    assert answer["success"], answer
    return answer["result"]


@contextmanager
def home_assistant(directory: Path, broker: Broker, extra: str = "") -> Iterator[HomeAssistant]:
    """A new one, signed in. It has our example automations, and `extra` lines of configuration."""
    port = free_port()
    (directory / ".storage").mkdir(parents=True)
    (directory / ".storage" / "core.config_entries").write_text(json.dumps(_config_entries(broker)))
    (directory / "configuration.yaml").write_text(CONFIGURATION % port + extra)
    for example in EXAMPLES.glob("*.yaml"):
        shutil.copy(example, directory)
    container = DockerContainer(IMAGE).with_kwargs(network_mode="host")
    with container.with_volume_mapping(str(directory), "/config", "rw"):
        one = HomeAssistant(container, port)
        try:
            one.sign_in()
            yield one
        finally:
            one.close()
