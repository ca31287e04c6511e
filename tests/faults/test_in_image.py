"""With --subject image, the bridge of all cases is the image's, confined as compose.yaml has it (case S21)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from subject import FILES, IN_IMAGE, examined
from whole_house import House, empty_house

pytestmark = pytest.mark.case("S21")

MIB = 1024 * 1024


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    if examined() is not IN_IMAGE:
        pytest.skip("this bridge is not in its image: --subject image")
    with empty_house(tmp_path_factory.mktemp("house")) as running:
        Path(running.bridge.environment["FLEET2MQTT_DATA_DIR"]).mkdir(mode=0o700)  # as a volume is there before it
        running.start()
        yield running


@pytest.fixture
def process(one: House) -> Path:
    return Path("/proc") / str(one.bridge.process.pid)


def test_it_is_the_image_s_own(process: Path) -> None:
    assert (process / "root").readlink() == FILES
    assert (process / "cmdline").read_bytes().split(b"\0")[:2] == [
        b"/opt/fleet2mqtt/bin/python",
        b"/opt/fleet2mqtt/bin/fleet2mqtt",
    ]


def test_it_is_no_root_and_has_no_rights_and_gets_none(process: Path) -> None:
    assert (process / "uid_map").read_text().split()[0] == "10001"
    told = dict(line.split(":\t", 1) for line in (process / "status").read_text().splitlines())
    assert (int(told["CapEff"], 16), int(told["CapPrm"], 16), told["NoNewPrivs"]) == (0, 0, "1")


def test_it_can_write_to_its_data_alone(one: House, process: Path) -> None:
    """But for what every container has: devices and processes."""
    mounts = [line.split()[4:6] for line in (process / "mountinfo").read_text().splitlines()]
    ours = {place: options.split(",") for place, options in mounts if not re.match(r"/(dev|proc|sys)\b", place)}
    assert "ro" in ours["/"]
    assert [place for place, options in ours.items() if "rw" in options] == [
        one.bridge.environment["FLEET2MQTT_DATA_DIR"]
    ]


def test_its_memory_and_its_processes_have_a_limit(process: Path) -> None:
    limits = {}
    for line in (process / "cgroup").read_text().splitlines():
        _, kind, place = line.split(":", 2)
        for file in Path("/sys/fs/cgroup", kind, place.strip("/")).glob("*"):
            if file.name in {"memory.max", "memory.limit_in_bytes", "pids.max"}:
                limits[file.name.partition(".")[0]] = int(file.read_text())
    assert limits == {"memory": 256 * MIB, "pids": 100}
