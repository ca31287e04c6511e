"""The validator of payloads itself: what Home Assistant takes, and what it would complain of, in its words."""

from __future__ import annotations

import pytest
from ha_cases import TIME_TOPIC, sound, sound_time
from ha_contract import Log, check_payload, components_of

COMPONENTS = {**sound()["components"], **components_of(TIME_TOPIC, sound_time())}

GOOD: list[tuple[str, str]] = [
    ("sensor", "80"),
    ("sensor", "-7.25"),
    ("sensor", "None"),
    ("word", "p"),
    ("word", "None"),
    ("moment", "2026-07-01T12:00:00+02:00"),
    ("moment", "None"),
    ("note", "x" * 255),
    ("binary_sensor", "true"),
    ("binary_sensor", "None"),
    ("switch", "false"),
    ("number", "50"),
    ("number", "None"),
    ("select", "low"),
    ("select", "None"),
    ("lock", "true"),
    ("cover", "false"),
    ("cover", "None"),
    ("text", "Nikola"),
    ("time", "07:30:00"),
    ("time", "None"),
    ("update", "{}"),
    ("update", '{"installed_version": "1", "latest_version": "2", "in_progress": true, "update_percentage": null}'),
]

BAD: list[tuple[str, str, Log]] = [
    ("sensor", "much", Log.VALUE),
    ("sensor", "nan", Log.VALUE),
    ("sensor", "inf", Log.VALUE),
    ("heading", "true", Log.VALUE),
    ("word", "r", Log.ENUM),
    ("word", "", Log.ENUM),
    ("moment", "2026-07-01T12:00:00", Log.MOMENT),
    ("moment", "soon", Log.MOMENT),
    ("moment", "", Log.MOMENT),
    ("note", "x" * 256, Log.TOO_LONG),
    ("binary_sensor", "True", Log.ON_OFF),
    ("switch", "1", Log.SILENT),
    ("number", "101", Log.RANGE),
    ("number", "49.9", Log.RANGE),
    ("number", "", Log.NO_NUMBER),
    ("number", "nan", Log.NO_NUMBER),
    ("select", "high", Log.SELECT),
    ("lock", "ajar", Log.SILENT),
    ("cover", "ajar", Log.COVER),
    ("cover", "", Log.COVER),
    ("text", "x" * 41, Log.VALUE),
    ("update", "2026.1", Log.SCHEMA),
    ("update", "2026.1.2", Log.SCHEMA),
    ("update", '{"version": "1"}', Log.SCHEMA),
    ("update", '{"latest_version": null}', Log.SCHEMA),
    ("update", '{"release_url": "example.com"}', Log.SCHEMA),
    ("update", '{"in_progress": 40}', Log.SCHEMA),
    ("update", '{"update_percentage": 101}', Log.SCHEMA),
    ("time", "450", Log.TIME),
    ("time", "24:00:00", Log.TIME),
    ("time", "", Log.TIME),
    ("button", "PRESS", Log.SILENT),
]


@pytest.mark.parametrize(("key", "text"), GOOD)
def test_payloads_that_are_fine(key: str, text: str) -> None:
    assert check_payload(COMPONENTS[key], text.encode()) == []


@pytest.mark.parametrize(("key", "text", "log"), BAD)
def test_payloads_that_are_not(key: str, text: str, log: Log) -> None:
    (complaint,) = check_payload(COMPONENTS[key], text.encode())
    assert complaint.startswith(log)


PLACE = '{"latitude": 52.5, "longitude": 13.4, "gps_accuracy": 10}'


@pytest.mark.parametrize(
    ("key", "option", "text"),
    [
        ("device_tracker", "json_attributes_topic", PLACE),
        ("device_tracker", "json_attributes_topic", "{}"),
        ("climate", "mode_state_topic", "heat_cool"),
        ("climate", "mode_state_topic", "None"),
        ("climate", "preset_mode_state_topic", "none"),
        ("climate", "temperature_state_topic", "21.5"),
        ("climate", "temperature_state_topic", "None"),
    ],
)
def test_other_topics_that_are_fine(key: str, option: str, text: str) -> None:
    assert check_payload(sound()["components"][key], text.encode(), option) == []


@pytest.mark.parametrize(
    ("key", "option", "text", "log"),
    [
        ("device_tracker", "json_attributes_topic", "", Log.NO_OBJECT),
        ("device_tracker", "json_attributes_topic", '{"latitude": NaN}', Log.NO_OBJECT),
        ("device_tracker", "json_attributes_topic", "null", Log.LIST),
        ("device_tracker", "json_attributes_topic", '{"latitude": 52.5}', Log.PLACE),
        ("device_tracker", "json_attributes_topic", '{"latitude": null, "longitude": null}', Log.PLACE),
        ("device_tracker", "json_attributes_topic", PLACE.replace("10}", '"10"}'), Log.PLACE),
        ("note", "json_attributes_topic", '{"icon": "mdi:x"}', Log.SILENT),
        ("climate", "mode_state_topic", "cool", Log.MODE),
        ("climate", "preset_mode_state_topic", "party", Log.PRESET),
        ("climate", "temperature_state_topic", "LO", Log.TEMPERATURE),
        ("climate", "current_temperature_topic", "nan", Log.TEMPERATURE),
    ],
)
def test_other_topics_that_are_not(key: str, option: str, text: str, log: Log) -> None:
    (complaint,) = check_payload(sound()["components"][key], text.encode(), option)
    assert complaint.startswith(log)


def test_bytes_that_are_no_text() -> None:
    assert check_payload(sound()["components"]["note"], b"\xff")[0].startswith(Log.BYTES)
