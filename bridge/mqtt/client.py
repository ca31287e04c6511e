"""Knows the broker and the will; connects when asked."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from bridge import clock
from bridge.errors import BrokerLost, BrokerRefused
from bridge.mqtt.connection import PATIENCE, Connection
from bridge.mqtt.messages import BrokerAddress, Publication
from bridge.mqtt.packets import connect_properties, will_properties
from bridge.mqtt.quick import QuickClient


class Mqtt:
    """The way to one broker."""

    def __init__(
        self, address: BrokerAddress, *, will: Publication | None, elapsed: Callable[[], float] = clock.elapsed
    ) -> None:
        """`elapsed` counts seconds, a machine's sleep too."""
        self._address = address
        self._will = will
        self._elapsed = elapsed

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[Connection]:
        """One attempt. Raises BrokerRefused if a person must act, BrokerLost if the broker cannot be reached.

        On leaving, the broker gets `PATIENCE` to acknowledge what was published, then a clean DISCONNECT: no will.
        Who leaves by an error, or is cancelled, does not wait.
        """
        client = _client(self._address, self._will)
        await _dial(client, self._address)
        async with Connection(client, self._address, self._elapsed) as connection:
            yield connection

    def aside(self) -> Mqtt:
        """The same way with another client id and without the will: to look at the broker."""
        return Mqtt(
            replace(self._address, client_id=f"{self._address.client_id}-aside"), will=None, elapsed=self._elapsed
        )


def _at_debug(record: logging.LogRecord) -> bool:
    """A lost connection is told once, by who has asked for it; paho calls it an error at every attempt."""
    if str(record.msg).startswith(_TOLD_OTHERWISE):
        record.levelno, record.levelname = logging.DEBUG, "DEBUG"
    return _paho_log.isEnabledFor(record.levelno)


_TOLD_OTHERWISE = ("failed to receive on socket", "timeout on socket")
_paho_log = logging.getLogger("paho.mqtt.client")
_paho_log.addFilter(_at_debug)


def _client(address: BrokerAddress, will: Publication | None) -> Client:
    client = QuickClient(
        CallbackAPIVersion.VERSION2,
        address.client_id,
        protocol=MQTTProtocolVersion.MQTTv5,
        transport=address.transport,
        reconnect_on_failure=False,
    )
    client.enable_logger(_paho_log)
    client.suppress_exceptions = True  # one that leaves a callback would make paho read that packet for ever
    client.connect_timeout = PATIENCE
    client.username_pw_set(address.username, address.password)
    client.ws_set_options(path=address.path)
    if address.tls:
        address.tls.sslsocket_class = _ClosesItself
        client.tls_set_context(address.tls)
    if will:
        client.will_set(will.topic, will.payload, will.qos, will.retain, will_properties(will))
    return client


_STRANGER = "set FLEET2MQTT_MQTT_CA_FILE to the certificate of the authority that signed it"
_OTHER_NAME = "set FLEET2MQTT_MQTT_HOST to a name that it holds, or make one for this name"
_DISTRUST = {
    9: "is a clock wrong, here or where it was made?",
    10: "make a new one, or is the clock here wrong?",
    62: _OTHER_NAME,
    64: _OTHER_NAME,
}
"""OpenSSL's codes for what is wrong with a certificate -> what to do. Else its authority is a stranger."""


class _ClosesItself(ssl.SSLSocket):
    """paho 2.2 forgets the socket whose handshake failed; the broker would keep its end open."""

    def do_handshake(self, block: bool = False) -> None:  # noqa: FBT001, FBT002 - the standard library's signature
        try:
            super().do_handshake(block)
        except ssl.SSLCertVerificationError:
            self.close()
            raise
        except OSError as error:
            self.close()
            raise OSError(f"no encryption: {error}; is this its port for TLS, usually 8883?") from error


async def _dial(client: Client, address: BrokerAddress) -> None:
    """TCP, TLS and CONNECT, in a thread, because name look-up and handshakes block. No callback is set yet."""
    connect = partial(
        client.connect,
        address.host,
        address.port,
        address.keepalive,
        clean_start=True,
        properties=connect_properties(address),
    )
    attempt = asyncio.get_running_loop().run_in_executor(None, connect)
    try:
        await asyncio.shield(attempt)
    except asyncio.CancelledError:
        attempt.add_done_callback(lambda _: client.disconnect())
        raise
    except ssl.SSLCertVerificationError as error:
        why, advice = error.verify_message.rstrip("."), _DISTRUST.get(error.verify_code, _STRANGER)
        raise BrokerRefused(f"the certificate of {address} is not trusted: {why}; {advice}") from error
    except (OSError, ValueError) as error:
        raise BrokerLost(f"the broker {address} cannot be reached: {error}") from error
