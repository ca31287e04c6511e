"""What the sections of the settings tree are made of."""

from __future__ import annotations

import re
from typing import Any

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    # `load` refuses unknown names, and names them; an endless time would be no time.
    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False)


def words(given: Any) -> Any:
    """`a,b` -> (a, b)."""
    return [word.strip() for word in given.split(",") if word.strip()] if isinstance(given, str) else given


def pairs(given: Any) -> Any:
    """`a=b,c=d` -> {a: b, c: d}."""
    if not isinstance(given, str):
        return given
    pairs = [word.partition("=") for word in words(given)]
    if not all(equals for _, equals, _ in pairs):
        raise ValueError("must be like 5YJ3E1EA7KF000316=model3,1234567=home")
    return {name.strip(): value.strip() for name, _, value in pairs}


def places(given: Any) -> Any:
    """`a=1,2,3; b=4,5,6` -> {a: (1, 2, 3), b: (4, 5, 6)}, as texts. Between two a comma is taken too."""
    if not isinstance(given, str):
        return given
    texts = re.split(r"[;,]\s*(?=[^;,=]*=)", given.strip(" ;,")) if given.strip(" ;,") else []
    named = [text.partition("=") for text in texts]
    found = {name.strip(): tuple(map(str.strip, numbers.split(","))) for name, _, numbers in named}
    if not all(len(numbers) == 3 for numbers in found.values()):
        raise ValueError("must be like home=52.1000,4.3000,150;work=52.2000,4.4000,300")
    if len(found) < len(named):
        raise ValueError("two places have the same name")
    return found
