"""Home Assistant components that are made of several of a site's entities."""

from __future__ import annotations

from bridge.catalog.rows import Composite

COMPOSITES: tuple[Composite, ...] = ()
