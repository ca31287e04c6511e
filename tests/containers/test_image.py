"""The container: what its files promise, and the image run as compose.yaml has it, on the simulated account."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
import pytest
import yaml
from brokers import ROOT, free_port
from composed import BUILDING, IMAGE, Project, build, compose, listening, project, published
from docker.models.containers import Container
from lock import PRODUCT, locked
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from spy import Spy
from whole_house import BASE, CAR, SITE

USER = "12345"
STOPPING = 5.0
"""Seconds that a stop may take; Docker gives ten."""

OCI = "org.opencontainers.image."

SERVICES: dict[str, Any] = compose()["services"]


def measured(what: str, value: float, unit: str) -> None:
    """For those who run it with -s."""
    sys.stdout.write(f"\nmeasured: {what} {value:.1f} {unit}\n")


# --- as files ---------------------------------------------------------------------------------------------


@pytest.mark.case("S21")
@pytest.mark.parametrize("name", SERVICES)
def test_a_service_can_write_nowhere_and_may_nothing_and_has_limits(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert (service["pids_limit"], service["mem_limit"]) == (100, "256m")


@pytest.mark.case("S21")
def test_only_the_maker_of_passwords_is_root_and_it_has_no_network() -> None:
    privileged = [name for name, service in SERVICES.items() if service.get("cap_add")]
    roots = [name for name, service in SERVICES.items() if str(service.get("user", "")).startswith("0")]
    assert privileged == roots == ["logins"]
    assert SERVICES["logins"]["network_mode"] == "none"


def test_one_waits_for_the_other_to_be_healthy() -> None:
    assert SERVICES["fleet2mqtt"]["depends_on"] == {"mosquitto": {"condition": "service_healthy"}}
    assert SERVICES["mosquitto"]["depends_on"] == {"logins": {"condition": "service_completed_successfully"}}
    assert SERVICES["mosquitto"]["healthcheck"]["test"][0] == "CMD-SHELL"


def test_the_profile_demo_adds_the_simulated_account() -> None:
    assert [name for name, service in SERVICES.items() if service.get("profiles")] == ["simulator"]
    assert SERVICES["simulator"]["profiles"] == ["demo"]
    assert SERVICES["fleet2mqtt"]["environment"]["FLEET2MQTT_TESLA_SIMULATOR_URL"] == "http://simulator:8085"


def test_the_brokers_password_comes_from_a_file_and_no_secret_stands_in_compose() -> None:
    environment = SERVICES["fleet2mqtt"]["environment"]
    assert environment["FLEET2MQTT_MQTT_PASSWORD_FILE"] == "/run/logins/bridge"
    assert "FLEET2MQTT_MQTT_PASSWORD" not in environment


def test_every_volume_is_declared_and_used() -> None:
    used = {volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])}
    assert {name for name in used if not name.startswith(".")} == set(compose()["volumes"])


def test_only_what_the_image_is_made_of_goes_into_it() -> None:
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if not line.startswith("#")]
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert lines[0] == "*"
    assert sorted(" ".join(copied).split()) == sorted(line[1:] for line in lines if line.startswith("!"))


# --- the image --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def image() -> Any:
    return build()


@dataclass(frozen=True)
class Home:
    """Broker, simulated account and bridge, each in its container; the bridge as another user than its own."""

    project: Project
    bridge: Container
    spy: Spy
    started_in: float


@pytest.fixture(scope="module")
def home(image: Any) -> Iterator[Home]:
    with project(BRIDGE_USER=USER) as one:
        port = free_port()
        assert one.start("logins").wait()["StatusCode"] == 0
        broker = one.start("mosquitto", ports=published(port))
        until_healthy(
            broker, shlex.join(["sh", "-c", SERVICES["mosquitto"]["healthcheck"]["test"][1].replace("$$", "$")])
        )
        one.start("simulator")
        with listening(port, one.password("nodered")) as spy:
            began = time.monotonic()  # noqa: TID251 - a container has no clock of ours
            bridge = one.start("fleet2mqtt")
            spy.until(lambda: f"{BASE}/bridge/state" in spy.retained, "the bridge", 30)
            yield Home(one, bridge, spy, time.monotonic() - began)  # noqa: TID251 - the same


def until_healthy(container: Container, check: str) -> None:
    for _ in range(100):
        if container.exec_run(shlex.split(check)).exit_code == 0:
            return
        time.sleep(0.1)
    raise AssertionError(container.logs().decode())


def printed(code: str) -> str:
    """What a line of Python prints in a container of its own."""
    status, lines = ended(entrypoint="python", command=["-c", code])
    assert status == 0, lines
    return "\n".join(lines)


def python(container: Container, code: str, **how: Any) -> str:
    """What a line of Python prints in there."""
    done = container.exec_run(["python", "-c", code], **how)
    assert done.exit_code == 0, done.output
    return str(done.output.decode().strip())


def first_process(container: Container, field: str) -> str:
    """Of /proc/1/status."""
    status = python(container, "print(open('/proc/1/status').read())")
    return next(line.split(":", 1)[1].strip() for line in status.splitlines() if line.startswith(f"{field}:"))


@pytest.mark.containers
@pytest.mark.timeout(BUILDING)
class TestTheImage:
    @pytest.mark.case("S21")
    def test_it_is_no_root_and_starts_without_a_shell(self, image: Any) -> None:
        config = image.attrs["Config"]
        assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", config["User"])
        assert (config["Entrypoint"], config["Cmd"]) == (["fleet2mqtt"], ["run"])
        assert list(config["Volumes"]) == ["/data"]

    def test_its_labels_tell_what_it_is(self, image: Any) -> None:
        project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
        home = yaml.safe_load((ROOT / "repository.yaml").read_text())["url"]
        labels = {name.removeprefix(OCI): value for name, value in image.attrs["Config"]["Labels"].items()}
        assert labels["title"] == project["name"]
        assert labels["version"] == project["version"]
        assert labels["licenses"] == project["license"]
        assert labels["source"] == labels["url"] == home
        assert labels["documentation"] == f"{home}/blob/main/docs/container.md"
        assert labels["base.name"] == "docker.io/library/python:3.13-slim"
        assert "MQTT" in labels["description"]

    def test_every_library_has_a_wheel_for_arm64_and_needs_no_compiler(self, tmp_path: Path) -> None:
        """As `docker build --platform linux/arm64` would find them. pip fails where one has to be built."""
        pip = "-m pip install --quiet --disable-pip-version-check --dry-run --only-binary=:all: --python-version 3.13"
        machine = "--platform manylinux2014_aarch64 --platform manylinux_2_28_aarch64"
        what = ["--require-hashes", "--requirement", str(ROOT / "requirements.lock")]
        where = ["--target", str(tmp_path), "--report", str(tmp_path / "report"), *what]
        done = subprocess.run(
            [sys.executable, *pip.split(), *machine.split(), *where], capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr.decode()
        report = json.loads((tmp_path / "report").read_text())
        wheels = [each["download_info"]["url"].rpartition("/")[2] for each in report["install"]]
        compiled = [wheel for wheel in wheels if wheel.endswith(".whl") and not wheel.endswith("-none-any.whl")]
        assert any(wheel.startswith("cryptography-") for wheel in compiled)
        assert [wheel for wheel in compiled if not wheel.endswith("_aarch64.whl")] == []

    def test_nothing_of_ours_in_it_is_compiled(self, image: Any) -> None:
        code = "from importlib.metadata import distribution as d; print(d('fleet2mqtt').read_text('WHEEL'))"
        assert "Root-Is-Purelib: true" in printed(code)

    def test_it_adds_to_python_what_the_page_says(self, image: Any) -> None:
        base = docker.from_env().images.get("docker.io/library/python:3.13-slim").attrs["Size"]
        added = (image.attrs["Size"] - base) / 1e6
        measured("the image adds to python:3.13-slim", added, "MB")
        told = re.search(r"adds (\d+) MB to `python:3.13-slim`", (ROOT / "docs" / "container.md").read_text())
        assert told
        assert added == pytest.approx(int(told[1]), rel=0.1)

    @pytest.mark.case("S19")
    def test_in_it_is_what_was_locked(self, image: Any) -> None:
        code = "from importlib.metadata import distributions as d; print(*(f'{e.name}=={e.version}' for e in d()))"
        there = {Requirement(each) for each in printed(code).split()}
        ours = {"fleet2mqtt", "pip"}  # pip is the base image's
        found = {canonicalize_name(each.name): str(each.specifier) for each in there if each.name not in ours}
        assert found == {name: f"=={pin.version}" for name, pin in locked(PRODUCT).items()}

    @pytest.mark.case("S21")
    def test_no_file_in_it_gives_anybody_rights_that_they_do_not_have(self, image: Any) -> None:
        code, lines = ended(entrypoint="find", command=["/", "-xdev", "-type", "f", "-perm", "/6000"], user="0")
        assert (code, lines) == (0, [])

    def test_it_has_neither_our_tests_nor_pip(self, image: Any) -> None:
        code = "import importlib.util as u; print([n for n in ('pip', 'pytest', 'tests') if u.find_spec(n)])"
        assert printed(code) == "[]"


@pytest.mark.containers
@pytest.mark.timeout(BUILDING)
class TestItRuns:
    @pytest.mark.case("S21")
    def test_as_any_user_without_capabilities_on_a_read_only_system(self, home: Home) -> None:
        assert first_process(home.bridge, "Uid").split() == [USER] * 4
        assert first_process(home.bridge, "Gid").split() == [USER] * 4
        assert int(first_process(home.bridge, "CapEff"), 16) == 0
        assert first_process(home.bridge, "NoNewPrivs") == "1"
        for place in ("/", "/opt/fleet2mqtt", "/usr"):
            written = home.bridge.exec_run(["python", "-c", f"open('{place}/x', 'w')"])
            assert b"Read-only file system" in written.output

    @pytest.mark.case("S21")
    def test_its_processes_and_its_memory_have_a_limit(self, home: Home) -> None:
        home.bridge.reload()
        limits = home.bridge.attrs["HostConfig"]
        assert (limits["PidsLimit"], limits["Memory"]) == (100, 256 * 1024 * 1024)

    def test_it_logs_in_with_the_password_from_a_file_and_shows_every_device(self, home: Home) -> None:
        wanted = {f"{BASE}/{CAR}/status/connectivity", f"{BASE}/{SITE}/power/solar_power"}
        home.spy.until(lambda: wanted <= home.spy.retained.keys(), "cars and site", 30)
        assert home.spy.retained[f"{BASE}/bridge/state"] == "online"

    def test_passwords_are_made_once_and_never_shown(self, home: Home) -> None:
        users = ("bridge", "homeassistant", "nodered", "viewer")
        before = [home.project.password(user) for user in users]
        again = home.project.start("logins")
        assert again.wait()["StatusCode"] == 0
        assert again.logs() == b""
        assert [home.project.password(user) for user in users] == before
        assert [len(password) for password in set(before)] == [32] * len(users)

    def test_its_health_check_is_its_own_verb_and_finds_it_healthy(self, home: Home) -> None:
        home.bridge.reload()
        kind, *check = home.bridge.attrs["Config"]["Healthcheck"]["Test"]
        assert (kind, check) == ("CMD", ["fleet2mqtt", "health"])
        until_healthy(home.bridge, shlex.join(check))

    @pytest.mark.case("S18")
    def test_nobody_else_can_read_what_it_keeps(self, home: Home) -> None:
        code = "import os; print({f: oct(os.stat('/data/' + f).st_mode & 0o777) for f in os.listdir('/data')})"
        modes = python(home.bridge, code)
        assert "fleet2mqtt.sqlite'" in modes
        assert set(re.findall(r"0o\d+", modes)) == {"0o600"}

    def test_it_starts_quickly_and_needs_little_memory(self, home: Home) -> None:
        memory = int(first_process(home.bridge, "VmRSS").split()[0]) / 1024
        measured("container start to online", home.started_in, "s")
        measured("memory", memory, "MiB")
        assert home.started_in < 20
        assert memory < 150

    def test_it_stops_within_5_seconds_and_says_offline(self, home: Home) -> None:
        began = time.monotonic()  # noqa: TID251 - a container has no clock of ours
        home.bridge.stop(timeout=10)
        took = time.monotonic() - began  # noqa: TID251 - the same
        home.bridge.reload()
        measured("stop", took, "s")
        assert took < STOPPING
        assert home.bridge.attrs["State"]["ExitCode"] == 0, home.bridge.logs()
        home.spy.until(lambda: home.spy.retained[f"{BASE}/bridge/state"] == "offline", "offline")
        assert b"Traceback" not in home.bridge.logs()


WRONG: dict[str, dict[str, str]] = {
    "FLEET2MQTT_MQTT_PORT": {"FLEET2MQTT_MQTT_PORT": "many"},
    "FLEET2MQTT_MQTT_HOSTT": {"FLEET2MQTT_MQTT_HOSTT": "broker"},
    "FLEET2MQTT_MQTT_PASSWORD_FILE": {"FLEET2MQTT_MQTT_PASSWORD_FILE": "/run/secrets/none"},
    "FLEET2MQTT_TESLA_CLIENT_ID": {},
}
"""Setting that the line names -> environment."""


@pytest.mark.containers
@pytest.mark.timeout(BUILDING)
class TestItEnds:
    @pytest.mark.parametrize("name", WRONG)
    def test_a_wrong_setting_is_one_line_and_exit_code_2(self, image: Any, name: str) -> None:
        code, lines = ended(environment=WRONG[name])
        assert code == 2
        assert len(lines) == 1
        assert lines[0].startswith(f"fleet2mqtt: {name}: ")

    def test_without_a_bridge_it_is_not_healthy(self, image: Any) -> None:
        assert ended(command=["health"]) == (1, ["no bridge is running with the data directory /data"])

    def test_root_becomes_the_user_that_puid_names(self, image: Any) -> None:
        """The simulator stands for all verbs: it needs nothing else to run."""
        container = docker.from_env().containers.run(
            IMAGE,
            ["simulate"],
            user="0",
            environment={"PUID": "1234", "PGID": "2345"},
            cap_drop=["ALL"],
            cap_add=["CHOWN", "SETUID", "SETGID"],
            detach=True,
        )
        try:
            until_healthy(
                container, "python -c \"import urllib.request as u; u.urlopen('http://127.0.0.1:8085/control/time')\""
            )
            assert first_process(container, "Uid").split() == ["1234"] * 4
            assert first_process(container, "Gid").split() == ["2345"] * 4
            assert first_process(container, "Groups") == ""
            assert python(container, "import os; s = os.stat('/data'); print(s.st_uid, s.st_gid)") == "1234 2345"
        finally:
            container.remove(force=True, v=True)

    def test_root_without_rights_starts_a_second_time_where_the_directory_is_the_users_alone(self, image: Any) -> None:
        volume = docker.from_env().volumes.create()
        how: dict[str, Any] = {
            "user": "0",
            "environment": {"PUID": "1234", "FLEET2MQTT_DATA_DIR": "/data/own"},
            "cap_drop": ["ALL"],
            "cap_add": ["CHOWN", "SETUID", "SETGID"],
            "volumes": [f"{volume.name}:/data"],
        }
        try:
            first, again = (ended(command=["keys"], **how) for _ in range(2))
            assert (first[0], again[0]) == (0, 0), again
            mode = ["-c", "import os; print(oct(os.stat('/data/own').st_mode))"]
            assert ended(command=mode, **how | {"entrypoint": "python"})[1] == ["0o40700"]
        finally:
            volume.remove(force=True)

    @pytest.mark.parametrize("puid", ["0", "me", "-1"])
    def test_puid_must_be_the_number_of_a_user_that_is_not_root(self, image: Any, puid: str) -> None:
        code, lines = ended(command=["version"], user="0", environment={"PUID": puid})
        assert (code, lines) == (2, ["fleet2mqtt: PUID: must be the number of a user, and not root's"])

    def test_puid_means_nothing_to_a_container_that_is_no_root(self, image: Any) -> None:
        assert ended(command=["version"], environment={"PUID": "1234"})[0] == 0

    def test_puid_without_the_capabilities_for_it_is_one_line(self, image: Any) -> None:
        code, lines = ended(command=["version"], user="0", environment={"PUID": "1234"}, cap_drop=["ALL"])
        assert code == 2
        assert len(lines) == 1
        assert "the capabilities CHOWN, SETUID and SETGID" in lines[0]


def ended(**how: Any) -> tuple[int, list[str]]:
    """Exit code and lines of a container that ends by itself."""
    container = docker.from_env().containers.run(IMAGE, detach=True, read_only=True, **how)
    try:
        code = int(container.wait()["StatusCode"])
        return code, container.logs().decode().splitlines()
    finally:
        container.remove(force=True, v=True)
