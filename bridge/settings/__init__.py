"""The settings: their tree, where they come from, and one clear line for each that is wrong."""

from bridge.settings.accounts import FIRST, of_all
from bridge.settings.loading import load, names
from bridge.settings.tesla import RegionName, TeslaSettings, TokenType
from bridge.settings.tree import (
    CommandSettings,
    HomeAssistantSettings,
    LogFormat,
    LogSettings,
    MetricsSettings,
    MqttSettings,
    PollingSettings,
    Settings,
    WakePolicy,
)

__all__ = [
    "FIRST",
    "CommandSettings",
    "HomeAssistantSettings",
    "LogFormat",
    "LogSettings",
    "MetricsSettings",
    "MqttSettings",
    "PollingSettings",
    "RegionName",
    "Settings",
    "TeslaSettings",
    "TokenType",
    "WakePolicy",
    "load",
    "names",
    "of_all",
]
