"""fleet2mqtt: Tesla cars, Powerwalls and wall connectors on MQTT."""
