"""What the page on metrics says, and what needs no running bridge."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import yaml
from doc_pages import ROOT, page
from fakes import FakeClock

from bridge.errors import ServerFailed
from bridge.health import Health
from bridge.metrics import METRICS, Watched
from bridge.prometheus import RESPONDS

SHOWN = page(ROOT / "docs/metrics.md")
NAMES = {f"fleet2mqtt_{row.name}{'_total' if row.type == 'counter' else ''}": row for row in METRICS}


def test_the_page_lists_every_metric_as_it_is() -> None:
    shown = {row.cells["metric"].strip("`"): row.cells for row in SHOWN.rows if "metric" in row.cells}
    assert shown.pop(RESPONDS)
    assert shown.keys() == NAMES.keys()
    for name, row in NAMES.items():
        assert shown[name]["labels"] == ", ".join(f"`{label}`" for label in row.labels), name
        assert shown[name]["what it tells"] == row.text, name


def test_the_alerts_ask_for_metrics_that_there_are() -> None:
    (rules,) = (found["groups"][0]["rules"] for _, text in SHOWN.fences if "groups" in (found := yaml.safe_load(text)))
    asked = {word for rule in rules for word in rule["expr"].split() if word.startswith("fleet2mqtt_")}
    assert asked <= NAMES.keys() | {RESPONDS}
    assert len(rules) == 2


def test_parts_of_several_devices_are_one_that_works_when_all_do_and_is_as_old_as_the_oldest() -> None:
    clock = FakeClock()
    health = Health(clock)
    health.report("vehicle 5YJ3E1EA7KF000316 data", None, "tesla")
    clock.advance(60)
    health.report("vehicle LRW3E7FS2PC000001 data", None, "tesla")
    health.report("vehicle LRW3E7FS2PC000001 data", ServerFailed("503"), "tesla")
    health.report("vehicle 5YJ3E1EA7KF000999 data", ServerFailed("503"), "parents")
    clock.advance(5)
    # These rows look at health alone.
    watched = cast("Watched", SimpleNamespace(health=health))
    up, ages = (dict(NAMES[f"fleet2mqtt_{name}"].read(watched)) for name in ("part_up", "part_success_age_seconds"))
    assert up == {("vehicle data", "tesla"): 0, ("vehicle data", "parents"): 0}
    assert ages == {("vehicle data", "tesla"): 65}, "nobody knows an age of what never worked"
