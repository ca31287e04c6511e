"""The encrypted listener: its certificates, and what the bridge makes of those that it must not trust (S16)."""

from __future__ import annotations

import shutil
import ssl
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from brokers import HOST, Broker, encrypted, running_broker
from certificates import dated, made, run_script
from talk import STATE, client_side, connect, reason

from bridge.errors import BridgeError, BrokerLost, BrokerRefused
from bridge.mqtt import Mqtt

# --- mosquitto/make-certificates --------------------------------------------------------------------------


def test_it_makes_an_authority_and_a_certificate_and_keeps_their_keys_to_the_owner(tmp_path: Path) -> None:
    ended = run_script(tmp_path / "certs", "broker.home", "192.168.1.10")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "DNS:broker.home, IP:192.168.1.10" in ended.stdout
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "certs").iterdir()}
    assert modes == {"ca.crt": 0o644, "ca.key": 0o600, "server.crt": 0o644, "server.key": 0o600}


def test_it_shows_no_key(tmp_path: Path) -> None:
    ended = run_script(tmp_path, "broker.home")
    keys = "".join(path.read_text() for path in tmp_path.glob("*.key")).splitlines()
    assert keys
    assert not any(line in ended.stdout + ended.stderr for line in keys)


def test_it_overwrites_nothing(tmp_path: Path) -> None:
    made(tmp_path)
    before = contents(tmp_path)
    ended = run_script(tmp_path, "broker.home")
    assert ended.returncode == 1
    assert f"{tmp_path}/server.crt is there" in ended.stderr
    assert contents(tmp_path) == before


def contents(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def test_a_new_certificate_is_of_the_same_authority_so_no_client_notices(tmp_path: Path) -> None:
    made(tmp_path)
    before = contents(tmp_path)
    (tmp_path / "server.crt").unlink()
    (tmp_path / "server.key").unlink()
    made(tmp_path, "broker.home")
    after = contents(tmp_path)
    assert {name for name in after if after[name] == before[name]} == {"ca.crt", "ca.key"}
    assert_strictly_trusted(tmp_path)


def test_an_authority_without_its_key_is_left_as_it_is(tmp_path: Path) -> None:
    made(tmp_path)
    for name in ("ca.key", "server.crt", "server.key"):
        (tmp_path / name).unlink()
    before = contents(tmp_path)
    assert run_script(tmp_path, "broker.home").returncode == 1
    assert contents(tmp_path) == before


@pytest.mark.parametrize("names", [(), ("",), ("a b",), ("broker.home,DNS:bank.example",), ("-days",), ("x\ny",)])
def test_what_is_no_name_is_refused_before_anything_is_made(tmp_path: Path, names: tuple[str, ...]) -> None:
    ended = run_script(tmp_path / "certs", *names)
    assert ended.returncode == 2
    assert ended.stderr.startswith("make-certificates: ")
    assert not (tmp_path / "certs").exists()


@pytest.mark.parametrize("name", ["broker.home", "192.168.1.10", "fd00::10", "a-" * 40 + "z.example"])
def test_strict_clients_trust_it_under_the_names_it_was_made_for(tmp_path: Path, name: str) -> None:
    made(tmp_path, "first.example", name)
    assert_strictly_trusted(tmp_path)
    flag = "-verify_ip" if set(name) <= set("0123456789.:abcdf") else "-verify_hostname"
    verified = subprocess.run(
        ["openssl", "verify", flag, name, "-CAfile", tmp_path / "ca.crt", tmp_path / "server.crt"], check=False
    )
    assert verified.returncode == 0


def assert_strictly_trusted(certificates: Path) -> None:
    """As Python does by itself from 3.13 on, which the bridge's image has."""
    verify = ["openssl", "verify", "-x509_strict", "-purpose", "sslserver"]
    files = ["-CAfile", str(certificates / "ca.crt"), str(certificates / "server.crt")]
    assert subprocess.run([*verify, *files], check=False).returncode == 0


# --- the bridge's end -------------------------------------------------------------------------------------

LISTENERS = ("plain", "good", "expired", "early", "other name")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory for each encrypted listener; all are of one authority."""
    directory = tmp_path_factory.mktemp("certificates")
    good = made(directory / "good")
    dated(directory / "expired", good, begins=-9, ends=-1)
    dated(directory / "early", good, begins=1, ends=9)
    shutil.copytree(good, directory / "other name", ignore=shutil.ignore_patterns("server.*"))
    made(directory / "other name", "broker.home")
    return directory


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory, certificates: Path) -> Iterator[Broker]:
    """Mosquitto with the shipped tls.conf once for each certificate."""
    lines = "\n".join(encrypted(certificates / name) for name in LISTENERS[1:])
    with running_broker(tmp_path_factory.mktemp("broker"), extra=lines) as running:
        yield running


@pytest.mark.mosquitto
async def test_with_the_authority_in_hand_everything_goes_encrypted(broker: Broker, certificates: Path) -> None:
    context = client_side(certificates / "good")
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    async with connect(broker, port=broker.ports[1], tls=context) as bridge:
        assert await reason(bridge, STATE, b"online") < 128


@pytest.mark.case("S16")
@pytest.mark.mosquitto
async def test_nothing_older_than_tls_1_2_is_spoken(broker: Broker, certificates: Path) -> None:
    context = client_side(certificates / "good")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.raises(BrokerLost, match="alert"):
        async with connect(broker, port=broker.ports[1], tls=context):
            pass


SET_THE_AUTHORITY = "set FLEET2MQTT_MQTT_CA_FILE to the certificate of the authority that signed it"

REFUSALS: dict[tuple[str, str], tuple[type[BridgeError], str, str]] = {
    # the listener, the authority that is trusted -> what it is, and what to do
    ("good", "the system's"): (BrokerRefused, "unable to get local issuer certificate", SET_THE_AUTHORITY),
    ("good", "another"): (BrokerRefused, "unable to get local issuer certificate", SET_THE_AUTHORITY),
    ("expired", "ours"): (BrokerRefused, "certificate has expired", "make a new one"),
    ("early", "ours"): (BrokerRefused, "certificate is not yet valid", "is a clock wrong"),
    ("other name", "ours"): (BrokerRefused, f"is not valid for '{HOST}'", "set FLEET2MQTT_MQTT_HOST to a name"),
    ("plain", "ours"): (BrokerLost, "no encryption", "is this its port for TLS, usually 8883?"),
    ("good", "none"): (BrokerLost, "closed the connection unasked", "or does this port want TLS?"),
}


@pytest.mark.case("S16")
@pytest.mark.mosquitto
@pytest.mark.parametrize(("listener", "authority"), REFUSALS)
async def test_a_refusal_names_what_is_wrong_and_what_to_do(
    broker: Broker, certificates: Path, tmp_path: Path, listener: str, authority: str
) -> None:
    kind, wrong, advice = REFUSALS[listener, authority]
    trusted = {
        "ours": client_side(certificates / "good"),
        "another": client_side(made(tmp_path)),
        "the system's": ssl.create_default_context(),
        "none": None,
    }
    address = broker.address(port=broker.ports[LISTENERS.index(listener)], tls=trusted[authority])
    with pytest.raises(kind) as refused:
        async with Mqtt(address, will=None).connected():
            pass
    assert wrong in str(refused.value)
    assert advice in str(refused.value)


@pytest.mark.case("S16")
@pytest.mark.mosquitto
async def test_a_name_is_compared_too(broker: Broker, certificates: Path) -> None:
    address = broker.address(port=broker.ports[1], tls=client_side(certificates / "good"))
    with pytest.raises(BrokerRefused, match="Hostname mismatch, certificate is not valid for 'localhost'"):
        async with Mqtt(replace(address, host="localhost"), will=None).connected():
            pass
