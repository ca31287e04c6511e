"""The brokers that come with the bridge: the embedded one, and the configuration for Mosquitto."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import stat
import subprocess
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from brokers import ACL, HOST, ROOT, SHIPPED, USERS, Broker, encrypted, mosquitto, running_broker, write_passwords
from certificates import made
from doc_pages import page
from paho.mqtt.client import topic_matches_sub
from talk import connect, reason
from test_docs import _topics as every_topic

from bridge.broker import embedded_broker
from bridge.errors import BrokerLost, BrokerRefused
from bridge.mqtt import BrokerAddress, Connection, Mqtt, Publication

# --- the embedded broker ----------------------------------------------------------------------------------


async def test_the_embedded_broker_serves_mqtt_5_on_a_free_port_and_is_gone_afterwards() -> None:
    async with (
        embedded_broker() as port,
        Mqtt(BrokerAddress(HOST, port, "fleet2mqtt"), will=None).connected() as bridge,
    ):
        assert await reason(bridge, "fleet2mqtt/bridge/state", b"online", retain=True) < 128
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(HOST, port)


async def test_the_embedded_broker_says_that_its_port_is_taken() -> None:
    async with embedded_broker() as port:
        with pytest.raises(BrokerLost, match="Address already in use"):
            async with embedded_broker(port):
                pass


# --- Mosquitto --------------------------------------------------------------------------------------------

VEHICLE = "fleet2mqtt/vehicle/LRW3E7FS2NC000001"

PAGE = page(ROOT / "docs/broker.md")

TABLE = {
    row.cells["topic"].strip("`"): tuple(row.cells[f"`{user}`"] for user in USERS)
    for row in PAGE.table("Users and the ACL")
    if "topic" in row.cells
}
"""Of docs/broker.md: topics -> what each of the users may do."""

STRANGE = (
    "fleet2mqtt/wall_connector/ID/anything/else",
    "fleet2mqtt/vehicle/ID/set/a/b",
    "fleet2mqtt/response/a/b",
    "fleet2mqtt/vehicle/ID/location/a/b",
    "homeassistant/sensor/ID/config",
    "homeassistant/device/ID/ID/config",
    "homeassistant/switch/kitchen/set",
    "fleet2mqtt2/vehicle/ID/charge",
    "somebody/else",
)
"""Topics that are none of the bridge's."""


def fits(topic: str) -> str:
    """The first line of the table that fits."""
    return next(line for line in TABLE if topic_matches_sub(re.sub("<[^>]*>", "+", line), topic))


Rights = dict[str, tuple[str, ...]]


@pytest.fixture(scope="module")
def rights(tmp_path_factory: pytest.TempPathFactory) -> Rights:
    """Each topic -> what each of the users may do, as the broker shows it."""
    directory = tmp_path_factory.mktemp("broker")
    with running_broker(directory, acl=f"{ACL}\nuser everything\ntopic readwrite #\n") as broker:
        broker.stop()
        write_passwords(directory / "passwd", "everything")
        broker.start()
        return asyncio.run(tried(broker, [*every_topic(), *STRANGE]))


async def tried(broker: Broker, topics: Sequence[str]) -> Rights:
    may_write, may_read = [], []
    for user in USERS:
        async with connect(broker, user) as writer:
            codes = await asyncio.gather(*(reason(writer, topic) for topic in topics))
            may_write.append({topic for topic, code in zip(topics, codes, strict=True) if code < 128})
        async with connect(broker, user) as reader, connect(broker, "everything") as other:
            await reader.subscribe(["#"])
            for topic in (*topics, LAST):
                other.publish(Publication(topic, b"1"))
            may_read.append({topic async for topic in _until_the_last(reader)})
    return {
        topic: tuple(
            ", ".join(word for word, allowed in (("read", reads), ("write", writes)) if topic in allowed) or "-"
            for reads, writes in zip(may_read, may_write, strict=True)
        )
        for topic in topics
    }


LAST = "fleet2mqtt/account/last"
"""Everybody may read it."""


async def _until_the_last(reader: Connection) -> AsyncIterator[str]:
    async with asyncio.timeout(20):
        async for message in reader.messages:
            if message.topic == LAST:
                return
            yield message.topic


@pytest.mark.case("S1")
@pytest.mark.mosquitto
@pytest.mark.parametrize("line", TABLE)
def test_everybody_may_read_and_write_what_they_need_and_no_more(rights: Rights, line: str) -> None:
    found = {topic: has for topic, has in rights.items() if fits(topic) == line}
    assert found
    assert found == dict.fromkeys(found, TABLE[line])


@pytest.mark.case("S1")
@pytest.mark.mosquitto
@pytest.mark.parametrize("username", [None, "stranger"])
async def test_whoever_is_not_named_is_not_let_in(broker: Broker, username: str | None) -> None:
    with pytest.raises(BrokerRefused, match="user name or password is wrong"):
        async with connect(broker, username=username):
            pass


@pytest.mark.mosquitto
async def test_retained_values_are_on_disk_after_an_orderly_stop(broker: Broker, tmp_path: Path) -> None:
    async with connect(broker) as bridge:
        assert await reason(bridge, f"{VEHICLE}/charge/battery_level", b"80", retain=True) < 128
    broker.stop()
    assert b"battery_level" in (tmp_path / "mosquitto.db").read_bytes()


@pytest.mark.mosquitto
def test_the_broker_has_nothing_to_say_against_its_configuration(tmp_path: Path) -> None:
    """No version calls an option deprecated, or a file too open."""
    lines = encrypted(made(tmp_path / "certs"))
    with running_broker(tmp_path, extra=f"{lines}log_dest file {tmp_path}/log") as broker:
        broker.stop()
    *before_it_listens, _ = (tmp_path / "log").read_text().lower().split("opening ipv4 listen socket")
    assert len(before_it_listens) == 2
    said = "".join(before_it_listens).replace("warning: mosquitto should not be run as root", "")
    assert not re.search("warning|deprecated|error", said)


def test_the_page_tells_how_to_adapt_every_path() -> None:
    (adapt,) = re.findall(r"sed -i '(.+)'", "".join(content for _, content in PAGE.fences))
    shipped = "".join((SHIPPED / name).read_text() for name in ("mosquitto.conf", "tls.conf"))
    adapted = subprocess.run(["sed", adapt], input=shipped, capture_output=True, text=True, check=True).stdout
    paths = {line.split()[1] for line in adapted.splitlines() if re.match(r"\w+ /", line)}
    assert {Path(path).parts[:3] for path in paths} == {("/", "etc", "mosquitto"), ("/", "var", "lib")}


@pytest.mark.mosquitto
async def test_without_passwords_it_is_reachable_from_this_machine_only(tmp_path: Path) -> None:
    broker = mosquitto(tmp_path, configuration="anonymous.conf")
    assert f"listener {broker.port} 127.0.0.1\n" in (tmp_path / "mosquitto.conf").read_text()
    broker.start()
    try:
        async with connect(broker, username=None, password=None) as anybody:
            assert await reason(anybody, "fleet2mqtt/bridge/state") < 128
    finally:
        broker.kill()


# --- mosquitto/make-logins --------------------------------------------------------------------------------


class Logins:
    """The script in a directory of its own: what it made, and all that it ever said."""

    def __init__(self, directory: Path) -> None:
        self.shipped = directory / "shipped"
        self.config = directory / "config"
        self.directory = directory / "logins"
        self.said = ""
        shutil.copytree(SHIPPED, self.shipped, ignore=shutil.ignore_patterns("certs"))

    def make(self) -> None:
        me = {"BROKER_USER": f"{os.getuid()}:{os.getgid()}", "BRIDGE_USER": str(os.getuid())}
        ended = subprocess.run(
            [SHIPPED / "make-logins", self.shipped, self.config, self.directory],
            env=os.environ | me,
            capture_output=True,
            text=True,
            check=True,
        )
        self.said += ended.stdout + ended.stderr

    @property
    def passwords(self) -> dict[str, str]:
        return {path.name: path.read_text().strip() for path in self.directory.iterdir()}


@pytest.fixture
def logins(tmp_path: Path) -> Logins:
    return Logins(tmp_path / "made")


@pytest.mark.mosquitto
def test_everybody_gets_a_long_password_that_nobody_else_can_read(logins: Logins) -> None:
    logins.make()
    assert logins.passwords.keys() == {*USERS}
    assert {len(password) for password in logins.passwords.values()} == {32}
    files = [*logins.directory.iterdir(), *logins.config.iterdir()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


@pytest.mark.mosquitto
def test_a_password_is_never_shown_and_stays_what_it_is(logins: Logins) -> None:
    logins.make()
    first = logins.passwords
    (logins.directory / "viewer").unlink()
    logins.make()
    assert {user for user in USERS if logins.passwords[user] == first[user]} == {*USERS} - {"viewer"}
    made = "\n".join(path.read_text() for path in logins.config.iterdir())
    assert not any(password in logins.said + made for password in (*first.values(), *logins.passwords.values()))


@pytest.mark.mosquitto
async def test_the_broker_takes_the_passwords(logins: Logins, tmp_path: Path) -> None:
    logins.make()
    broker = mosquitto(tmp_path)
    shutil.copy(logins.config / "passwd", tmp_path)
    broker.start()
    try:
        for user, password in logins.passwords.items():
            async with connect(broker, user, password=password):
                pass
    finally:
        broker.kill()


@pytest.mark.mosquitto
def test_once_there_are_certificates_the_broker_is_told_of_them(logins: Logins) -> None:
    configuration, certificates = logins.config / "mosquitto.conf", logins.config / "certs"
    logins.make()
    assert configuration.read_text() == (SHIPPED / "mosquitto.conf").read_text()
    assert not certificates.exists()
    made(logins.shipped / "certs")
    logins.make()
    logins.make()
    assert configuration.read_text() == "".join((SHIPPED / name).read_text() for name in ("mosquitto.conf", "tls.conf"))
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in certificates.iterdir()} == {
        "server.crt": 0o600,
        "server.key": 0o600,
    }
