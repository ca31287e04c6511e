"""The Home Assistant of the tests itself: it complains of the order of messages too."""

from __future__ import annotations

import json

import pytest
from assistant import Assistant
from ha_cases import TIME_TOPIC, TOPIC, sound, sound_time
from ha_contract import Log

from bridge.mqtt import Publication


def said(topic: str, payload: str) -> Publication:
    return Publication(topic, payload.encode(), retain=True)


def _heard(*publications: Publication) -> list[str]:
    assistant = Assistant()
    assistant.hear(publications)
    return assistant.log


SOUND = said(TOPIC, json.dumps(sound()))
GONE = said(TOPIC, "")


def test_a_sound_house_says_nothing() -> None:
    assert _heard(SOUND, said("b/availability", "online"), said("b/sensor", "80"), GONE) == []


@pytest.mark.parametrize(
    ("publications", "log"),
    [
        ([SOUND, said("b/number", "101")], Log.RANGE),
        ([said("b/number", "101"), SOUND], Log.RANGE),
        ([SOUND, said("b/number", ""), GONE], Log.NO_NUMBER),
        ([SOUND, said("b/availability", "ready")], Log.SILENT),
        ([SOUND, SOUND, GONE, GONE], Log.NOTHING_TO_CLEAN),
        ([said(TOPIC, json.dumps(sound() | {"qos": 3}))], Log.DEVICE),
    ],
    ids=["state", "state held by the broker", "emptied too early", "availability", "removed twice", "document"],
)
def test_what_it_complains_of(publications: list[Publication], log: Log) -> None:
    (complaint,) = _heard(*publications)
    assert complaint.startswith(log)


def test_nobody_listens_to_what_was_removed() -> None:
    without = sound()
    without["components"] = {"number": {"platform": "number"}}
    assert _heard(SOUND, said(TOPIC, json.dumps(without)), said("b/number", "101")) == []
    assert _heard(SOUND, GONE, said("b/number", "101")) == []


def test_a_component_alone_is_heard_and_removed_like_the_others() -> None:
    alone = said(TIME_TOPIC, json.dumps(sound_time()))
    gone = said(TIME_TOPIC, "")
    assert _heard(SOUND, alone, said("b/time", "07:30:00"), gone, gone, said("b/time", "soon")) == []
    assert len(_heard(SOUND, alone, said("b/time", "soon"))) == 1


def test_what_is_not_mentioned_any_more_still_listens() -> None:
    assert len(_heard(SOUND, said(TOPIC, json.dumps(sound() | {"components": {}})), said("b/number", "101"))) == 1
