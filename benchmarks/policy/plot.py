"""Dollars against staleness, as an SVG."""

from __future__ import annotations

import math
from collections.abc import Sequence

from benchmarks.policy.table import Row

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 760, 460, 70, 20, 50, 60
FONT = 'font-family="sans-serif" font-size="13"'
DOLLARS, SECONDS = (0.5, 200.0), (0.1, 100.0)


def _x(dollars: float) -> float:
    low, high = (math.log(each) for each in DOLLARS)
    return LEFT + (math.log(min(max(dollars, DOLLARS[0]), DOLLARS[1])) - low) / (high - low) * (WIDTH - LEFT - RIGHT)


def _y(seconds: float) -> float:
    low, high = (math.log(each) for each in SECONDS)
    share = (math.log(min(max(seconds, SECONDS[0]), SECONDS[1])) - low) / (high - low)
    return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)


def plot(title: str, rows: Sequence[Row], front: Sequence[tuple[float, float]]) -> str:
    """`front` is the limit: (staleness, dollars)."""
    line = " ".join(f"{_x(dollars):.1f},{_y(seconds):.1f}" for seconds, dollars in front)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" {FONT}>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="{LEFT}" y="26" font-size="16">{title}</text>',
        *_axes(),
        f'<polyline points="{line}" fill="none" stroke="#888" stroke-width="2" stroke-dasharray="6 4"/>',
        *(_mark(row) for row in rows),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _axes() -> list[str]:
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    found = [
        f'<text x="{(LEFT + right) / 2}" y="{HEIGHT - 14}" text-anchor="middle">US dollars a month</text>',
        f'<text transform="translate(20 {(TOP + bottom) / 2 + 60}) rotate(-90)">staleness, seconds</text>',
    ]
    for dollars in (1, 2, 5, 10, 20, 50, 100):
        x = _x(dollars)
        colour = "#c44" if dollars == 10 else "#ddd"
        found.append(f'<line x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{bottom}" stroke="{colour}"/>')
        found.append(f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">{dollars}</text>')
    for seconds in (0.1, 0.3, 1, 3, 10, 30, 100):
        y = _y(seconds)
        found.append(f'<line x1="{LEFT}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}" stroke="#ddd"/>')
        found.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{seconds}</text>')
    return found


def _mark(row: Row) -> str:
    x, y, name = _x(row.result.dollars), _y(row.result.stale), row.result.name
    is_ours = name.startswith("ours")
    colour = "#06c" if is_ours else "#333"
    dy = 18 if name.startswith("vehicle") else 4
    anchor, dx = ("end", -9) if x > WIDTH - 200 or name.startswith("look") else ("start", 9)
    return (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{colour}"/>'
        f'<text x="{x + dx:.1f}" y="{y + dy:.1f}" fill="{colour}" text-anchor="{anchor}">{name}</text>'
    )
