"""Docs fail the build when they lie."""

from __future__ import annotations

import ast
import json
import re
import runpy
import tomllib
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from doc_pages import PAGES, ROOT, Page, page
from paho.mqtt.client import topic_matches_sub

from bridge import errors, settings
from bridge.alive import RESTART
from bridge.catalog import CATALOGUE
from bridge.catalog.offer import Offer
from bridge.cli import SET, VERBS, WRONG, own_flags, pages
from bridge.cli.pages.besides import besides
from bridge.cli.pages.tables import HEADINGS
from bridge.commands.admission import admit, check
from bridge.fleet.refusals import REFUSALS
from bridge.fleet.signing.faults import CAR_KEY_CHANGED, FAULTS
from bridge.homeassistant import config_topic, standalone_topics
from bridge.model import DeviceId, Kind, Outcome, Request, Value
from bridge.sources.extras import EXTRAS
from bridge.topics import Topics

MQTT = page(ROOT / "docs/mqtt.md")

NOT_SETTINGS = {
    "FLEET2MQTT_SECRETS_DIR",  # where settings are looked for
    "FLEET2MQTT_TEST_REQUIRE",  # the tests' own
    "FLEET2MQTT_MQTT_HOTS",  # the typing mistake of troubleshooting.md
}
FURTHER_ACCOUNTS = ("parents", "work")
"""Of the examples."""
MADE_BY_THE_OWNER = {"mosquitto/passwd"}
NOT_IN_RESULTS = {"broker_lost", "broker_refused", "crash_loop", "overwritten"}
"""Reasons of errors that no command can meet: without the broker there is none, and a crash loop is no obstacle."""


every_page = pytest.mark.parametrize(
    "shown", [page(path) for path in PAGES], ids=[str(path.relative_to(ROOT)) for path in PAGES]
)


# --- names of things outside the page ---------------------------------------------------------------------


@pytest.mark.parametrize(("path", "table"), runpy.run_path(str(ROOT / "tools/docs.py"))["PAGES"].items())
def test_a_generated_page_is_what_the_tables_say(path: str, table: str) -> None:
    assert (ROOT / path).read_text() == pages.PAGES[table](), "run `make docs`"


def test_the_calls_besides_are_those_of_the_rows() -> None:
    shown = (ROOT / "docs/cost-and-sleep.md").read_text()
    assert besides(shown) == shown, "run `make docs`"


@every_page
def test_every_link_leads_somewhere(shown: Page) -> None:
    for link in shown.links:
        if not link.startswith(("http:", "https:")):
            name, _, anchor = link.partition("#")
            target = (shown.path.parent / name).resolve() if name else shown.path
            assert target.exists(), link
            assert not anchor or anchor in page(target).anchors, link


@every_page
def test_every_file_that_is_named_exists(shown: Page) -> None:
    path = re.compile(r"[\w.-]*/?(?:[\w.-]+/)+[\w.-]*|[\w-]+\.(?:py|toml|yaml|conf)")
    for word in filter(path.fullmatch, shown.words):
        is_ours = word.split("/")[0] in {"bridge", "docs", "tests", "tools", "mosquitto"} or "/" not in word
        if is_ours and word not in MADE_BY_THE_OWNER:
            assert (ROOT / word).exists() or (shown.path.parent / word).exists(), word


@pytest.mark.parametrize(
    "path", [*PAGES, ROOT / "Dockerfile", ROOT / "compose.yaml", ROOT / ".env.example"], ids=lambda path: path.name
)
def test_every_setting_that_is_named_exists(path: Path) -> None:
    known = settings.names(FURTHER_ACCOUNTS).keys() | NOT_SETTINGS
    named = set(re.findall(r"(FLEET2MQTT_[A-Z_]*[A-Z])(_[*<.])?", path.read_text()))  # FLEET2MQTT_TESLA_*: all of those
    families = {name for name, all_of_them in named if all_of_them}
    assert {name for name in families if not any(each.startswith(f"{name}_") for each in known)} == set()
    single = {name for name, _ in named} - families - known
    assert {name for name in single if name.removesuffix("_FILE") not in known} == set()


@every_page
def test_every_make_target_that_is_named_exists(shown: Page) -> None:
    targets = set(re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {found[1] for line in shown.lines if (found := re.match(r"(?:\S+=\S+ )?make ([a-z-]+)", line))}
    assert named <= targets


@every_page
def test_every_verb_and_flag_that_is_named_exists(shown: Page) -> None:
    for line in shown.lines:
        found = re.match(r"(?:\S*/)?fleet2mqtt ([\w-]+)", line)
        if found and not line.startswith("fleet2mqtt:"):
            assert found[1] in VERBS, line
            assert set(re.findall(r"--[a-z-]+", line)) <= _flags(found[1]), line


def _flags(verb: str) -> set[str]:
    flags = {"--" + name.removeprefix("FLEET2MQTT_").replace("_", "-").lower() for name in settings.names()}
    return own_flags(verb) | flags if verb in SET else own_flags(verb)


# --- payloads and topics ----------------------------------------------------------------------------------


@every_page
def test_every_json_example_is_json(shown: Page) -> None:
    blocks = [content for language, content in shown.fences if language == "json"]
    inline = [word for word in shown.words if re.fullmatch(r"\{.*[\":].*\}", word) and "..." not in word]
    payloads = [found for _, content in shown.fences for found in re.findall(r"-[md] '(\{[^']*\})'", content)]
    for text in (*blocks, *inline, *payloads):
        json.loads(text)


@every_page
def test_every_topic_is_one_of_ours(shown: Page) -> None:
    pattern = re.compile(r"(?:fleet2mqtt|<base>|homeassistant)/[^\s'\"`]+")
    for code in shown.code:
        for found in pattern.findall(code):
            topic = _normal(found)
            assert any(topic_matches_sub(topic, known) for known in _topics()), found


def _normal(topic: str) -> str:
    """A filter that matches it: ids are all one, what stands in angle brackets may be anything."""
    parts = re.sub(r"<[^>]*>", "+", topic.replace("<base>", "fleet2mqtt")).split("/")
    if parts[0] == "fleet2mqtt" and len(parts) > 2 and parts[1] in {*Kind, "response"} - {"bridge"}:
        parts[2] = parts[2] if parts[2] in {"+", "#"} else "ID"
    if parts[0] == "homeassistant" and len(parts) > 2:
        parts[2:-1] = ["+"] * len(parts[2:-1])
    return "/".join(parts)


@cache
def _topics() -> tuple[str, ...]:
    """Everything that the bridge publishes or listens to, with ID for every id."""
    topics = Topics()
    others = [
        "homeassistant/status",
        "fleet2mqtt/response/ID",
        config_topic("homeassistant", DeviceId(Kind.BRIDGE, "ID")),
    ]
    others += standalone_topics("homeassistant", DeviceId(Kind.VEHICLE, "ID")).values()
    names = ["state", "info", "health", "event"]
    asked = [f"request/{verb}" for verb in _request_verbs()]
    assert all(topics.parse(topics.bridge(name)) for name in asked)
    bridge = [topics.bridge(name) for name in (*names, *asked, *(f"response/{verb}" for verb in _request_verbs()))]
    return (*others, *bridge, *(topic for kind in Kind for topic in _topics_of(topics, DeviceId(kind, "ID"))))


_ASKED = {Kind.VEHICLE, Kind.ENERGY_SITE, Kind.ACCOUNT}
"""Kinds whose fresh data can be asked for."""


def _topics_of(topics: Topics, at: DeviceId) -> Iterator[str]:
    entities, commands, *_ = CATALOGUE[at.kind]
    groups = {row.group for row in entities.values()} - {""}
    yield from (topics.value(at, row.group, row.key) for row in entities.values())
    yield from (topics.group(at, group) for group in groups)
    yield from (topics.availability(at), topics.event(at))
    names = {row.key for row in entities.values() if row.write} | {row.name for row in commands.values() if row.direct}
    incoming = [topics.set(at, name) for name in names]
    calls = {extra.name for extra in EXTRAS if extra.kind is at.kind}
    incoming += [f"{topics.device(at)}/get/{group}" for group in groups | calls if at.kind in _ASKED]
    assert all(map(topics.parse, incoming))
    yield from (*incoming, *(topics.result(at, name) for name in names))


def _request_verbs() -> list[str]:
    tree = ast.parse((ROOT / "bridge/app.py").read_text())
    tables = [
        node.value for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg in {"verbs", "errands"}
    ]
    keys = [key for table in tables if isinstance(table, ast.Dict) for key in table.keys]
    return [str(key.value) for key in keys if isinstance(key, ast.Constant)]


def test_the_requests_to_the_bridge_are_listed() -> None:
    assert _request_verbs()
    assert set(_request_verbs()) <= set(MQTT.words)


STATE: dict[str, Value] = {
    parameter.fill: "07:30:00" if parameter.is_time else (parameter.minimum or 0) + 1
    for kind in CATALOGUE.values()
    for command in kind.commands.values()
    for parameter in command.parameters
    if parameter.fill
}
"""What a car must have told before some commands can be sent."""


def _examples() -> Iterator[tuple[Kind, str, str]]:
    for kind, heading in HEADINGS.items():
        for row in page(ROOT / "docs/commands.md").table(heading):
            yield kind, row.cells["publish to"].strip("`").removeprefix("set/"), row.cells["for example"].strip("`")


@pytest.mark.parametrize(("kind", "name", "example"), list(_examples()))
def test_every_example_of_a_command_is_admitted(kind: Kind, name: str, example: str) -> None:
    everything = Offer(enabled_commands=CATALOGUE[kind].commands)
    received = datetime.fromisoformat("2026-11-22T12:00:00+00:00")
    request = Request(DeviceId(kind, "ID"), name, example.encode(), received, deadline=0)
    check(admit(request, STATE, everything, is_known=True), everything, is_known=True)


# --- results ----------------------------------------------------------------------------------------------


def test_the_outcomes_are_listed() -> None:
    named = [row.cells["outcome"] for row in MQTT.table("Commands") if "what it means" in row.cells]
    assert named == [f"`{outcome}`" for outcome in Outcome]


def test_the_reasons_are_those_that_the_code_gives() -> None:
    named = [re.findall(r"`(\w+)`", row.cells["reason"]) for row in MQTT.table("Reasons")]
    assert {word for words in named for word in words} == _reasons()


def test_every_reason_and_every_exit_code_is_found_by_those_who_look_for_help() -> None:
    shown = page(ROOT / "docs/troubleshooting.md")
    named = {
        word for row in shown.table("What each reason means") for word in re.findall(r"`(\w+)`", row.cells["reason"])
    }
    made = {errors.BridgeError.reason, *(kind.reason for kind in _made(errors.BridgeError))}
    leaves = {kind.reason for kind in _leaves(errors.BridgeError)}
    assert named == made | leaves | _narrower()
    codes = {row.cells["code"] for row in shown.table("Exit codes")}
    assert {"0", "1", str(WRONG), str(RESTART), "130"} <= codes


def _narrower() -> set[str]:
    """Reasons of Tesla's refusals that are not simply their error's."""
    return {row.reason for rows in REFUSALS.values() for row in rows.values() if row.reason}


def _reasons() -> set[str]:
    leaves = {kind.reason for kind in _leaves(errors.BridgeError)} - NOT_IN_RESULTS
    files = (ROOT / "bridge/commands").glob("*.py")
    faults = {fault.reason for fault in (*FAULTS.values(), CAR_KEY_CHANGED)}
    return (
        leaves
        | _narrower()
        | faults
        | {"reserve_81_to_99", "reserve_100"}  # tests/test_intents_done.py
        | {word for file in files for word in _words_for_reasons(ast.parse(file.read_text()))}
    )


def _leaves(error: type[errors.BridgeError]) -> Iterator[type[errors.BridgeError]]:
    own = [kind for kind in error.__subclasses__() if kind.__module__ == errors.__name__]
    yield from (leaf for kind in own for leaf in _leaves(kind)) if own else (error,)


def _made(error: type[errors.BridgeError]) -> Iterator[type[errors.BridgeError]]:
    """Those that are made themselves, not only one of their kinds."""
    source = "".join(file.read_text() for file in (ROOT / "bridge").rglob("*.py"))
    if re.search(rf"\b(?<!class ){error.__name__}\(", source):
        yield error
    for kind in error.__subclasses__():
        yield from _made(kind)


def _words_for_reasons(tree: ast.Module) -> Iterator[str]:
    """A text after an outcome, the second argument of `_refuse`, `reason=...`, and `reason or ...`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            given = [second for first, second in pairwise(node.args) if _is_outcome(first)]
            given += node.args[1:2] if isinstance(node.func, ast.Attribute) and node.func.attr == "_refuse" else []
            given += [keyword.value for keyword in node.keywords if keyword.arg == "reason"]
        else:
            given = node.values[1:] if isinstance(node, ast.BoolOp) and _is_reason(node.values[0]) else []
        yield from (str(value.value) for value in given if isinstance(value, ast.Constant) and value.value)


def _is_outcome(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Outcome"


def _is_reason(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "reason"


# --- the house --------------------------------------------------------------------------------------------


def test_architecture_names_every_module() -> None:
    rooms = {path for path in (ROOT / "bridge").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    names = {f"bridge/{path.name}" for path in rooms if path.name != "__init__.py"}
    assert names <= set(page(ROOT / "docs/architecture.md").words)


def test_architecture_shows_the_layers_that_are_checked() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    assert ("text", "\n".join(layers) + "\n") in page(ROOT / "docs/architecture.md").fences


def test_a_row_that_is_shown_as_an_example_is_in_the_code() -> None:
    diffs = [content for language, content in page(ROOT / "CONTRIBUTING.md").fences if language == "diff"]
    assert diffs
    for diff in diffs:
        file = re.findall(r"^\+\+\+ b/(.+)$", diff, re.MULTILINE)[0]
        rows = {line.strip() for line in (ROOT / file).read_text().splitlines()}
        assert {row.strip() for row in re.findall(r"^\+(?!\+\+)(.+)$", diff, re.MULTILINE)} <= rows


def test_decisions_are_numbered_without_a_gap() -> None:
    decisions = sorted((ROOT / "docs/decisions").glob("*.md"))
    assert [path.name[:4] for path in decisions] == [f"{number:04}" for number in range(1, len(decisions) + 1)]
    assert all(path.read_text().startswith(f"# {path.name[:4]}: ") for path in decisions)


def test_the_changelog_tells_of_this_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)[0] == version
