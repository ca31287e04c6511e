"""Home Assistant's app (add-on): its files keep the Supervisor's rules, and its options are what the settings say.

The rules are those of mqtt-and-home-assistant.md 6.1, and of home-assistant/supervisor 2026.08 where a line says so.
"""

from __future__ import annotations

import re
import runpy
import struct
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from brokers import ROOT
from doc_pages import page

from bridge.catalog import CATALOGUE
from bridge.settings import names

APP = ROOT / "homeassistant"
CONFIG: dict[str, Any] = yaml.safe_load((APP / "config.yaml").read_text())
SCHEMA: dict[str, str | list[str]] = CONFIG["schema"]
ENGLISH, GERMAN = (
    yaml.safe_load((APP / f"translations/{language}.yaml").read_text())["configuration"] for language in ("en", "de")
)
TOOL = runpy.run_path(str(ROOT / "tools/addon.py"))

TYPE = re.compile(
    r"(bool|email|url|port|str|password|int\(\d*,\d*\)|float\(\d*,\d*\)|match\(.*\)|list\([^()]+\))\??", re.ASCII
)


# --- its files --------------------------------------------------------------------------------------------


def test_it_has_what_every_app_must_have() -> None:
    assert {"name", "version", "slug", "description", "arch"} <= CONFIG.keys()
    assert re.fullmatch(r"[-_.A-Za-z0-9]+", CONFIG["slug"])


def test_its_version_is_the_packages() -> None:
    """The Supervisor takes the image's tag from it."""
    assert CONFIG["version"] == tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]


def test_it_runs_on_the_two_machines_that_home_assistant_still_has() -> None:
    assert CONFIG["arch"] == ["aarch64", "amd64"]


def test_its_image_is_one_name_for_both_machines_and_without_a_tag() -> None:
    assert re.fullmatch(r"ghcr\.io(/[a-z0-9][a-z0-9._-]*)+", CONFIG["image"])


def test_its_image_is_the_containers_started_as_root() -> None:
    lines = (APP / "Dockerfile").read_text().splitlines()
    published = CONFIG["image"].removesuffix("-homeassistant")
    assert f"ARG BASE={published}:${{BUILD_VERSION}}" in lines
    assert "FROM ${BASE}" in lines
    assert "USER 0:0" in lines
    assert not [line for line in lines if line.startswith(("RUN", "COPY", "ADD", "ENTRYPOINT", "CMD"))]
    assert f"{CONFIG['image']}:{CONFIG['version']}" in "\n".join(lines)


def test_it_asks_for_the_supervisors_broker_and_for_no_other_right() -> None:
    rights = ("hassio_api", "homeassistant_api", "auth_api", "docker_api", "full_access", "privileged", "host_network")
    assert CONFIG["services"] == ["mqtt:want"]
    assert not CONFIG.keys() & {*rights, "ports", "ingress", "host_pid", "host_dbus", "devices"}


def test_of_home_assistants_directories_it_reads_the_certificates_only() -> None:
    assert CONFIG["map"] == [{"type": "ssl"}]  # read-only unless it says otherwise


def test_it_is_stopped_for_a_backup_and_given_the_time_to_stop() -> None:
    assert CONFIG["backup"] == "cold"
    assert CONFIG["timeout"] >= 11  # docs/container.md
    assert CONFIG["homeassistant"] == "2025.10.0"


def test_no_deprecated_key_is_used() -> None:
    assert not CONFIG.keys() & {"advanced", "codenotary", "auto_uart", "snapshot", "webui", "build_from", "legacy"}
    assert not (APP / "build.yaml").exists()


def test_the_repository_has_no_second_file_that_looks_like_an_app() -> None:
    """The Supervisor looks for config.yaml, .yml and .json everywhere but in hidden directories (store/data.py)."""
    found = [path for suffix in ("yaml", "yml", "json") for path in ROOT.rglob(f"config.{suffix}")]
    visible = [path for path in found if not any(part.startswith(".") for part in path.relative_to(ROOT).parts)]
    assert visible == [APP / "config.yaml"]


def test_the_repository_introduces_itself() -> None:
    introduced = yaml.safe_load((ROOT / "repository.yaml").read_text())
    assert introduced.keys() == {"name", "url", "maintainer"}
    assert introduced["url"] == CONFIG["url"]


@pytest.mark.parametrize(("name", "size"), {"icon.png": (128, 128), "logo.png": (250, 100)}.items())
def test_pictures_have_the_size_that_the_store_shows(name: str, size: tuple[int, int]) -> None:
    content = (APP / name).read_bytes()
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", content[16:24]) == size


def test_its_pages_are_there_and_the_changelog_is_ours() -> None:
    assert (APP / "CHANGELOG.md").samefile(ROOT / "CHANGELOG.md")
    assert all((APP / name).read_text().startswith("# ") for name in ("README.md", "DOCS.md"))


@pytest.mark.parametrize("name", ["README.md", "DOCS.md"])
def test_pages_that_home_assistant_shows_link_to_the_web_only(name: str) -> None:
    assert all(link.startswith("https://") for link in page(APP / name).links)


@pytest.mark.parametrize("path", [APP / "README.md", APP / "DOCS.md", ROOT / "docs/home-assistant-app.md"])
def test_every_option_that_a_page_names_exists(path: Path) -> None:
    prefixes = {name.partition("_")[0] for name in SCHEMA}
    named = [word for word in page(path).words if re.fullmatch(rf"({'|'.join(prefixes)})_[a-z_]+", word)]
    assert named or path.name == "README.md"
    assert set(named) <= SCHEMA.keys()


# --- its options ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", TOOL["pages"](), ids=lambda path: path.name)
def test_options_and_their_words_are_what_the_settings_say(path: Path) -> None:
    assert path.read_text() == TOOL["pages"]()[path], "run `make docs`"


def test_every_setting_is_an_option_but_the_data_directory() -> None:
    every = {name.removeprefix("FLEET2MQTT_").lower() for name in names()}
    assert SCHEMA.keys() == every - {"data_dir"}
    assert SCHEMA.keys() >= TOOL["OTHER_WORDS"].keys()


@pytest.mark.parametrize("option", SCHEMA)
def test_its_type_is_one_that_the_supervisor_knows(option: str) -> None:
    kind = SCHEMA[option]
    assert TYPE.fullmatch(kind if isinstance(kind, str) else kind[0])


def test_secrets_are_not_shown_while_they_are_typed() -> None:
    secret = {option for option in SCHEMA if re.search("password|secret|token$|code$", option)}
    assert {option for option, kind in SCHEMA.items() if kind == "password?"} == secret


def test_only_the_region_must_be_chosen() -> None:
    kinds = {option: kind if isinstance(kind, str) else kind[0] for option, kind in SCHEMA.items()}
    assert [option for option, kind in kinds.items() if not kind.endswith("?")] == ["tesla_region"]


def test_what_has_a_default_in_the_form_is_empty_there() -> None:
    """It stands in the form from the start; an empty text is no setting."""
    assert CONFIG["options"] == {"tesla_client_id": "", "tesla_refresh_token": ""}
    assert CONFIG["options"].keys() <= SCHEMA.keys()


def test_every_dangerous_command_can_be_enabled_and_nothing_else() -> None:
    kind = SCHEMA["commands_enable"][0]
    allowed = re.fullmatch(r"match\((.+)\)\?", kind)
    assert allowed
    for command in (command for each in CATALOGUE.values() for command in each.commands.values()):
        assert bool(re.match(allowed[1], command.name)) is command.dangerous


def test_every_option_has_a_name_and_a_description() -> None:
    assert ENGLISH.keys() == SCHEMA.keys()
    assert all(words["name"] and words["description"].endswith(".") for words in ENGLISH.values())
    assert len({words["name"] for words in ENGLISH.values()}) == len(SCHEMA)


@pytest.mark.parametrize("option", GERMAN)
def test_german_tells_the_same_defaults(option: str) -> None:
    words = {"an.": "on.", "aus.": "off."}
    english = re.findall(r"Default: (\S+)$", ENGLISH[option]["description"])
    german = re.findall(r"Vorgabe: (\S+)$", GERMAN[option]["description"])
    assert [words.get(word, word) for word in german] == english
    assert GERMAN[option]["name"]
