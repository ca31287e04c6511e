"""`keys` and `serve-key`: a person makes a pair, sees the public half, and serves nothing but that."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest
from verbs import call, settings_of

from bridge.cli import own_flags
from bridge.errors import SettingWrong
from bridge.fleet import keys
from bridge.fleet.key_page import KIND, PATH

Out = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    settings_of(monkeypatch, tmp_path, tesla_domain="bridge.example.com")
    return tmp_path / "data"


# --- keys ---------------------------------------------------------------------------------------------------------


def test_the_first_time_a_pair_is_made(data: Path, capsys: Out) -> None:
    assert call("keys") == 0
    said, public = capsys.readouterr().out, keys.public_key(data / keys.FILE)
    assert "A new key pair was made." in said
    assert public.pem in said
    assert f"\n{public.hex}\n" in said
    assert f"https://bridge.example.com{PATH}" in said


def test_the_private_half_is_never_shown(data: Path, capsys: Out) -> None:
    call("keys")
    call("keys", "--replace")
    said = capsys.readouterr().out
    for path in data.iterdir():
        assert not any(line in said for line in path.read_text().splitlines())


def test_from_then_on_it_is_shown(capsys: Out) -> None:
    call("keys")
    first = capsys.readouterr().out
    call("keys")
    assert first == f"A new key pair was made.\n{capsys.readouterr().out}"


def test_without_a_domain_the_setting_is_named(monkeypatch: pytest.MonkeyPatch, capsys: Out) -> None:
    monkeypatch.delenv("FLEET2MQTT_TESLA_DOMAIN")
    call("keys")
    assert "Set FLEET2MQTT_TESLA_DOMAIN" in capsys.readouterr().out


def test_replacing_keeps_the_old_key_and_says_what_it_costs(data: Path, capsys: Out) -> None:
    call("keys")
    first = keys.public_key(data / keys.FILE)
    assert call("keys", "--replace") == 0
    said = capsys.readouterr().out
    assert "EVERY CAR MUST BE PAIRED ANEW" in said
    assert str(data / "private-key.pem.old-1") in said
    assert keys.public_key(data / "private-key.pem.old-1") == first
    assert keys.public_key(data / keys.FILE).hex in said


def test_there_must_be_something_to_replace() -> None:
    with pytest.raises(SettingWrong, match="no key to replace"):
        call("keys", "--replace")


def test_a_key_of_the_owners_own_is_shown_and_left_alone(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Out
) -> None:
    public = keys.make(tmp_path)
    own = (tmp_path / keys.FILE).rename(tmp_path / "own.pem")
    monkeypatch.setenv("FLEET2MQTT_TESLA_KEY_FILE", str(own))
    call("keys")
    assert public.hex in capsys.readouterr().out
    with pytest.raises(SettingWrong, match="is yours to replace"):
        call("keys", "--replace")
    assert (keys.public_key(own), data.exists()) == (public, False)


def test_a_damaged_key_is_told_and_left_as_it_is(data: Path) -> None:
    data.mkdir()
    (data / keys.FILE).write_bytes(b"")
    (data / keys.FILE).chmod(0o600)
    with pytest.raises(SettingWrong, match="is no private key"):
        call("keys")
    assert (data / keys.FILE).read_bytes() == b""


# --- the command line ---------------------------------------------------------------------------------------------


def program(*given: str) -> subprocess.CompletedProcess[str]:
    fleet2mqtt = Path(sys.executable).with_name("fleet2mqtt")
    return subprocess.run([fleet2mqtt, *given], capture_output=True, text=True, check=False, timeout=30)


def test_a_verbs_own_flags_stand_beside_settings(tmp_path: Path) -> None:
    made = program("keys", "--data-dir", str(tmp_path / "other"))
    again = program("keys", "--replace", f"--data-dir={tmp_path / 'other'}")
    assert (made.returncode, again.returncode) == (0, 0), made.stderr + again.stderr
    assert {path.name for path in (tmp_path / "other").iterdir()} == {keys.FILE, f"{keys.FILE}.old-1"}


def test_a_flag_that_is_neither_is_refused_without_its_value() -> None:
    ended = program("keys", "--replaces=hunter2-canary")
    assert (ended.returncode, ended.stderr.split(":")[1].strip()) == (2, "--replaces")
    assert "canary" not in ended.stderr + ended.stdout


@pytest.mark.parametrize("verb", ["keys", "serve-key", "register", "pair"])
def test_no_flag_of_a_verb_hides_a_setting(verb: str) -> None:
    from bridge.settings import names  # noqa: PLC0415

    flags = {"--" + name.removeprefix("FLEET2MQTT_").replace("_", "-").lower() for name in names()}
    assert not own_flags(verb) & flags


# --- serve-key ----------------------------------------------------------------------------------------------------


@contextmanager
def serving(*given: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The program as a process; gives the base URL that it tells."""
    command = [str(Path(sys.executable).with_name("fleet2mqtt")), "serve-key", "--port", "0", *given]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        line = process.stdout.readline()
        assert line.startswith("Serving the public key at http://"), process.communicate(timeout=5)
        url = urlsplit(line.split()[5].removesuffix("."))
        yield f"{url.scheme}://{url.netloc}", process
    finally:
        process.kill()
        process.communicate()


def test_exactly_the_public_key_is_served(data: Path) -> None:
    public = keys.make(data)
    with serving() as (url, _), httpx2.Client(base_url=url) as http:
        got, head = http.get(PATH), http.head(PATH)
        assert (got.status_code, got.text, got.headers["content-type"]) == (200, public.pem, KIND)
        assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(public.pem)))
        others = (
            "/",
            f"{PATH}/",
            f"{PATH}?x=1",
            "/private-key.pem",
            f"{PATH}/../../../private-key.pem",
            "//etc/passwd",
        )
        answers = [http.get(path) for path in others]
        assert {answer.status_code for answer in answers} == {404}
        assert http.head("/private-key.pem").status_code == 404
        assert not any("BEGIN" in answer.text for answer in answers)
        assert http.post(PATH).status_code == 501


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_stopped(data: Path, number: signal.Signals) -> None:
    keys.make(data)
    with serving() as (url, process):
        assert httpx2.get(f"{url}{PATH}").status_code == 200
        process.send_signal(number)
        assert process.wait(10) == 0


def test_who_asks_is_written_nowhere(data: Path) -> None:
    keys.make(data)
    with serving() as (url, process):
        httpx2.get(f"{url}/secret-path")
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=10)
    assert "secret-path" not in out + err
    assert err == ""


def test_a_connection_that_says_nothing_stops_nobody(data: Path) -> None:
    keys.make(data)
    with serving() as (url, process), httpx2.Client(base_url=url) as http:
        import socket  # noqa: PLC0415

        place = urlsplit(url)
        with socket.create_connection((place.hostname or "", place.port or 0)):
            assert http.get(PATH).status_code == 200
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0


def test_a_port_that_is_taken_is_named(data: Path) -> None:
    keys.make(data)
    with serving() as (url, _):
        ended = program("serve-key", "--port", str(urlsplit(url).port))
    assert (ended.returncode, "cannot listen there" in ended.stderr) == (2, True)


def test_without_a_key_there_is_nothing_to_serve() -> None:
    ended = program("serve-key", "--port", "0")
    assert (ended.returncode, "`fleet2mqtt keys`" in ended.stderr) == (2, True)
    assert not os.path.lexists("data")
