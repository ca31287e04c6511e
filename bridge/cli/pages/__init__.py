"""The generated pages, written from the tables: docs/ and .env.example are these, and CI compares them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bridge.cli.pages import commands, configuration, entities, names

PAGES: Mapping[str, Callable[[], str]] = {
    "entities": entities.page,
    "commands": commands.page,
    "names": names.page,
    "configuration": configuration.configuration,
    "env": configuration.env,
}
