"""The house that the tests of a module share. Modules that need another make a fixture `one` of their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from whole_house import House, house


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """With a running bridge."""
    with house(tmp_path_factory.mktemp("house")) as running:
        yield running
