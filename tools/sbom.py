"""What the product is made of, as CycloneDX 1.6: build/sbom.cdx.json.

Licences and who needs whom are read from the virtual environment; versions and hashes are those of requirements.lock.
Raises SystemExit where the two differ, or where a licence is none that may stand beside Apache-2.0.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from lock import PRODUCT, ROOT
from packaging.utils import canonicalize_name

OUT = ROOT / "build" / "sbom.cdx.json"

MAY_BE_SHIPPED = {
    "Apache-2.0",
    "Apache-2.0 AND BSD-2-Clause",
    "Apache-2.0 OR BSD-3-Clause",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "EPL-2.0 OR BSD-3-Clause",
    "MIT",
    "MIT OR Apache-2.0",
    "MIT-0",
    "PSF-2.0",
}
"""They ask for no more than their text and the names of the authors."""

READ_IN_ITS_LICENCE = {"protobuf": "BSD-3-Clause", "segno": "BSD-3-Clause"}
"""Library -> licence, where its metadata names none that can be looked up."""

Json = dict[str, Any]


def main() -> int:
    made = bill()
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(made, indent=2) + "\n")
    sys.stdout.write(f"{OUT.relative_to(ROOT)}: {len(made['components'])} libraries, valid CycloneDX 1.6\n")
    return 0


def bill() -> Json:
    """Of this virtual environment."""
    made = _made(_described("environment", sys.prefix), _described("requirements", PRODUCT))
    validated(made)
    return made


def _described(what: str, where: str) -> Json:
    """As cyclonedx-py sees the environment, or the lock."""
    program = [str(Path(sys.executable).with_name("cyclonedx-py")), what, where, "--pyproject", "pyproject.toml"]
    form = ["--no-validate", "--output-reproducible", "--output-format", "JSON", "--spec-version", "1.6"]
    done = subprocess.run([*program, *form], cwd=ROOT, capture_output=True, check=True)  # noqa: S603 - our own words
    described: Json = json.loads(done.stdout)
    return described


def _made(environment: Json, lock: Json) -> Json:
    """The bill: the environment's, of what the lock names alone, with the lock's hashes."""
    installed = {canonicalize_name(each["name"]): each for each in environment["components"]}
    components = [component(each, installed.get(canonicalize_name(each["name"]))) for each in lock["components"]]
    refs = {each["bom-ref"] for each in components}
    root = environment["metadata"]["component"]["bom-ref"]
    return environment | {
        "components": components,
        "dependencies": [
            each | {"dependsOn": [ref for ref in each.get("dependsOn", ()) if ref in refs]}
            for each in environment["dependencies"]
            if each["ref"] in {*refs, root}
        ],
    }


def component(pinned: Json, installed: Json | None) -> Json:
    name, version = pinned["name"], pinned["version"]
    if not installed or installed["version"] != version:
        raise SystemExit(
            f"{name} {version} is locked and {installed and installed['version']} is installed: make clean"
        )
    known = READ_IN_ITS_LICENCE.get(name)
    licences = [{"license": {"id": known}}] if known else installed.get("licenses", [])
    if licence(licences) not in MAY_BE_SHIPPED:
        raise SystemExit(f"{name} {version}: may its licence {licence(licences)!r} stand beside Apache-2.0?")
    files = [*installed.get("externalReferences", ()), *pinned["externalReferences"]]
    return installed | {"licenses": licences, "externalReferences": files}


def licence(licences: list[Mapping[str, Any]]) -> str:
    """Its SPDX expression; several that are stated without one all count."""
    stated = [each.get("expression") or each["license"].get("id") or each["license"]["name"] for each in licences]
    return " AND ".join(stated)


def validated(bill: Json) -> None:
    """Raises SystemExit for what is no CycloneDX."""
    wrong = JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(bill))
    if wrong:
        raise SystemExit(f"it is not valid: {wrong}")


if __name__ == "__main__":
    sys.exit(main())
