"""What is measured in a soak: samples, their table, their slopes and their pictures."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

MIB = 1024 * 1024
WEEK = 7 * 86_400.0


@dataclass(frozen=True, slots=True)
class Sample:
    """One look at the bridge. Seconds since the begin; MiB; real milliseconds; US dollars of Tesla's month."""

    at: float
    life: int
    rss: float
    descriptors: int
    threads: int
    tasks: int | None
    """None: nobody tells from outside."""
    lag_p99: float
    lag_max: float
    database: float
    calls: int
    bill: float


def look(pid: int) -> tuple[float, int, int]:
    """RSS, open descriptors and threads of a process."""
    process = Path("/proc") / str(pid)
    rss = int((process / "statm").read_text().split()[1]) * 4096 / MIB
    return round(rss, 2), len(list((process / "fd").iterdir())), len(list((process / "task").iterdir()))


def size(directory: Path) -> float:
    """MiB of the database and what SQLite keeps beside it."""
    return round(sum(file.stat().st_size for file in directory.glob("fleet2mqtt.sqlite*")) / MIB, 3)


def write(path: Path, samples: Iterable[Sample]) -> None:
    with path.open("w", newline="") as file:
        table = csv.DictWriter(file, [each.name for each in fields(Sample)])
        table.writeheader()
        table.writerows(asdict(each) for each in samples)


def slope(samples: Sequence[Sample], what: Callable[[Sample], float]) -> float:
    """By how much it grows in a week: least squares. 0 for fewer than three samples."""
    if len(samples) < 3:
        return 0.0
    ats, values = [each.at / WEEK for each in samples], [what(each) for each in samples]
    middle, mean = sum(ats) / len(ats), sum(values) / len(values)
    spread = sum((at - middle) ** 2 for at in ats)
    return sum((at - middle) * (value - mean) for at, value in zip(ats, values, strict=True)) / spread


def longest_life(samples: Sequence[Sample]) -> list[Sample]:
    lives = {each.life for each in samples}
    return max(([each for each in samples if each.life == life] for life in lives), key=len, default=[])


# --- pictures -------------------------------------------------------------------------------------------------------

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 760, 300, 60, 20, 40, 44
FONT = 'font-family="sans-serif" font-size="12"'
COLOURS = ("#06c", "#c60", "#393", "#939")
STEPS = (1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000, 2000, 5000, 10_000)

Line = tuple[str, Callable[[Sample], float]]


def picture(title: str, samples: Sequence[Sample], lines: Sequence[Line], *, unit: float = 86_400.0) -> str:
    """Lines over time, from 0. `unit`: seconds of one mark's measure, days or minutes. A new life interrupts a line."""
    last = max((each.at for each in samples), default=1.0) / unit
    top = max((what(each) for each in samples for _, what in lines), default=1.0) * 1.05 or 1.0
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" {FONT}>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="{LEFT}" y="22" font-size="15">{title}</text>',
        *_axes(last, top, "days" if unit == 86_400 else "minutes"),
    ]
    for number, (name, what) in enumerate(lines):
        parts += [_line(samples, what, COLOURS[number], (last * unit, top)), _key(number, len(lines), name)]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _axes(last: float, top: float, unit: str) -> list[str]:
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    parts = [f'<text x="{(LEFT + right) / 2}" y="{HEIGHT - 8}" text-anchor="middle">{unit}</text>']
    for value in _marks(top):
        y = bottom - value / top * (bottom - TOP)
        parts.append(f'<line x1="{LEFT}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>')
    for value in _marks(last):
        x = LEFT + value / last * (right - LEFT)
        parts.append(f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">{value:g}</text>')
    return parts


def _marks(top: float) -> list[float]:
    step = next((each for each in STEPS if top / each <= 8), STEPS[-1])
    return [number * step for number in range(int(top / step) + 1)]


def _line(samples: Sequence[Sample], what: Callable[[Sample], float], colour: str, ends: tuple[float, float]) -> str:
    last, top = ends
    path, life = [], -1
    for each in samples:
        x = LEFT + each.at / last * (WIDTH - RIGHT - LEFT)
        y = HEIGHT - BOTTOM - what(each) / top * (HEIGHT - BOTTOM - TOP)
        path.append(f"{'L' if each.life == life else 'M'}{x:.1f},{y:.1f}")
        life = each.life
    return f'<path d="{" ".join(path)}" fill="none" stroke="{colour}" stroke-width="1.2"/>'


def _key(number: int, of: int, name: str) -> str:
    x = WIDTH - RIGHT - 110 * (of - number)
    return f'<text x="{x}" y="22" fill="{COLOURS[number]}">{name}</text>'


PICTURES: tuple[tuple[str, str, tuple[Line, ...]], ...] = (
    ("memory", "Memory, MiB", (("resident", lambda each: each.rss), ("database", lambda each: each.database))),
    (
        "descriptors",
        "Descriptors, threads, tasks",
        (
            ("descriptors", lambda each: each.descriptors),
            ("threads", lambda each: each.threads),
            ("tasks", lambda each: each.tasks or 0),
        ),
    ),
    (
        "lag",
        "Loop lag, real ms",
        (("99 of 100", lambda each: each.lag_p99), ("largest", lambda each: each.lag_max)),
    ),
)


def draw(directory: Path, name: str, samples: Sequence[Sample], *, unit: float = 86_400.0) -> None:
    """Writes soak-<name>-memory.svg and its sisters."""
    for what, title, lines in PICTURES:
        shown = [(key, of) for key, of in lines if any(map(of, samples))]
        text = picture(f"{title}: {name}", samples, shown, unit=unit)
        (directory / f"soak-{name}-{what}.svg").write_text(text)
