"""docs/names.md: where to find what another program called differently."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bridge.catalog import CATALOGUE
from bridge.cli.pages.names_rows import ABSENT, DIFFERENT, HOME_ASSISTANT, TESLAMATE, Name
from bridge.cli.pages.tables import GENERATED, HEADINGS, table
from bridge.model import Kind

_ABOUT = """For who comes from Home Assistant's own integration, or from TeslaMate. The old name is on the left; on the
right is the topic below `<base>/<kind>/<id>/`, whose last part is the end of our unique_id in Home Assistant, too
(`fleet2mqtt_<id>_<key>`). Units are the same: km, °C, bar, kW, kWh; Home Assistant converts by itself."""

_HOME_ASSISTANT = """The names are the ends of the unique_id of Tesla Fleet (`<VIN>-<name>`, `<site id>-<name>`).
Teslemetry and Tessie have the same ones and more. Home Assistant keeps history by entity id: remove the old
integration, then give the new entity the old one's entity id."""

_TESLAMATE = """TeslaMate's topics are `teslamate/cars/<number>/<name>`."""


def page() -> str:
    lines = [
        GENERATED,
        "# Names of other programs",
        "",
        _ABOUT,
        "",
        "## Home Assistant's own integration",
        "",
        _HOME_ASSISTANT,
    ]
    for kind, names in HOME_ASSISTANT.items():
        lines += ["", f"### {HEADINGS[kind]}", "", *table(("platform", "name", "here", "note"), _rows(names, kind))]
    lines += ["", "## TeslaMate", "", _TESLAMATE, ""]
    lines += table(("topic", "here", "note"), (row[1:] for row in _rows(TESLAMATE, Kind.VEHICLE)))
    lines += ["", "Not here:", ""]
    lines += table(("topic", "instead"), ((f"`{theirs}`", instead) for theirs, instead in ABSENT.items()))
    return "\n".join(lines) + "\n"


def _rows(names: Iterable[Name], kind: Kind) -> Iterator[tuple[str, ...]]:
    return (
        (name.platform, f"`{name.theirs}`", f"`{here(name.ours, kind)}`", DIFFERENT.get(name.ours, ""))
        for name in names
    )


def here(ours: str, kind: Kind) -> str:
    """Group and key of an entity, or where a command or component is found. Raises KeyError for what does not exist."""
    catalogue = CATALOGUE[kind]
    if ours in catalogue.entities:
        return f"{catalogue.entities[ours].group}/{ours}".strip("/")
    if ours in catalogue.commands:
        return f"set/{ours}"
    return {row.key: row.key for row in catalogue.composites}[ours]
