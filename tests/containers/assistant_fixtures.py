"""One Home Assistant and one household for all tests that ask for them: both start slowly."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from assistants import components
from home_assistant import HomeAssistant, home_assistant
from household import Household, household


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Household]:
    with household(tmp_path_factory.mktemp("household")) as one:
        yield one


@pytest.fixture(scope="session")
def _running(house: Household, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HomeAssistant]:
    with home_assistant(tmp_path_factory.mktemp("assistant") / "config", house.broker) as one:
        one.until(lambda: len(one.entities) == len(components(house.retained)), "discovery")
        yield one


@pytest.fixture
def assistant(_running: HomeAssistant) -> Iterator[HomeAssistant]:
    """Home Assistant, which must not have complained of anything when the test is over."""
    before = len(_running.complaints)
    yield _running
    assert _running.complaints[before:] == []


@pytest.fixture(scope="session")
def _enabled(_running: HomeAssistant) -> HomeAssistant:
    """Every entity is enabled, and Home Assistant has been restarted."""
    _running.enable_everything()
    _running.restart()
    return _running


@pytest.fixture
def whole(_enabled: HomeAssistant, assistant: HomeAssistant) -> HomeAssistant:
    """The same Home Assistant with every entity enabled."""
    return assistant
