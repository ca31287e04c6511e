"""The request collection: it is what the client sends, all of it is there, and the simulated account answers it."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from inspect import iscoroutinefunction, signature
from pathlib import Path
from typing import Any

import collection
import httpx2
import pytest
from brokers import ROOT
from collection_commands import body, is_call_of_its_own
from collection_notes import named
from doc_pages import page
from key_desk import DOMAIN, web
from simulated_tesla import NOON

from bridge.catalog import CATALOGUE
from bridge.catalog.rows import Command
from bridge.fleet.client import FleetClient
from bridge.fleet.hosts import FLEET, OWNERS
from bridge.fleet.partner import PartnerClient
from bridge.model import Kind
from bridge.prices import PRICES
from bridge.simulator.limits import PER_MINUTE
from bridge.simulator.server import Simulation, serve

HOME = ROOT / "docs/collection"
SIMULATOR = HOME / "simulator.postman_environment.json"
COMMANDS = [
    row
    for kind in (Kind.VEHICLE, Kind.ENERGY_SITE)
    for row in CATALOGUE[kind].commands.values()
    if is_call_of_its_own(row)
]
README = page(HOME / "README.md")

pytestmark = pytest.mark.timeout(300)  # newman takes ten seconds, and ten times that on a busy machine

Json = dict[str, Any]

VARIABLE = re.compile(r"\{\{(\w+)\}\}")


def items(folder: Json) -> Iterator[Json]:
    """All requests below it."""
    for item in folder["item"]:
        yield from items(item) if "item" in item else (item,)


WHOLE: Json = json.loads(collection.COLLECTION.read_text())
REQUESTS = [item["request"] for item in items(WHOLE)]
TOP: dict[str, Json] = {folder["name"]: folder for folder in WHOLE["item"]}


def variables(path: Path) -> dict[str, str]:
    """Of an environment."""
    return {each["key"]: each["value"] for each in json.loads(path.read_text())["values"]}


def filled(content: Mapping[str, Any]) -> Json:
    """With the simulator's values for what stands for a variable."""
    values = variables(SIMULATOR)
    found: Json = json.loads(VARIABLE.sub(lambda match: values[match[1]], named(json.dumps(content))))
    return found


# --- as files ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", collection.pages(), ids=lambda path: path.name)
def test_a_file_is_what_the_client_sends(path: Path) -> None:
    assert path.read_text() == collection.pages()[path], "run `make docs`"


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_is_there_once(command: Command) -> None:
    urls = [request["url"]["raw"] for request in REQUESTS]
    assert len([url for url in urls if url.endswith(f"}}}}/{command.endpoint}")]) == 1


@pytest.mark.parametrize("client", [FleetClient, PartnerClient])
def test_every_call_of_the_client_is_there(client: type, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that take any Call are no call of their own; `check_key` asks for the fleet status, `ping` signs."""
    own = {name: each for name, each in vars(client).items() if iscoroutinefunction(each) and name[0] != "_"}
    calls = {name for name, each in own.items() if "call" not in signature(each).parameters} - {"check_key", "ping"}
    made: set[str] = set()

    def noted(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            made.add(name)
            return real(*args, **options)

        return call

    for name in calls:
        monkeypatch.setattr(client, name, noted(name, getattr(client, name)))
    collection.collection()
    assert made == calls


def test_all_that_is_dangerous_is_in_a_folder_of_its_own_that_is_off() -> None:
    dangerous = {command.title for command in COMMANDS if command.dangerous}
    assert {item["name"] for item in items(TOP["Dangerous vehicle commands"])} == dangerous
    assert not dangerous & {item["name"] for name in ("Vehicle commands", "Vehicles") for item in items(TOP[name])}
    real = [path for path in HOME.glob("tesla-*.json") if variables(path)["dangerous_commands"] != "off"]
    assert real == []


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_an_example_gives_every_parameter_that_is_needed(command: Command) -> None:
    given = str(body(command))
    needed = [each.name for each in command.parameters if each.required]
    assert not [name for name in needed if f"'{name}'" not in given] or command.name == "navigation_request"


@pytest.mark.parametrize("path", sorted(HOME.glob("*.postman_environment.json")), ids=lambda path: path.name)
def test_every_variable_is_set_or_made(path: Path) -> None:
    text = collection.COLLECTION.read_text()
    made = set(re.findall(r"const made = \{ (.*?) \}", text)[0].replace(": random()", "").split(", "))
    used = set(VARIABLE.findall(text))
    assert used - made <= variables(path).keys()
    assert len(used) > 20


def test_templates_hold_no_secret() -> None:
    for path in HOME.glob("tesla-*.json"):
        filled = {name for name, value in variables(path).items() if value}
        assert filled == {
            "host", "auth_host", "authorize_host", "owner_host", "redirect_uri", "dangerous_commands",
        }  # fmt: skip


@pytest.mark.parametrize("name", FLEET)
def test_the_addresses_of_a_region_are_those_of_its_row(name: str) -> None:
    values = variables(HOME / f"tesla-{name}.postman_environment.json")
    urls = {request["url"]["raw"].partition("?")[0] for request in REQUESTS}
    found = {VARIABLE.sub(lambda match: values[match[1]] or "x", url) for url in urls}
    region, owner = FLEET[name], OWNERS["owner-cn" if name == "cn" else "owner"]
    assert {region.token, region.authorize, region.metadata, region.keys, owner.token, owner.revoke} <= found
    assert f"{region.api}/api/1/products" in found


# --- its page ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TOP)
def test_the_page_tells_what_each_folder_costs(name: str) -> None:
    told = next(row.cells["price class"] for row in README.rows if row.cells.get("folder") == name)
    found = {re.findall(r"Price class: (\w+)", item["request"]["description"])[0] for item in items(TOP[name])}
    assert set(re.findall(r"\b(free|data|wake|command|energy)\b", told)) == found
    assert re.findall(r"\$([0-9.]+)", told) == [
        f"{price:g}" for cost, price in PRICES.items() if price and cost in found
    ]


# --- against the simulated account ------------------------------------------------------------------------

REFUSED = {
    "charge_start": "is_charging",
    "charge_standard": "already_standard",
    "charge_port_door_open": "is_charging",
    "charge_port_door_close": "unavailable",  # the cable is in it
    "set_cabin_overheat_protection": "already_set",
    "remote_seat_cooler_request": "not_supported",  # a Model 3 of 2022 cools no seats
    "schedule_software_update": "unavailable",  # there is none
    "cancel_software_update": "unavailable",
    "open_tonneau": "not_supported",
    "close_tonneau": "not_supported",
    "stop_tonneau": "not_supported",
    "sun_roof_control": "not_supported",
}
"""Commands that the simulated car refuses in the state that the run brings it to, and why."""


@dataclass(frozen=True)
class Run:
    """What newman tells of a run, and which commands reached a device."""

    report: Json
    executions: list[Json]

    @property
    def answers(self) -> list[tuple[str, int]]:
        """Name and status of each request that was sent."""
        return [
            (each["item"]["name"], each["response"]["code"])
            for each in self.report["run"]["executions"]
            if "response" in each
        ]

    def response(self, name: str) -> Any:
        """The `response` of the answer to the request of this name."""
        said = next(
            each["response"]["stream"]["data"]
            for each in self.report["run"]["executions"]
            if each["item"]["name"] == name
        )
        return json.loads(bytes(said))["response"]

    @property
    def failures(self) -> list[str]:
        return [f"{each['source']['name']}: {each['error']['message']}" for each in self.report["run"]["failures"]]


async def run(report: Path, *options: str, **values: str) -> Run:
    """The collection against a car that is awake, plugged in at home, and has somebody in it. Time stands still."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(PER_MINUTE, "command", len(COMMANDS))  # thirty a minute would take three of them
        return await _run(report, options, values)


async def _run(report: Path, options: tuple[str, ...], values: dict[str, str]) -> Run:
    car = variables(SIMULATOR)["vin"]
    async with (
        web() as site,
        serve(Simulation(start=NOON, speed=0, tick=False, key_page=site.url)) as url,
        httpx2.AsyncClient(base_url=url) as http,
    ):
        state = {"state": "online", "at_home": True, "plugged": True, "user_present": True}
        (await http.post(f"/control/vehicles/{car}", json=state)).raise_for_status()
        given = {
            **dict.fromkeys(("host", "auth_host", "authorize_host", "owner_host"), url),
            "domain": DOMAIN,
            "start_date": "2026-07-14T00:00:00-07:00",
            "end_date": "2026-07-15T00:00:00-07:00",
            **values,
        }
        await newman(report, *options, *(f"--env-var={name}={value}" for name, value in given.items()))
        executions = (await http.get("/control/executions")).json()["executions"]
    return Run(json.loads(await asyncio.to_thread(report.read_text)), executions)


async def newman(report: Path, *options: str) -> None:
    """Runs the collection as its user does. Its exit code says what the report says."""
    process = await asyncio.create_subprocess_exec(
        "newman", "run", collection.COLLECTION, "--environment", SIMULATOR,
        "--reporters", "json", "--reporter-json-export", report, *options,
        stdout=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    await process.wait()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return asyncio.run(run(tmp_path_factory.mktemp("newman") / "report.json"))


@pytest.mark.newman
def test_every_request_is_answered_and_its_tests_pass(whole: Run) -> None:
    assert whole.failures == []
    assert len(whole.answers) == len(REQUESTS)
    assert {name: status for name, status in whole.answers if not 200 <= status < 300} == {"Authorize": 302}


@pytest.mark.newman
def test_every_command_reaches_its_device_with_what_the_bridge_would_send(whole: Run) -> None:
    reached = {each["name"]: each["parameters"] for each in whole.executions}
    sent = {command.endpoint.removeprefix("command/"): command for command in COMMANDS if command.endpoint != "wake_up"}
    assert len(whole.executions) == len(reached)
    assert reached.keys() == sent.keys()
    for name in sent.keys() - {"navigation_request"}:  # which holds the time
        assert reached[name] == filled(body(sent[name])), name


@pytest.mark.newman
def test_histories_hold_data(whole: Run) -> None:
    assert whole.response("Energy history")["time_series"]
    assert "events" in whole.response("Backup history")


@pytest.mark.newman
def test_what_a_car_refuses_it_refuses_for_its_state(whole: Run) -> None:
    cars = [each for each in whole.executions if each["device"] == variables(SIMULATOR)["vin"]]
    assert {each["name"]: each["answer"]["reason"] for each in cars if not each["answer"]["result"]} == REFUSED


@pytest.mark.newman
def test_its_tests_notice_a_refusal(tmp_path: Path) -> None:
    """Nobody has signed in."""
    refused = asyncio.run(run(tmp_path / "report.json", "--folder", "Users"))
    assert {status for _, status in refused.answers} == {401}
    assert {failure.partition(":")[0] for failure in refused.failures} == {"Me", "Region", "Features", "Orders"}


@pytest.mark.newman
def test_dangerous_commands_are_skipped_until_they_are_on(tmp_path: Path) -> None:
    chosen = ("--folder", "Third-party", "--folder", "Dangerous vehicle commands")
    skipped = asyncio.run(run(tmp_path / "report.json", *chosen, dangerous_commands="off"))
    assert [name for name, _ in skipped.answers] == ["Authorize", "Code for tokens", "Renew"]
    assert skipped.executions == []
