"""What people want of a Powerwall for a while (entities.md O10 to O12; docs/energy.md)."""

from __future__ import annotations

from bridge.catalog import convert, options
from bridge.catalog.builders import (
    enum,
    group,
    number,
    select,
    sensor,
    timestamp,
)
from bridge.catalog.options import option
from bridge.catalog.rows import Command, Limits, Parameter
from bridge.catalog.writes import sets

LONGEST = 44_640
"""Minutes: a month."""

INTENTS = group(
    "intent",
    (
        select(
            "intent",
            "Intent",
            "bridge.intent",
            "normal charge_from_grid hold export full_backup",
            sets("set_intent", "intent"),
            icon="mdi:home-battery-outline",
            needs="has_battery",
            note="For so long as `intent_duration` says; then the owner's settings come back. docs/energy.md",
        ),
        enum(
            "intent_state",
            "Intent state",
            "bridge.intent_state",
            "normal setting active restoring failed",
            category="diagnostic",
            needs="has_battery",
            note="restoring: settings are being put back; failed: the site refuses that. Both go on trying.",
        ),
        sensor(
            "intent_reason",
            "Intent reason",
            "bridge.intent_reason",
            read=convert.text,
            category="diagnostic",
            needs="has_battery",
            note="What became of the last intent, or why it is not restored yet.",
        ),
        timestamp(
            "intent_until",
            "Intent until",
            "bridge.intent_until",
            read=convert.same,
            category="diagnostic",
            needs="has_battery",
        ),
    ),
)

OPTIONS = options.options(
    number(
        "intent_duration",
        "Intent duration",
        "bridge.intent_duration",
        Limits(minimum=0, maximum=LONGEST),
        option("intent_duration"),
        unit="min",
        device_class="duration",
        category="config",
        icon="mdi:timer-cog-outline",
        needs="has_battery",
        settings={"mode": "box"},
        note="Of the next intent. 0: until it is ended.",
    ),
)

COMMANDS = (
    *options.commands(OPTIONS),
    Command(
        name="set_intent",
        title="Set intent",
        endpoint="",
        parameters=(
            Parameter(name="intent", type=str, choices=("normal", "charge_from_grid", "hold", "export", "full_backup")),
            Parameter(name="until", type=str, required=False),
            Parameter(name="minutes", type=int, minimum=1, maximum=LONGEST, required=False),
        ),
        scopes=("energy_cmds",),
        cost="energy",
        wakes=False,
        is_composed=True,
        needs="has_battery",
        note="`until`: `2026-07-01T06:00:00+02:00`, or `07:00` on the site's clock; docs/energy.md",
    ),
    Command(
        name="restore",
        title="Restore previous settings",
        endpoint="",
        scopes=("energy_cmds",),
        cost="energy",
        wakes=False,
        is_composed=True,
        button=True,
        category="config",
        icon="mdi:backup-restore",
        needs="has_battery",
        note="Ends the intent; the same as the intent `normal`",
    ),
)
