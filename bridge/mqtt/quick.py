"""paho's client, quicker at what it does most often: hearing that the broker has taken a message.

For each acknowledgement paho 2.2 makes a table of all MQTT properties, and one or two of all reason codes: more than
a quarter of what a message costs us. `_handle_pubackcomp` and what it uses are private to paho; a test notices when
paho changes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from paho.mqtt.client import Client
from paho.mqtt.enums import LogLevel, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

_SUCCESS = ReasonCode(PacketTypes.PUBACK)
_NOBODY_LISTENS = ReasonCode(PacketTypes.PUBACK, "No matching subscribers")

_TOO_LARGE = ReasonCode(PacketTypes.DISCONNECT, "Packet too large")
"""Mosquitto with `message_size_limit` says so by PUBACK, where MQTT 5 has no such code and paho ends the connection."""

_ORDINARY: Mapping[bytes, ReasonCode] = {
    b"": _SUCCESS,
    b"\x00": _SUCCESS,
    b"\x00\x00": _SUCCESS,
    b"\x10": _NOBODY_LISTENS,
    b"\x10\x00": _NOBODY_LISTENS,
    b"\x95": _TOO_LARGE,
    b"\x95\x00": _TOO_LARGE,
}
"""What follows the packet id when a message is taken and no properties come with it (MQTT 5, 3.4.2)."""

_NO_PROPERTIES = Properties(PacketTypes.PUBACK)  # type: ignore[no-untyped-call]  # paho left this class unannotated


class QuickClient(Client):
    """Reads the ordinary acknowledgements itself, and leaves all others to paho."""

    def _handle_pubackcomp(self, cmd: Literal["PUBACK", "PUBCOMP"]) -> MQTTErrorCode:
        packet = bytes(self._in_packet["packet"])
        reason = _ORDINARY.get(packet[2:])
        if reason is None or len(packet) < 2 or cmd != "PUBACK":
            return super()._handle_pubackcomp(cmd)
        packet_id = int.from_bytes(packet[:2])
        self._easy_log(LogLevel.MQTT_LOG_DEBUG, "Received %s (Mid: %d)", cmd, packet_id)
        with self._out_message_mutex:
            if packet_id in self._out_messages:
                return self._do_on_publish(packet_id, reason, _NO_PROPERTIES)
        return MQTTErrorCode.MQTT_ERR_SUCCESS
