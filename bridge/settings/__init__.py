"""The settings: their tree, where they come from, and one clear line for each that is wrong."""

from bridge.settings.loading import load, names
from bridge.settings.tree import (
    CommandSettings,
    HomeAssistantSettings,
    LogFormat,
    LogSettings,
    MqttSettings,
    PollingSettings,
    RegionName,
    Settings,
    TeslaSettings,
    TokenType,
)

__all__ = [
    "CommandSettings",
    "HomeAssistantSettings",
    "LogFormat",
    "LogSettings",
    "MqttSettings",
    "PollingSettings",
    "RegionName",
    "Settings",
    "TeslaSettings",
    "TokenType",
    "load",
    "names",
]
