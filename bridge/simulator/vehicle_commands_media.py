"""Media and navigation commands (fleet-api.md 3.2)."""

from collections.abc import Callable
from random import Random

from bridge.simulator.places import Place, moved
from bridge.simulator.vehicle_car import Car, Route
from bridge.simulator.vehicle_commands_row import DONE, Row
from bridge.simulator.vehicle_media import VOLUME_STEP, Media
from bridge.simulator.vehicle_parameters import (
    LAT,
    LON,
    Parameter,
    Params,
    choice,
    mapping,
    number,
    text,
    whole,
)

SHARED_TEXT = "android.intent.extra.TEXT"
REPLACE, PREPEND, APPEND = 1, 2, 3
FARTHEST_GUESS = 30.0  # miles


def _media(act: Callable[[Media], None]) -> Row:
    """What somebody in the car would do on its screen."""

    def handler(car: Car, _: Params) -> str:
        act(car.media)
        return DONE

    return Row(handler, needs=("user",))


def _adjust_volume(car: Car, params: Params) -> str:
    car.media.set_volume(params["volume"])
    return DONE


def _navigate(car: Car, params: Params) -> str:
    """The first line names the destination; where it is knows only Tesla's map."""
    name = params["value"][SHARED_TEXT].strip().splitlines()[0]
    return _set_route(car, Route(name, _somewhere(car, name)))


def _navigate_to_point(car: Car, params: Params) -> str:
    """Appending a point behind a destination leaves the next destination as it is."""
    if params["order"] == APPEND and car.drive.route:
        return DONE
    name = f"{params['lat']:.5f}, {params['lon']:.5f}"
    return _set_route(car, Route(name, Place(params["lat"], params["lon"])))


def _navigate_to_charger(car: Car, params: Params) -> str:
    if params["order"] == APPEND and car.drive.route:
        return DONE
    name = f"Supercharger {params['id']}"
    return _set_route(car, Route(name, _somewhere(car, name)))


def _navigate_by_points(car: Car, params: Params) -> str:
    first = params["waypoints"][0]
    return _set_route(car, Route(first, _somewhere(car, first)))


def _set_route(car: Car, route: Route) -> str:
    car.drive.route = route
    return DONE


def _somewhere(car: Car, name: str) -> Place:
    """A place for a name, the same each time."""
    random = Random(name)
    return moved(car.home.place, random.uniform(2, FARTHEST_GUESS), random.uniform(0, 360))


def _note(word: str, parameter: str) -> Row:
    """Text that no answer shows."""

    def handler(car: Car, params: Params) -> str:
        car.settings.hidden[word] = params[parameter]
        return DONE

    return Row(handler, (Parameter(parameter, text),))


def _shared(value: object) -> dict[str, str]:
    """The object of a share: its text must say something."""
    given = mapping(value)
    if not text(given.get(SHARED_TEXT)).strip():
        raise ValueError("empty")
    return given


def _waypoints(value: object) -> list[str]:
    """`refId:<place>,refId:<place>`."""
    points = [point.partition("refId:") for point in text(value).split(",")]
    if not all(mark and place for _, mark, place in points):
        raise ValueError("not a list of refId:<place>")
    return [place for *_, place in points]


ORDER = Parameter("order", choice(REPLACE, PREPEND, APPEND), required=False, default=REPLACE)

MEDIA: dict[str, Row] = {
    "media_toggle_playback": _media(Media.toggle),
    "media_next_track": _media(lambda media: media.skip(1)),
    "media_prev_track": _media(lambda media: media.skip(-1)),
    "media_next_fav": _media(lambda media: media.skip_programme(1)),
    "media_prev_fav": _media(lambda media: media.skip_programme(-1)),
    "media_volume_up": _media(lambda media: media.set_volume(media.volume + VOLUME_STEP)),
    "media_volume_down": _media(lambda media: media.set_volume(media.volume - VOLUME_STEP)),
    "adjust_volume": Row(_adjust_volume, (Parameter("volume", number(0, 11)),)),
    "navigation_request": Row(
        _navigate,
        (
            Parameter("value", _shared),
            Parameter("type", choice("share_ext_content_raw")),
            Parameter("locale", text, required=False),
        ),
    ),
    "navigation_gps_request": Row(_navigate_to_point, (LAT, LON, ORDER)),
    "navigation_sc_request": Row(_navigate_to_charger, (Parameter("id", whole(0, 2**53)), ORDER)),
    "navigation_waypoints_request": Row(_navigate_by_points, (Parameter("waypoints", _waypoints),)),
    "upcoming_calendar_entries": _note("calendar", "calendar_data"),
    "take_drivenote": _note("drivenote", "note"),
}
