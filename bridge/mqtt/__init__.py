"""The asyncio face of paho-mqtt: one `Connection` for each successful connect, nothing carried over to the next.

    async with Mqtt(address, will=will).connected() as connection:
        await connection.subscribe(filters)
        connection.publish(publication)
        async for message in connection.messages: ...

paho keeps unacknowledged messages and sends them again after a reconnect: that replays old states, and makes an endless
loop of a message the broker throws us out for (reliability.md D8). So every connect has a client of its own.
"""

from bridge.mqtt.backoff import BackOff
from bridge.mqtt.client import Mqtt
from bridge.mqtt.connection import Connection, Taken
from bridge.mqtt.messages import BrokerAddress, Inbox, Message, Publication

__all__ = ["BackOff", "BrokerAddress", "Connection", "Inbox", "Message", "Mqtt", "Publication", "Taken"]
