"""Writes the generated pages, or with --check compares them: docs that lie fail the build."""

from __future__ import annotations

import sys
from pathlib import Path

from bridge.cli import pages
from bridge.cli.pages.besides import besides

PAGES = {
    "docs/entities.md": "entities",
    "docs/commands.md": "commands",
    "docs/names.md": "names",
    "docs/configuration.md": "configuration",
    ".env.example": "env",
}

BESIDES = "docs/cost-and-sleep.md"
"""A page of which only a table is generated."""


def main() -> int:
    """0 when every page is as the tables say; 1 when --check finds one that is not."""
    wanted = {path: pages.PAGES[table]() for path, table in PAGES.items()} | {BESIDES: besides(_content(BESIDES))}
    old = [path for path, content in wanted.items() if _content(path) != content]
    if "--check" in sys.argv:
        for path in old:
            sys.stderr.write(f"{path} is not what the tables say: run `make docs`\n")
        return 1 if old else 0
    for path in old:
        Path(path).write_text(wanted[path], encoding="utf-8")
    return 0


def _content(path: str) -> str:
    return Path(path).read_text(encoding="utf-8") if Path(path).exists() else ""


if __name__ == "__main__":
    sys.exit(main())
