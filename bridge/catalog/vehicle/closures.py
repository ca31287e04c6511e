"""Doors, windows, trunks, locks (entities.md C)."""

from __future__ import annotations

from bridge.catalog import convert
from bridge.catalog.builders import (
    binary_sensor,
    cover,
    diagnostics,
    enum,
    group,
    hidden,
    lock,
    sensor,
)
from bridge.catalog.rows import STREAMED, Entity
from bridge.catalog.writes import Invocation, either, one_way, picks

DOORS = (
    ("df", "door_front_driver", "Door front driver", "DoorState"),
    ("dr", "door_rear_driver", "Door rear driver", "DoorState"),
    ("pf", "door_front_passenger", "Door front passenger", "DoorState"),
    ("pr", "door_rear_passenger", "Door rear passenger", "DoorState"),
)

WINDOWS = (
    ("fd_window", "window_front_driver", "Window front driver", "FdWindow"),
    ("fp_window", "window_front_passenger", "Window front passenger", "FpWindow"),
    ("rd_window", "window_rear_driver", "Window rear driver", "RdWindow"),
    ("rp_window", "window_rear_passenger", "Window rear passenger", "RpWindow"),
)

_DOOR_FIELDS = tuple(field for field, *_ in DOORS)
_WINDOW_FIELDS = tuple(field for field, *_ in WINDOWS)


def _openings(rows: tuple[tuple[str, str, str, str], ...], device_class: str) -> tuple[Entity, ...]:
    return tuple(
        binary_sensor(
            key,
            name,
            f"vehicle_state.{field}",
            read=convert.is_open,
            device_class=device_class,
            category="diagnostic",
            stream=stream,
        )
        for field, key, name, stream in rows
    )


CLOSURES = group(
    "closures",
    (
        lock("locked", "Lock", "vehicle_state.locked", either("door_lock", "door_unlock"), stream="Locked"),
        *hidden(
            binary_sensor(
                "unlocked",
                "Unlocked",
                "vehicle_state.locked",
                read=convert.negated,
                device_class="lock",
                note="Home Assistant's lock class: true is unlocked.",
                stream="Locked",
            ),
        ),
        *_openings(DOORS, "door"),
        binary_sensor(
            "any_door_open",
            "Any door open",
            "vehicle_state",
            read=convert.any_of(convert.is_open, *_DOOR_FIELDS),
            device_class="door",
            stream="DoorState",
        ),
        *_openings(WINDOWS, "window"),
        binary_sensor(
            "any_window_open",
            "Any window open",
            "vehicle_state",
            read=convert.any_of(convert.is_open, *_WINDOW_FIELDS),
            device_class="window",
            stream="FdWindow FpWindow RdWindow RpWindow",
        ),
        cover(
            "windows",
            "Windows",
            "vehicle_state",
            picks(
                {
                    True: Invocation("window_control", {"command": "vent"}),
                    False: Invocation("window_control", {"command": "close"}),
                }
            ),
            read=convert.any_of(convert.is_open, *_WINDOW_FIELDS),
            device_class="window",
            note="Opening only vents.",
            stream="FdWindow FpWindow RdWindow RpWindow",
        ),
        cover(
            "frunk",
            "Frunk",
            "vehicle_state.ft",
            one_way(True, "actuate_trunk", "the frunk can only be closed by hand", which_trunk="front"),
            device_class="door",
            stream="DoorState",
        ),
        cover(
            "trunk",
            "Trunk",
            "vehicle_state.rt",
            picks(dict.fromkeys((True, False), Invocation("actuate_trunk", {"which_trunk": "rear"}))),
            device_class="door",
            note="Opening and closing are the same command: a trunk with a motor moves the other way.",
            stream="DoorState",
        ),
        cover(
            "sunroof",
            "Sunroof",
            "vehicle_state.sun_roof_state",
            picks(
                {
                    True: Invocation("sun_roof_control", {"state": "vent"}),
                    False: Invocation("sun_roof_control", {"state": "close"}),
                }
            ),
            read=convert.known({"open": True, "vent": True, "closed": False}),
            device_class="window",
            enabled=False,
            needs="sunroof_installed",
            stop=Invocation("sun_roof_control", {"state": "stop"}),
            note="Opening only vents. A signed command cannot stop it.",
        ),
        cover(
            "tonneau",
            "Tonneau",
            "vehicle_state.tonneau_percent_open",
            either("open_tonneau", "close_tonneau"),
            device_class="shutter",
            enabled=False,
            needs="has_tonneau",
            stop=Invocation("stop_tonneau", {}),
            stream="TonneauPosition",
        ),
        *diagnostics(
            sensor(
                "open_doors",
                "Open doors",
                "vehicle_state",
                read=convert.count_of(convert.is_open, *_DOOR_FIELDS),
                state_class="measurement",
                stream="DoorState",
            ),
            sensor(
                "open_windows",
                "Open windows",
                "vehicle_state",
                read=convert.count_of(convert.is_open, *_WINDOW_FIELDS),
                state_class="measurement",
                stream="FdWindow FpWindow RdWindow RpWindow",
            ),
            sensor(
                "sunroof_percent_open",
                "Sunroof opening",
                "vehicle_state.sun_roof_percent_open",
                unit="%",
                state_class="measurement",
                needs="sunroof_installed",
            ),
            sensor("sunroof_state", "Sunroof state", "vehicle_state.sun_roof_state", needs="sunroof_installed"),
            sensor(
                "tonneau_percent_open",
                "Tonneau opening",
                "vehicle_state.tonneau_percent_open",
                unit="%",
                state_class="measurement",
                needs="has_tonneau",
                stream="TonneauOpenPercent",
            ),
            binary_sensor(
                "tonneau_moving",
                "Tonneau moving",
                "vehicle_state.tonneau_in_motion",
                device_class="moving",
                needs="has_tonneau",
            ),
            enum(
                "tonneau_tent_mode",
                "Tonneau tent mode",
                STREAMED,
                "inactive moving failed active",
                needs="has_tonneau",
                stream="TonneauTentMode",
            ),
        ),
    ),
)
