"""What a check found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Mark(StrEnum):
    """`note`: it works, and somebody should know; `skipped`: another check must pass first."""

    OK = "ok"
    NOTE = "note"
    FAIL = "fail"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line. `text` is what was found, or what to do. `account` is empty for what concerns all."""

    name: str
    mark: Mark
    text: str
    account: str = ""

    @property
    def body(self) -> dict[str, Any]:
        """As JSON."""
        return {"check": self.name, "account": self.account or None, "result": self.mark.value, "text": self.text}

    def __str__(self) -> str:
        name = f"{self.account} {self.name}" if self.account else self.name
        return f"{_SHOWN[self.mark]}  {name}: {self.text}"


_SHOWN = {Mark.OK: "ok  ", Mark.NOTE: "note", Mark.FAIL: "FAIL", Mark.SKIPPED: "skip"}


class Noted(Exception):
    """It works, and somebody should know."""


def passed(findings: Sequence[Finding]) -> bool:
    return not any(finding.mark is Mark.FAIL for finding in findings)
