"""A metric as it is told: what the rows of bridge/metrics.py come to, and what bridge/prometheus.py serves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

Type = Literal["gauge", "counter"]

Samples = Iterable[tuple[Sequence[str], float]]
"""Values of the labels, and the number that belongs to them."""


class Family(NamedTuple):
    """A metric and its samples. A counter's name gets `_total` behind it."""

    name: str
    type: Type
    text: str
    labels: Sequence[str]
    samples: Samples
