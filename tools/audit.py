"""Asks for known weaknesses of every library in the locks. Says so where nobody could tell.

Exit code 0: all were looked up, none is known. 1: there are some. 2: not all could be looked up.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lock import BUILD, DEVELOPMENT, PRODUCT, ROOT

SERVICES = ("pypi", "osv")
"""Asked in turn until one knows the libraries."""

Report = Sequence[dict[str, Any]]
"""A row for each library: `name`, `version`, `vulns`; one that the service does not know has a `skip_reason`."""


def main() -> int:
    return max(_audited(lock) for lock in (PRODUCT, DEVELOPMENT, BUILD))


def _audited(lock: str) -> int:
    told = ""
    for service in SERVICES:
        report, problem = _asked(service, lock)
        code, told = verdict(report, problem)
        sys.stdout.write(f"{lock}: {service}: {told}\n")
        if code != 2:
            return code
    return 2


def _asked(service: str, lock: str) -> tuple[Report, str]:
    """What the service says of each library, or why it says nothing."""
    program = Path(sys.executable).with_name("pip-audit")
    words = ("--disable-pip", "--progress-spinner", "off", "--format", "json", "--vulnerability-service", service)
    done = subprocess.run(  # noqa: S603 - our own words
        [program, "--requirement", lock, *words, *sys.argv[1:]], cwd=ROOT, capture_output=True, text=True, check=False
    )
    try:
        rows: Report = json.loads(done.stdout)["dependencies"]
    except ValueError:
        return (), (done.stderr.strip().splitlines() or ["it ended without a word"])[-1][:300]
    return rows, ""


def verdict(report: Report, problem: str) -> tuple[int, str]:
    """Exit code, and the words for a person. pip-audit itself takes a library that nobody knows for a clean one."""
    known = [f"{each['name']} {each['version']}: {found['id']}" for each in report for found in each.get("vulns", ())]
    skipped = [each["name"] for each in report if "skip_reason" in each]
    if known:
        return 1, f"{len(known)} known weaknesses: {'; '.join(known)}"
    if problem or not report:
        return 2, f"NOT AUDITED, the service cannot be asked: {problem}"
    if skipped:
        return 2, f"NOT AUDITED: the service knows nothing of {len(skipped)} of {len(report)} libraries"
    return 0, f"no known weakness in {len(report)} libraries"


if __name__ == "__main__":
    sys.exit(main())
