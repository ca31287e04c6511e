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
def unwatched(house: Household, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HomeAssistant]:
    """Home Assistant, whatever it complains of."""
    with home_assistant(tmp_path_factory.mktemp("assistant") / "config", house.broker) as one:
        one.until(lambda: len(one.entities) == len(components(house.retained)), "discovery")
        one.await_entities()
        yield one


@pytest.fixture
def assistant(unwatched: HomeAssistant) -> Iterator[HomeAssistant]:
    """Home Assistant, which must not have complained of anything when the test is over."""
    before = len(unwatched.complaints)
    yield unwatched
    assert unwatched.complaints[before:] == []


@pytest.fixture(scope="session")
def _enabled(unwatched: HomeAssistant) -> HomeAssistant:
    """Every entity is enabled, and Home Assistant has been restarted."""
    unwatched.enable_everything()
    unwatched.restart()
    unwatched.await_entities()
    return unwatched


@pytest.fixture
def whole(_enabled: HomeAssistant, assistant: HomeAssistant) -> HomeAssistant:
    """The same Home Assistant with every entity enabled."""
    return assistant
