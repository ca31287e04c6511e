"""Samples -> a table for people and a line of JSON for machines."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median, quantiles
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One comparison. `goal`: the largest ratio of medians, ours / bare, that counts as good; None: for information."""

    what: str
    unit: str
    ours: Sequence[float]
    bare: Sequence[float]
    goal: float | None = None

    @property
    def ratio(self) -> float:
        return median(self.ours) / median(self.bare)

    @property
    def verdict(self) -> str:
        if self.goal is None:
            return ""
        return "pass" if self.ratio <= self.goal else "miss"

    def for_machines(self) -> dict[str, Any]:
        return {
            "what": self.what,
            "unit": self.unit,
            "ours": {"median": _figure(median(self.ours)), "p95": _figure(p95(self.ours))},
            "bare": {"median": _figure(median(self.bare)), "p95": _figure(p95(self.bare))},
            "ratio": round(self.ratio, 3),
            "goal": self.goal,
            "verdict": self.verdict or None,
        }

    def for_people(self) -> tuple[str, ...]:
        figures = (median(self.ours), p95(self.ours), median(self.bare), p95(self.bare))
        goal = "" if self.goal is None else f"{self.goal:g}"
        return (
            self.what,
            self.unit,
            *(f"{figure:,.2f}" for figure in figures),
            f"{self.ratio:.2f}",
            goal,
            self.verdict,
        )


HEADS = ("", "unit", "ours", "p95", "bare", "p95", "ratio", "goal", "")


def p95(samples: Sequence[float]) -> float:
    return quantiles(samples, n=20, method="inclusive")[-1] if len(samples) > 1 else samples[0]


def show(name: str, title: str, rows: Sequence[Row]) -> None:
    lines = [HEADS, *(row.for_people() for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    print(f"\n{title}")
    for first, *rest in lines:
        figures = (cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True))
        print(f"  {first.ljust(widths[0])}  {'  '.join(figures)}".rstrip())
    print(json.dumps({"benchmark": name, "rows": [row.for_machines() for row in rows]}), flush=True)


def _figure(value: float) -> float:
    return float(f"{value:.4g}")
