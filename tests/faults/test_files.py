"""S18: what is secret on the disk is its owner's alone, whatever was there before and whatever the umask says."""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from subject import examined
from whole_house import House, empty_house

from bridge.database import FILE
from bridge.fleet import keys

pytestmark = pytest.mark.case("S18")


@pytest.fixture
def umask_000() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[House]:
    with empty_house(tmp_path) as one:
        yield one


def modes(directory: Path) -> dict[str, int]:
    """Of all files in it."""
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir()}


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def ended(directory: Path, *words: str, **settings: str) -> tuple[int, str]:
    """Exit code of a verb, and what it said on standard error."""
    environment = {"FLEET2MQTT_DATA_DIR": str(directory), "FLEET2MQTT_TESLA_REGION": "simulated"} | settings
    others = {"FLEET2MQTT_TESLA_SIMULATOR_URL": "http://127.0.0.1:1", "FLEET2MQTT_TESLA_CLIENT_ID": "simulated-client"}
    others |= {"FLEET2MQTT_TESLA_REFRESH_TOKEN": "simulated-refresh-token", "PATH": os.environ["PATH"]}
    done = subprocess.run(
        [*examined().program, *words], env=others | environment, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stderr


@pytest.mark.usefixtures("umask_000")
def test_with_umask_000_the_directory_is_0700_and_each_file_0600(home: House) -> None:
    data = home.bridge.directory / "new" / "deep" / "data"
    home.bridge.environment["FLEET2MQTT_DATA_DIR"] = str(data)
    home.start()
    found = modes(data)
    assert {FILE, f"{FILE}-wal", f"{FILE}.bak", "alive"} <= found.keys()
    assert set(found.values()) == {0o600}
    assert {mode(each) for each in (data, data.parent, data.parent.parent)} == {0o700}


def test_files_that_others_could_read_are_closed_when_it_starts(home: House) -> None:
    home.start()
    home.bridge.stop()
    data = home.bridge.directory / "data"
    for path in data.iterdir():
        path.chmod(0o644)
    home.start()
    assert {name: each for name, each in modes(data).items() if each != 0o600} == {}


def test_a_directory_that_others_could_look_into_is_closed_when_it_starts(home: House) -> None:
    data = home.bridge.directory / "data"
    data.mkdir()
    data.chmod(0o777)
    home.start()
    assert mode(data) == 0o700


def test_a_directory_meant_for_many_users_stays_as_it_is(home: House) -> None:
    """As a container's /data: nobody can remove another's file there."""
    data = home.bridge.directory / "data"
    data.mkdir()
    data.chmod(0o1777)
    home.start()
    assert mode(data) == 0o1777
    assert set(modes(data).values()) == {0o600}


@pytest.mark.parametrize("name", [FILE, f"{FILE}-wal", f"{FILE}.bak"])
def test_a_link_in_the_place_of_a_file_ends_it_with_one_line_and_writes_nothing(tmp_path: Path, name: str) -> None:
    data, target = tmp_path / "data", tmp_path / "elsewhere"
    data.mkdir()
    (data / name).symlink_to(target)
    code, said = ended(data, "run")
    assert code == 2
    assert len(said.splitlines()) == 1
    assert f"{name} is a link, which is not followed" in said
    assert not target.exists()


def test_the_private_key_that_keys_makes_is_0600_with_umask_000(tmp_path: Path, umask_000: Any) -> None:
    code, said = ended(tmp_path / "data", "keys")
    assert (code, said) == (0, "")
    assert modes(tmp_path / "data") == {keys.FILE: 0o600}
    assert mode(tmp_path / "data") == 0o700


def test_keys_follows_no_link(tmp_path: Path) -> None:
    target = tmp_path / "elsewhere"
    (tmp_path / keys.FILE).symlink_to(target)
    code, said = ended(tmp_path, "keys")
    assert code == 2
    assert "link" in said
    assert not target.exists()


def test_a_private_key_that_others_may_read_is_refused_with_what_to_do(tmp_path: Path) -> None:
    assert ended(tmp_path, "keys")[0] == 0
    (tmp_path / keys.FILE).chmod(0o644)
    code, said = ended(tmp_path, "keys")
    assert code == 2
    assert f"{keys.FILE}: others may read or write the key (mode 0644): chmod 600 it" in said


def test_a_sign_in_that_others_could_have_written_is_not_taken(home: House) -> None:
    home.start()
    left = home.bridge.directory / "data" / "sign-in-tesla.json"
    left.write_text("{}")
    left.chmod(0o666)
    home.spy.until(lambda: "others may read or write it; if it is yours, chmod 600 it" in home.bridge.log, "the line")
    assert left.exists()
