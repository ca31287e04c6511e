"""Every command of the catalogue, with its answer lost after the deed: done once, looked after, never sent again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

import pytest
from catalog_cases import ENTITIES
from command_examples import BEFORE, EXAMPLES, READY, SIGNED_EXAMPLES, TRUCK
from repetitions import MANY
from whole_house import CAR, OTHER_CAR, House, empty_house, id_of, message

from bridge import catalog
from bridge.catalog.rows import ASSUMED, Entity
from bridge.catalog.vehicle.commands import COMMANDS
from bridge.catalog.vehicle.signed import SIGNED_ONLY
from bridge.commands.reading import VERIFY_GROUPS, is_shown
from bridge.fleet import keys
from bridge.fleet.signing.actions import UNSIGNED
from bridge.model import Kind, Value
from bridge.simulator.site_tariff_default import TIME_OF_USE

pytestmark = pytest.mark.case("F24")

Record = Callable[[str, object], None]

PATHS = {row.name: row.endpoint for row in (*COMMANDS, *SIGNED_ONLY) if row.endpoint.startswith("command/")}
PLAIN = [row.name for row in COMMANDS if row.name in PATHS]
SIGNED = [row.name for row in SIGNED_ONLY]
WAYS: tuple[Mapping[str, Any], ...] = (
    {"after": True, "html": True, "status": 502},
    {"drop": "after"},
    {"truncate": True},
)
"""How an answer is lost. The fourth, a time limit, takes half a minute: test_lost_answers.py."""

BY_MQTT: Mapping[str, Mapping[str, Any]] = {
    "vent_windows": {},
    "navigation_request": {"address": "Oak Street 1"},
    "set_managed_charger_location": {"lat": 37.4419, "lon": -122.143},
}
"""Where the catalogue's parameters are not those that are sent."""


class Case(NamedTuple):
    """A command, to a car that wants it signed or one that does not, and the number of a way."""

    name: str
    signs: bool
    way: int


KINDS = [*((name, False) for name in PLAIN), *((name, True) for name in [*PLAIN, *SIGNED])]
CASES = [
    Case(*kind, (number + turn) % len(WAYS))
    for turn in range(min(MANY, len(WAYS)))
    for number, kind in enumerate(KINDS)
]
"""One way each; all of them in the long run."""


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The first car takes only signed commands. Time is real: a signature is good for ten seconds."""
    directory = tmp_path_factory.mktemp("house")
    with empty_house(directory, speed=1.0) as house:
        start(house)
        house.tesla.force(CAR, command_signing="required", **TRUCK)
        for car, name in ((CAR, "door_lock"), (CAR, "honk_horn"), (OTHER_CAR, "honk_horn")):
            house.ask(car, name, "PRESS")  # opens the sessions, and asks which car wants them
        yield house


def start(house: House) -> None:
    """With a key that all cars know, and everything enabled."""
    public = keys.make(house.bridge.directory / "data")
    house.tesla.control("limits", command=10_000, data=10_000)
    for car in house.cloud.account.cars:
        house.tesla.control(f"vehicles/{car.vin}/signing", keys=[public.hex])
    house.start(commands_enable=",".join(row.name for row in (*COMMANDS, *SIGNED_ONLY) if row.dangerous))


class Done(NamedTuple):
    """What was said of a command, and how often it was sent and done."""

    outcome: str
    attempts: int
    sent: int
    done: int


@pytest.fixture(scope="module")
def lost(one: House) -> Mapping[Case, Done]:
    """All of it has happened."""
    return {case: _lose(one, case) for case in CASES}


def _lose(one: House, case: Case) -> Done:
    car, name = CAR if case.signs else OTHER_CAR, case.name
    path = "signed_command" if case.signs and name not in UNSIGNED else PATHS[name]
    one.tesla.force(car, **{**READY, **BEFORE.get(name, {})})
    one.tesla.forget()
    one.tesla.fault(f"POST .*{id_of(car)}/{path}$", times=1, **WAYS[case.way])
    result = one.ask(car, name, json.dumps(BY_MQTT[name] if name in BY_MQTT else {**EXAMPLES, **SIGNED_EXAMPLES}[name]))
    one.tesla.heal()
    return Done(result["outcome"], result["attempts"], len(one.tesla.paid_for), len(one.tesla.executions(car)))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.name} {'signed ' * case.signs}{case.way}")
def test_a_command_whose_answer_is_lost_is_done_once(lost: Mapping[Case, Done], case: Case) -> None:
    assert lost[case] == Done("unconfirmed", attempts=1, sent=1, done=1)


def test_meanwhile_nothing_else_went_wrong(one: House, record_property: Record) -> None:
    """The invariants are looked at here, once."""
    assert one.bridge.is_alive
    record_property("figure", f"{len(CASES)} commands, each done once")


# --- everything that can be set: it can be seen whether it was done --------------------------------------------------


class Setting(NamedTuple):
    """A settable of a device of its own row of devices."""

    kind: Kind
    row: Entity

    @property
    def place(self) -> str:
        return f"{self.row.group}/{self.row.key}"


def _is_tesla(row: Entity) -> bool:
    return bool(row.write) and not row.source.startswith("bridge.")


SETTINGS = [Setting(kind, row) for kind, row in ENTITIES if _is_tesla(row)]
BESIDES = {
    "speed_limit_lock": {"pin": "1234"},
    "valet_mode": {"password": "1234"},
    "parental_controls": {"pin": "1234"},
}
ONLY: Mapping[str, Any] = {"frunk": True, "charge_cable_lock": False, "tariff": TIME_OF_USE}
"""What such a thing can be set to at all."""


def other(row: Entity, shown: str | None) -> Any:
    """A value that it does not have."""
    if row.key in ONLY:
        return ONLY[row.key]
    if row.options:
        return next(word for word in reversed(row.options) if word != shown)
    if row.limits:
        low, high = row.limits.minimum, row.limits.maximum
        middle = low + row.limits.step * round((high - low) / 2 / row.limits.step)
        return next(each for each in (middle, middle + row.limits.step) if shown is None or each != float(shown))
    return "03:15:00" if row.component == "time" else shown != "true"


CARS, SITES = 8, 3


class Told(NamedTuple):
    """What a device was to be set to, what was said of it, and what it shows afterwards."""

    device: str
    value: Any
    result: Mapping[str, Any]
    shown: Value


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Eight cars and three sites take turns."""
    with empty_house(tmp_path_factory.mktemp("house"), speed=1.0, cars=CARS, sites=SITES) as house:
        cars = [f"vehicle/{car.vin}" for car in house.cloud.account.cars]
        for car in cars:
            house.tesla.force(car, **READY, **TRUCK)
        start(house)
        for car in cars:
            house.spy.until(partial(house.value, car, "charge/charge_limit"), "a look at all cars")
            for name in ("update_charge_on_solar", "get_charge_on_solar", "honk_horn"):  # as above, and to know more
                house.ask(car, name, json.dumps({**EXAMPLES, **SIGNED_EXAMPLES}[name]))
        yield house


@pytest.fixture(scope="module")
def told(settings: House) -> Mapping[str, Told]:
    """All answers have been cut off."""
    house = settings
    house.tesla.forget()
    house.tesla.fault("POST /api/1/(vehicles/.*command|energy_sites)", drop="after")
    asked = {setting.row.key: _send(house, setting, number) for number, setting in enumerate(SETTINGS)}
    results = {key: house.spy.until(partial(house.results_of, key), f"a result of {key}", 80)[0] for key in asked}
    house.tesla.heal()
    shown = {device: truth(house, device) for device, _ in asked.values()}
    return {key: Told(device, value, results[key], shown[device].get(key)) for key, (device, value) in asked.items()}


def truth(house: House, device: str) -> Mapping[str, Value]:
    """What the device shows, asked without the bridge."""
    account = house.cloud.account
    if device.startswith("vehicle"):
        (car,) = (car for car in account.cars if car.vin == id_of(device))
        body = car.data(frozenset(VERIFY_GROUPS), location=False)
        return catalog.read(Kind.VEHICLE, json.loads(json.dumps({"vehicle": body, **body})))
    (site,) = (site for site in account.sites if str(site.site_id) == id_of(device))
    return catalog.read(Kind.ENERGY_SITE, json.loads(json.dumps({"site_info": site.site_info()})))


def _send(house: House, setting: Setting, number: int) -> tuple[str, Any]:
    account, row = house.cloud.account, setting.row
    cars = [f"vehicle/{car.vin}" for car in account.cars]
    sites = [f"energy_site/{site.site_id}" for site in account.sites]
    devices = cars if setting.kind is Kind.VEHICLE else sites
    device = devices[number % len(devices)]
    value = other(row, house.value(device, setting.place))
    house.send(device, row.key, message(row.key, value=value, **BESIDES.get(row.key, {})))
    return device, value


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.row.key)
def test_a_setting_is_ok_where_and_only_where_the_device_shows_it(told: Mapping[str, Told], setting: Setting) -> None:
    """What no poll tells cannot be seen, nor what this car does not have."""
    key, row = setting.row.key, setting.row
    found = told[key]
    is_seen = row.source != ASSUMED and is_shown({key: found.value}, {key: found.shown})
    assert (found.result["outcome"], found.result["attempts"]) == ("ok" if is_seen else "unconfirmed", 1), found


def test_each_setting_was_sent_once_and_done_once(
    settings: House, told: Mapping[str, Told], record_property: Record
) -> None:
    sent = [device for device, *_ in told.values()]
    verified = sum(each.result["outcome"] == "ok" for each in told.values())
    record_property("figure", f"{len(sent)} settings, each sent once, {verified} seen to be done")
    assert len(settings.tesla.paid_for) == len(sent)
    for device in set(sent):
        assert len(settings.tesla.executions(device)) == sent.count(device)
    assert verified >= len(sent) / 2
