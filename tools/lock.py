"""Makes the lock files: which version of which library, and its files' hashes. With --check it reads them, offline.

They hold for Python 3.11 and newer on every machine. `--upgrade` takes the newest versions, else what is locked stays.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PRODUCT, DEVELOPMENT, BUILD = "requirements.lock", "requirements-dev.lock", "requirements-build.lock"

COMPILE = ("--universal", "--python-version", "3.11", "--generate-hashes", "--no-emit-index-url", "--quiet")


class Pin(NamedTuple):
    """A line of a lock: the library, its one version, and the SHA-256 of each of its files."""

    name: str
    version: str
    hashes: tuple[str, ...]


def main() -> int:
    if "--check" in sys.argv:
        wrong = [each for name in wanted(pyproject()) for each in faults(name)]
        sys.stderr.writelines(f"{line}; run `make lock`\n" for line in wrong)
        return bool(wrong)
    compile_(PRODUCT, "pyproject.toml", "--extra", "demo")
    compile_(DEVELOPMENT, "pyproject.toml", "--all-extras", "--constraint", PRODUCT)
    compile_(BUILD, "-", said="\n".join(pyproject()["build-system"]["requires"]))
    return 0


def compile_(lock: str, *what: str, said: str = "") -> None:
    """Asks the package index; `said` is for standard input."""
    uv = str(Path(sys.executable).with_name("uv"))
    words = ("pip", "compile", *COMPILE, "--custom-compile-command", "make lock", "--output-file", lock)
    upgrade = [each for each in sys.argv[1:] if each == "--upgrade"]
    quiet: dict[str, Any] = {"cwd": ROOT, "input": said, "text": True, "stdout": subprocess.DEVNULL}
    subprocess.run([uv, *words, *upgrade, *what], check=True, **quiet)  # noqa: S603 - our own words


def pyproject() -> dict[str, Any]:
    loaded: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return loaded


def wanted(project: Mapping[str, Any]) -> Mapping[str, list[str]]:
    """Lock -> the requirements that it is made of."""
    own, extras = project["project"]["dependencies"], project["project"]["optional-dependencies"]
    product = [*own, *extras["demo"]]
    return {PRODUCT: product, DEVELOPMENT: [*product, *extras["dev"]], BUILD: project["build-system"]["requires"]}


# --- reading ----------------------------------------------------------------------------------------------------


def pins(text: str) -> Mapping[str, Pin]:
    """Name -> pin. Raises ValueError for a line that is anything else: an address, an option, a version left open."""
    whole = re.sub(r"\\\n", " ", text)
    lines = [line for line in whole.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    return {pin.name: pin for pin in map(_pin, lines)}


_LINE = re.compile(r"([A-Za-z0-9._-]+)==([^\s;]+)( ; [^#]+?)?((?: +--hash=sha256:[0-9a-f]{64})+)\s*")


def _pin(line: str) -> Pin:
    found = _LINE.fullmatch(line)
    if not found:
        raise ValueError(f"is no library with one version and hashes: {line.strip()[:80]}")
    return Pin(canonicalize_name(found[1]), found[2], tuple(re.findall(r"sha256:([0-9a-f]{64})", found[4])))


def locked(lock: str) -> Mapping[str, Pin]:
    """Of one of our files. Raises ValueError and OSError."""
    return pins((ROOT / lock).read_text())


def faults(lock: str) -> Iterator[str]:
    """What is wrong with it, a line each."""
    try:
        found = locked(lock)
    except (OSError, ValueError) as error:
        yield f"{lock}: {error}"
        return
    yield from unmet(lock, wanted(pyproject())[lock], found)
    if lock == DEVELOPMENT:
        yield from (f"{lock}: {pin.name} is not as in {PRODUCT}" for pin in strays(locked(PRODUCT), found))


def unmet(lock: str, requirements: list[str], found: Mapping[str, Pin]) -> Iterator[str]:
    """Requirements of pyproject.toml that the lock does not hold, or holds in a version that they exclude."""
    for each in map(Requirement, requirements):
        pin = found.get(canonicalize_name(each.name))
        if not pin or not each.specifier.contains(pin.version, prereleases=True):
            yield f"{lock}: {each} is wanted, and {pin.version if pin else 'nothing'} is locked"


def strays(product: Mapping[str, Pin], development: Mapping[str, Pin]) -> Iterator[Pin]:
    """What is tested must be what is shipped."""
    return (pin for name, pin in product.items() if development.get(name) != pin)


if __name__ == "__main__":
    sys.exit(main())
