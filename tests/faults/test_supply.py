"""S19: nothing is installed but what was locked, its weaknesses are asked for, and it is known what is shipped."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import audit
import lock
import pytest
import sbom
from brokers import ROOT
from packaging.utils import canonicalize_name

pytestmark = pytest.mark.case("S19")

HASH = "0" * 64

# --- the locks ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [lock.PRODUCT, lock.DEVELOPMENT, lock.BUILD])
def test_a_lock_holds_what_the_project_wants_with_hashes_and_nothing_else(name: str) -> None:
    assert list(lock.faults(name)) == []
    assert all(pin.hashes for pin in lock.locked(name).values())


@pytest.mark.parametrize(
    "line",
    [
        "h11==0.16.0",
        f"h11>=0.16 --hash=sha256:{HASH}",
        f"h11==0.16.0 --hash=md5:{HASH[:32]}",
        f"h11 @ https://example.com/h11.whl --hash=sha256:{HASH}",
        "--index-url https://example.com/simple",
        "--extra-index-url https://example.com/simple",
        "--find-links /opt/wheels",
        "-e .",
    ],
)
def test_a_line_that_leaves_anything_open_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="is no library with one version and hashes"):
        lock.pins(f"{line}\n")


def test_a_version_that_the_project_excludes_and_one_that_is_missing_are_told() -> None:
    found = lock.pins(f"h11==0.9 --hash=sha256:{HASH}\n")
    told = list(lock.unmet("x.lock", ["h11>=0.16", "rich>=14"], found))
    assert told == [
        "x.lock: h11>=0.16 is wanted, and 0.9 is locked",
        "x.lock: rich>=14 is wanted, and nothing is locked",
    ]


def test_what_is_tested_and_not_what_is_shipped_is_told() -> None:
    shipped, tested = (lock.pins(f"h11=={version} --hash=sha256:{HASH}\n") for version in ("1", "2"))
    assert [pin.version for pin in lock.strays(shipped, tested)] == ["1"]


# --- installing ---------------------------------------------------------------------------------------------------

SAFE = "--require-hashes --only-binary :all:"


def installs(name: str) -> list[str]:
    """Every line of a file that runs `pip install` or `pip wheel`."""
    text = re.sub(r"\s*\\\n\s*", " ", (ROOT / name).read_text())
    parts = [part.strip() for line in text.splitlines() for part in re.split(r"&&|\|\|", line)]
    return [part for part in parts if re.search(r"\bpip\b.* (install|wheel)\b", part)]


@pytest.mark.parametrize("name", ["Dockerfile", "Makefile", "homeassistant/Dockerfile"])
def test_everything_from_outside_is_installed_by_hash_and_ready_made(name: str) -> None:
    """Our own package comes from here, with what is there already: it asks no index and brings nothing along."""
    for command in installs(name):
        own = all(word in command for word in ("--no-index", "--no-deps"))
        assert own or (SAFE in command and re.search(r"requirements(-\w+)?\.lock", command)), command
    assert installs("Dockerfile")
    assert installs("Makefile")


def wheel(directory: Path, content: str) -> Path:
    """A library as an index would give it."""
    path = directory / "victim-1-py3-none-any.whl"
    files = {
        "victim.py": content,
        "victim-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: victim\nVersion: 1\n",
        "victim-1.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "victim-1.dist-info/RECORD": "",
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name), text)
    return path


def installed(directory: Path, requirements: str) -> tuple[bool, str]:
    """With the words of the Dockerfile, from a directory in the place of the index."""
    (directory / "requirements.lock").write_text(requirements)
    words = [*SAFE.split(), "--no-index", "--find-links", str(directory), "--target", str(directory / "into")]
    command = [sys.executable, "-m", "pip", "install", *words, "--requirement", str(directory / "requirements.lock")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode == 0, done.stdout + done.stderr


def test_a_library_that_is_not_what_was_locked_is_not_installed(tmp_path: Path) -> None:
    locked = hashlib.sha256(wheel(tmp_path, "good = True").read_bytes()).hexdigest()
    requirements = f"victim==1 --hash=sha256:{locked}\n"
    assert installed(tmp_path, requirements)[0]
    wheel(tmp_path, "good = False")
    done, said = installed(tmp_path, requirements)
    assert not done
    assert "DO NOT MATCH THE HASHES" in said


def test_a_library_without_a_hash_is_not_installed(tmp_path: Path) -> None:
    wheel(tmp_path, "good = True")
    done, said = installed(tmp_path, "victim==1\n")
    assert not done
    assert "Hashes are required" in said


# --- weaknesses ---------------------------------------------------------------------------------------------------

CLEAN = {"name": "h11", "version": "0.16.0", "vulns": []}


def test_a_known_weakness_is_told_by_its_name() -> None:
    code, said = audit.verdict([CLEAN | {"vulns": [{"id": "PYSEC-2025-1"}]}], "")
    assert code == 1
    assert "h11 0.16.0: PYSEC-2025-1" in said


@pytest.mark.parametrize(
    ("report", "problem"),
    [
        ([{"name": "h11", "skip_reason": "not found"}], ""),
        ([CLEAN, {"name": "x", "skip_reason": "?"}], ""),
        ([], "down"),
    ],
)
def test_what_nobody_could_look_up_is_not_called_clean(report: audit.Report, problem: str) -> None:
    code, said = audit.verdict(report, problem)
    assert code == 2
    assert said.startswith("NOT AUDITED")


def test_clean_is_what_was_looked_up() -> None:
    assert audit.verdict([CLEAN], "") == (0, "no known weakness in 1 libraries")


# --- what is shipped ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bill() -> sbom.Json:
    return sbom.bill()


def test_the_bill_names_each_library_of_the_lock_with_version_hashes_and_a_licence_we_may_ship(bill: sbom.Json) -> None:
    pins = lock.locked(lock.PRODUCT)
    assert len(bill["components"]) == len(pins)
    for each in bill["components"]:
        pin = pins[canonicalize_name(each["name"])]
        hashes = {found["content"] for file in each["externalReferences"] for found in file.get("hashes", ())}
        assert (each["version"], hashes) == (pin.version, set(pin.hashes))
        assert sbom.licence(each["licenses"]) in sbom.MAY_BE_SHIPPED


def test_the_bill_says_who_needs_whom_and_names_nothing_that_is_not_shipped(bill: sbom.Json) -> None:
    refs = {each["bom-ref"] for each in bill["components"]}
    root = bill["metadata"]["component"]
    assert (root["name"], root["licenses"][0]["license"]["id"]) == ("fleet2mqtt", "Apache-2.0")
    needed = {ref for each in bill["dependencies"] for ref in each.get("dependsOn", ())}
    assert needed <= refs
    assert not any(ref.startswith("pytest") for ref in refs)


def test_a_licence_that_asks_for_more_stops_the_bill() -> None:
    pinned = {"name": "h11", "version": "1", "externalReferences": []}
    with pytest.raises(SystemExit, match="h11 1: may its licence 'GPL-3"):
        sbom.component(pinned, pinned | {"licenses": [{"license": {"id": "GPL-3.0-only"}}]})


def test_an_environment_that_is_not_the_locked_one_stops_the_bill() -> None:
    pinned = {"name": "h11", "version": "1", "externalReferences": []}
    with pytest.raises(SystemExit, match="h11 1 is locked and 2 is installed"):
        sbom.component(pinned, pinned | {"version": "2"})


def test_what_is_no_bill_is_not_written(bill: sbom.Json) -> None:
    with pytest.raises(SystemExit, match="not valid"):
        sbom.validated(bill | {"bomFormat": "Shopping list"})
