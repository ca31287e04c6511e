"""Home Assistant's app, started as the Supervisor does: as root, with options and a directory that are root's alone.

A small stand-in answers for the Supervisor; broker, simulated account and image are the real ones.
"""

from __future__ import annotations

import io
import json
import shlex
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import docker
import pytest
import supervisor
from brokers import ROOT, free_port
from composed import BUILDING, IMAGE, Project, build, listening, project, published
from docker.models.containers import Container
from spy import Spy
from test_image import STOPPING, first_process, python, until_healthy
from whole_house import BASE, CAR, SITE, message

APP = "localhost/fleet2mqtt-homeassistant:test"
USER = "10001"

ACCOUNT: dict[str, Any] = {
    "tesla_region": "simulated",
    "tesla_simulator_url": "http://simulator:8085",
    "tesla_client_id": "simulated-client",
    "tesla_refresh_token": "simulated-refresh-token",
}
"""Options of the simulated account."""

pytestmark = [pytest.mark.containers, pytest.mark.timeout(BUILDING)]


@pytest.fixture(scope="module")
def app() -> Any:
    """The app's image on the container's."""
    build()
    return docker.from_env(timeout=BUILDING).images.build(
        path=str(ROOT / "homeassistant"),
        tag=APP,
        buildargs={"BASE": IMAGE, "BUILD_VERSION": "0.1.0"},
        rm=True,
        forcerm=True,
    )[0]


def address(container: Container) -> str:
    container.reload()
    return next(str(network["IPAddress"]) for network in container.attrs["NetworkSettings"]["Networks"].values())


def start_supervisor(one: Project, broker: dict[str, Any] | None) -> Container:
    """It needs the rights of root for its port; the service lends it only the network."""
    return one.start(
        "logins",
        image=IMAGE,
        entrypoint=["python", "-u", "-c", (ROOT / "tests/supervisor.py").read_text()],
        environment={"BROKER": json.dumps(broker)},
        network_mode=None,
        cap_add=["NET_BIND_SERVICE"],
    )


def create_app(one: Project, at: str, *, image: str = APP, **options: Any) -> Container:
    """As `supervisor/docker/app.py` does. `at`: where the name `supervisor` leads to."""
    container = one.create(
        "fleet2mqtt",
        image=image,
        user="",
        environment={"SUPERVISOR_TOKEN": supervisor.TOKEN, "HASSIO_TOKEN": supervisor.TOKEN, "TZ": "Europe/Berlin"},
        volumes=[],
        read_only=False,
        cap_drop=[],
        security_opt=["seccomp=unconfined"],
        extra_hosts={"supervisor": at},
    )
    write(container, options)
    return container


def write(container: Container, options: dict[str, Any]) -> None:
    """As `write_json_file` of the Supervisor: for root alone, in a directory that is root's."""
    content = json.dumps(options).encode()
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        directory, file = tarfile.TarInfo("."), tarfile.TarInfo("options.json")
        directory.type, directory.mode = tarfile.DIRTYPE, 0o755
        file.size, file.mode = len(content), 0o600
        archive.addfile(directory)
        archive.addfile(file, io.BytesIO(content))
    assert container.put_archive("/data", packed.getvalue())


def start(app: Container, spy: Spy, base: str = BASE) -> None:
    """Returns when it is online."""
    app.start()
    try:
        spy.until(lambda: spy.retained.get(f"{base}/bridge/state") == "online", "online", 30)
    except AssertionError:
        raise AssertionError(app.logs().decode()) from None


@dataclass(frozen=True)
class Home:
    project: Project
    supervisor: Container
    app: Container
    spy: Spy


@contextmanager
def house(**of_app: Any) -> Iterator[Home]:
    """Broker, simulated account, Supervisor and app."""
    with project() as one:
        port = free_port()
        assert one.start("logins").wait()["StatusCode"] == 0
        one.start("mosquitto", ports=published(port))
        one.start("simulator")
        login = {"username": "bridge", "password": one.password("bridge")}
        known = start_supervisor(one, {"host": "mosquitto", "port": "1883", "ssl": False, "protocol": "3.1.1", **login})
        until_healthy(known, "python -c \"import socket; socket.create_connection(('127.0.0.1', 80))\"")
        with listening(port, one.password("nodered")) as spy:
            app = create_app(one, address(known), **ACCOUNT, **of_app)
            start(app, spy)
            yield Home(one, known, app, spy)


@pytest.fixture(scope="module")
def home(app: Any) -> Iterator[Home]:
    with house(log_level="debug", aliases=[f"{SITE.partition('/')[2]}=home"]) as one:
        yield one


@pytest.fixture
def alone(app: Any) -> Iterator[Project]:
    """No broker, no account."""
    with project() as one:
        yield one


def asked(container: Container) -> list[str]:
    return str(container.logs().decode()).splitlines()


class TestTheImage:
    def test_it_is_the_containers_as_root_and_tells_the_supervisor_what_it_is(self, app: Any) -> None:
        base = docker.from_env().images.get(IMAGE).attrs
        assert app.attrs["RootFS"]["Layers"][: len(base["RootFS"]["Layers"])] == base["RootFS"]["Layers"]
        assert app.attrs["Config"]["User"] == "0:0"
        assert app.attrs["Config"]["Entrypoint"] == base["Config"]["Entrypoint"]
        labels = {name: value for name, value in app.attrs["Config"]["Labels"].items() if name.startswith("io.hass.")}
        assert labels == {"io.hass.version": "0.1.0", "io.hass.type": "app", "io.hass.arch": "aarch64|amd64"}

    def test_as_the_containers_own_user_it_could_not_even_read_its_options(self, alone: Project) -> None:
        container = create_app(alone, "127.0.0.1", image=IMAGE, **ACCOUNT)
        container.start()
        assert container.wait(timeout=60)["StatusCode"] == 2
        assert "/data/options.json: cannot be read: [Errno 13] Permission denied" in container.logs().decode()


class TestItRuns:
    def test_with_the_supervisors_broker_it_shows_every_device(self, home: Home) -> None:
        wanted = {f"{BASE}/{CAR}/status/connectivity", f"{BASE}/energy_site/home/power/solar_power"}
        home.spy.until(lambda: wanted <= home.spy.retained.keys(), "cars and site", 30)
        assert home.spy.retained[f"{BASE}/bridge/state"] == "online"

    def test_it_takes_a_command(self, home: Home) -> None:
        site = f"{BASE}/energy_site/home"
        home.spy.publish(f"{site}/set/backup_reserve", message("mine", value=35))
        home.spy.until(lambda: home.spy.on(f"{site}/result/backup_reserve"), "the answer", 30)
        (answer,) = home.spy.on(f"{site}/result/backup_reserve")
        assert (answer.body["outcome"], answer.body["transaction"]) == ("ok", "mine")
        home.spy.until(lambda: home.spy.retained[f"{site}/settings/backup_reserve"] == "35", "the new value", 30)

    def test_it_is_root_no_more_and_owns_what_was_roots(self, home: Home) -> None:
        assert first_process(home.app, "Uid").split() == [USER] * 4
        assert first_process(home.app, "Gid").split() == [USER] * 4
        assert first_process(home.app, "Groups") == ""
        assert int(first_process(home.app, "CapEff"), 16) == 0
        code = (
            "import os; s = [os.stat('/data/' + f) for f in (*os.listdir('/data'), '')]; print({o.st_uid for o in s})"
        )
        assert python(home.app, code) == f"{{{USER}}}"

    def test_its_health_check_works_as_root_and_asks_the_supervisor_for_nothing(self, home: Home) -> None:
        home.app.reload()
        kind, *check = home.app.attrs["Config"]["Healthcheck"]["Test"]
        assert kind == "CMD"
        until_healthy(home.app, shlex.join(check))
        assert [line for line in asked(home.supervisor) if line.startswith(supervisor.SERVICE)] == [
            f"{supervisor.SERVICE} 200"
        ]

    def test_neither_tokens_nor_the_brokers_password_are_in_its_log(self, home: Home) -> None:
        log = home.app.logs().decode()
        assert "debug" in log
        for secret in (supervisor.TOKEN, ACCOUNT["tesla_refresh_token"], home.project.password("bridge")):
            assert secret not in log

    def test_it_stops_in_time_and_starts_again_with_new_options(self, home: Home) -> None:
        home.app.stop(timeout=int(STOPPING))
        home.app.reload()
        assert home.app.attrs["State"]["ExitCode"] == 0, home.app.logs()
        home.spy.until(lambda: home.spy.retained[f"{BASE}/bridge/state"] == "offline", "offline")
        write(home.app, {**ACCOUNT, "base_topic": f"{BASE}/vehicle"})  # one that the user `bridge` may write to
        start(home.app, home.spy, f"{BASE}/vehicle")


class TestItEnds:
    """With one line that says what to do, and exit code 2."""

    def ended(self, one: Project, at: str, **options: Any) -> str:
        container = create_app(one, at, **options)
        container.start()
        code = container.wait(timeout=60)["StatusCode"]
        (line,) = container.logs().decode().splitlines()
        assert code == 2
        assert supervisor.TOKEN not in line
        return str(line)

    def test_where_no_broker_is_installed(self, alone: Project) -> None:
        known = start_supervisor(alone, None)
        until_healthy(known, "python -c \"import socket; socket.create_connection(('127.0.0.1', 80))\"")
        line = self.ended(alone, address(known), **ACCOUNT)
        assert line == (
            "fleet2mqtt: no MQTT broker is installed in Home Assistant. Install the app Mosquitto broker, start it "
            "and then start this app again, or fill in the option mqtt_host to use a broker of your own"
        )
        assert asked(known)[-1] == f"{supervisor.SERVICE} 400"

    def test_where_the_supervisor_does_not_answer(self, alone: Project) -> None:
        line = self.ended(alone, "127.0.0.1", **ACCOUNT)
        assert line.startswith("fleet2mqtt: the Supervisor, who knows the MQTT broker, does not answer: ")
        assert "mqtt_host" in line

    def test_where_an_option_is_wrong(self, alone: Project) -> None:
        assert self.ended(alone, "127.0.0.1", polling_parked=1).startswith("fleet2mqtt: option polling_parked: ")

    def test_where_the_account_is_missing(self, alone: Project) -> None:
        line = self.ended(alone, "127.0.0.1", tesla_region="eu", mqtt_host="broker")
        assert line.startswith("fleet2mqtt: option tesla_client_id: is missing")


def test_a_broker_set_by_hand_needs_no_supervisor(app: Any) -> None:
    with project() as one:
        port = free_port()
        assert one.start("logins").wait()["StatusCode"] == 0
        one.start("mosquitto", ports=published(port))
        one.start("simulator")
        with listening(port, one.password("nodered")) as spy:
            by_hand = {"mqtt_host": "mosquitto", "mqtt_username": "bridge", "mqtt_password": one.password("bridge")}
            start(create_app(one, "127.0.0.1", **ACCOUNT, **by_hand), spy)
