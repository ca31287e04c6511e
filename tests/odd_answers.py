"""What Tesla's answers may hold instead of what they should (fault case F16)."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

ODD: list[Any] = [None, True, 0, -1, 1.5, 10**40, float("nan"), "", "x", [], [None], [[]], {}, {"a": 1}]

numbers = st.integers(-(10**40), 10**40) | st.floats()
anything = st.recursive(
    st.none() | st.booleans() | numbers | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
"""Any JSON value, and numbers that JSON does not have."""
