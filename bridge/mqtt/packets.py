"""Between our values and paho's: properties, sizes, and what the broker's reason codes ask a person to do."""

from __future__ import annotations

from functools import lru_cache

from paho.mqtt.client import MQTTMessage
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from bridge.errors import BridgeError, BrokerLost, BrokerRefused, IdTaken
from bridge.mqtt.messages import BrokerAddress, Message, Publication

IN_FLIGHT = 20
"""QoS 1 messages under way at once, in each direction, unless the broker allows less."""

FLAWS = {
    144: "the topic is invalid",
    149: "it is larger than the broker takes",
    151: "too many messages wait for the broker's answer already",
}
"""Reason codes of MQTT 5 for what is not even sent, because the broker would throw us out or memory run full."""

COMMANDS = SubscribeOptions(
    qos=1, noLocal=True, retainAsPublished=True, retainHandling=SubscribeOptions.RETAIN_DO_NOT_SEND
)
"""No echo, no replay, and a retain flag that tells the truth (reliability.md 0.5)."""

ECHOES = SubscribeOptions(qos=1, retainAsPublished=True, retainHandling=SubscribeOptions.RETAIN_DO_NOT_SEND)
"""For what we say to ourselves."""

RETAINED = SubscribeOptions(
    qos=0, noLocal=True, retainAsPublished=True, retainHandling=SubscribeOptions.RETAIN_SEND_ON_SUBSCRIBE
)
"""To see what lies there. Not QoS 1: a broker drops what its queue of those cannot hold."""

_ADVICE = {
    132: "it does not speak MQTT 5",
    133: "it does not accept the client id {client_id!r}",
    134: "user name or password is wrong",
    135: "user name or password is wrong, or this user may not connect",
    138: "it has banned this client",
    140: "it wants another kind of login than user name and password",
    142: "another client has connected with the client id {client_id!r}. Do two bridges run with one client id? "
    "Stop one, or give each its own",
    144: "it does not accept the topic of the will",
    154: "it keeps no retained messages, and the bridge needs them",
}
"""Reason codes of CONNACK and DISCONNECT that a person must act on. All others may pass."""

_TAKEN = 142

_QUEUED = 10_000
"""Publishes that may wait for their acknowledgement."""

_TOPIC_LENGTH, _TOPIC_LEVELS = 16_000, 100
"""MQTT allows 65,535 bytes; Mosquitto ends the connection of who publishes on more than 200 levels."""

_LARGEST = 268_435_455
"""Bytes of an MQTT packet, if the broker sets no limit of its own."""

_OVERHEAD = 40
"""Bytes that a publish has at most besides topic, payload, content type and correlation."""


def error_for(code: int, name: str, address: BrokerAddress, what: str) -> BridgeError:
    """BrokerRefused with what to do, or BrokerLost."""
    if advice := _ADVICE.get(code):
        advice = advice.format(client_id=address.client_id)
        kind = IdTaken if code == _TAKEN else BrokerRefused
        return kind(f"the broker {address} refuses us: {advice} (reason {code}, {name})")
    return BrokerLost(f"{what}: {name}")


def connect_properties(address: BrokerAddress) -> Properties:
    properties = _empty(PacketTypes.CONNECT)
    properties.SessionExpiryInterval = 0
    properties.ReceiveMaximum = IN_FLIGHT
    properties.MaximumPacketSize = address.largest
    return properties


def _empty(packet: int) -> Properties:
    return Properties(packet)  # type: ignore[no-untyped-call]  # paho left this class unannotated


def will_properties(will: Publication) -> Properties | None:
    return _properties(PacketTypes.WILLMESSAGE, will.content_type, will.expiry, will.correlation)


def publish_properties(publication: Publication) -> Properties | None:
    return _packed(publication.content_type, publication.expiry, publication.correlation)


class _Packed(Properties):
    """Properties as the bytes they become. paho makes them anew for every message: a tenth of what one costs."""

    def __init__(self, properties: Properties) -> None:
        # paho's own __setattr__ takes nothing but the names of properties.
        self.__dict__.update(packetType=PacketTypes.PUBLISH, packed=properties.pack())  # type: ignore[no-untyped-call]  # as above

    def pack(self) -> bytes:
        packed: bytes = self.__dict__["packed"]
        return packed

    def __str__(self) -> str:
        """What paho logs at level debug."""
        return f"[{len(self.pack())} bytes]"


@lru_cache(maxsize=64)  # almost all messages share a few
def _packed(content_type: str | None, expiry: int | None, correlation: bytes | None) -> Properties | None:
    properties = _properties(PacketTypes.PUBLISH, content_type, expiry, correlation)
    return _Packed(properties) if properties else None


def _properties(
    packet: int, content_type: str | None, expiry: int | None, correlation: bytes | None
) -> Properties | None:
    if content_type is None and expiry is None and correlation is None:
        return None
    properties = _empty(packet)
    if content_type is not None:
        properties.ContentType = content_type
        properties.PayloadFormatIndicator = int(content_type.startswith("text/"))
    if expiry is not None:
        properties.MessageExpiryInterval = expiry
    if correlation is not None:
        properties.CorrelationData = correlation
    return properties


def flaw(publication: Publication, maximum_packet: int | None, pending: int) -> int:
    """The code of `FLAWS` that forbids to send it, or 0."""
    if not _is_publishable(publication.topic):
        return 144
    if size(publication) > (maximum_packet or _LARGEST):
        return 149
    return 151 if pending >= _QUEUED else 0


def _is_publishable(topic: str) -> bool:
    is_plain = topic.isprintable() and "+" not in topic and "#" not in topic
    return is_plain and 0 < len(topic) <= _TOPIC_LENGTH and topic.count("/") < _TOPIC_LEVELS


def size(publication: Publication) -> int:
    """Bytes on the wire, at most."""
    topic, correlation = publication.topic.encode(errors="replace"), publication.correlation or b""
    return _OVERHEAD + len(topic) + len(publication.payload) + len(correlation) + len(publication.content_type or "")


def message(raw: MQTTMessage) -> Message:
    """What paho received. Raises UnicodeDecodeError for a topic that is no text."""
    properties = raw.properties
    return Message(
        topic=raw.topic,
        payload=bytes(raw.payload),
        retain=bool(raw.retain),
        content_type=getattr(properties, "ContentType", None),
        response_topic=getattr(properties, "ResponseTopic", None),
        correlation=getattr(properties, "CorrelationData", None),
        expiry=getattr(properties, "MessageExpiryInterval", None),
    )
