"""How old the account's tokens are (entities.md S13)."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.derived.frame import Scene, at_once, derivation
from bridge.model import Kind, Value

DAY = 86_400.0


def _age(scene: Scene) -> Iterator[Value]:
    """Days with one decimal; none below zero where the clock was set back."""
    renewed = scene.moment("token_renewed")
    yield round(max(0.0, (scene.now - renewed).total_seconds()) / DAY, 1) if renewed else None


ACCOUNT = (derivation("token age", Kind.ACCOUNT, "token_renewed", at_once("refresh_token_age", _age), passes=True),)
