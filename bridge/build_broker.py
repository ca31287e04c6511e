"""Settings -> how the broker is reached."""

from __future__ import annotations

import ssl

from bridge.errors import SettingWrong
from bridge.mqtt import BrokerAddress, Mqtt, Publication
from bridge.settings import MqttSettings
from bridge.topics import TEXT, Topics


def tls(mqtt: MqttSettings) -> ssl.SSLContext | None:
    """Reads files: call it off the event loop. Raises SettingWrong."""
    if mqtt.ca_file and not mqtt.tls:
        raise SettingWrong("FLEET2MQTT_MQTT_CA_FILE: is for TLS, which is off; set FLEET2MQTT_MQTT_TLS=true")
    if not mqtt.tls:
        return None
    try:
        return ssl.create_default_context(cafile=mqtt.ca_file)
    except (OSError, ssl.SSLError) as error:
        raise SettingWrong(f"FLEET2MQTT_MQTT_CA_FILE: cannot use {mqtt.ca_file}: {error}") from None


def mqtt(settings: MqttSettings, context: ssl.SSLContext | None, topics: Topics) -> Mqtt:
    """The bridge's own connection, with its will."""
    will = Publication(topics.bridge("state"), b"offline", retain=True, content_type=TEXT)
    return Mqtt(broker_address(settings, context), will=will)


def broker_address(mqtt: MqttSettings, context: ssl.SSLContext | None, *, suffix: str = "") -> BrokerAddress:
    """`suffix` keeps a second client of ours apart: two with one id throw each other out."""
    return BrokerAddress(
        host=mqtt.host,
        port=mqtt.port,
        client_id=mqtt.client_id + suffix,
        username=mqtt.username,
        password=mqtt.password.get_secret_value() if mqtt.password else None,
        tls=context,
        keepalive=mqtt.keepalive,
    )
