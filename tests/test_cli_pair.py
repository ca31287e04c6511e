"""`pair`: a link, a QR code that any phone reads, and a look whether the key is in the car."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import segno
from account import VIN, Book, client_of
from fakes import FakeClock
from key_desk import DOMAIN
from loopback import Seen, Tesla, bad, good, serve
from sign_in_server import simulated_tesla
from starlette.responses import Response
from verbs import call, loaded, settings_of

from bridge.cli import pair
from bridge.clock import SystemClock
from bridge.database import Database
from bridge.errors import BudgetSpent, SettingWrong

OTHER = "5YJYGDEE1MF700002"
CARS = [{"vin": VIN, "id": 1}, {"energy_site_id": 5, "resource_type": "battery"}, {"vin": OTHER, "id": 2}]

Out = pytest.CaptureFixture[str]


def status(*paired: str, unpaired: tuple[str, ...] = (), signing: bool = True) -> Response:
    info = {"firmware_version": "2026.26.3", "vehicle_command_protocol_required": signing}
    cars = dict.fromkeys((*paired, *unpaired), info)
    return good({"key_paired_vins": list(paired), "unpaired_vins": list(unpaired), "vehicle_info": cars})


async def watched(*replies: Response, vin: str | None = VIN, book: Book | None = None) -> tuple[int, FakeClock, Tesla]:
    clock, tesla = FakeClock(hurries=True), Tesla(*replies)
    async with serve(tesla) as url, client_of(url, clock=clock, book=book) as api:
        return await pair.watch(api, vin, clock), clock, tesla


def looks(tesla: Tesla) -> list[Seen]:
    return [seen for seen in tesla.seen if seen.path.endswith("/fleet_status")]


# --- the link -----------------------------------------------------------------------------------------------------


def test_the_link_is_tesla_s() -> None:
    assert pair.link(DOMAIN, None) == f"https://tesla.com/_ak/{DOMAIN}"
    assert pair.link(DOMAIN, VIN) == f"https://tesla.com/_ak/{DOMAIN}?vin={VIN}"


def pixels(drawn: str) -> list[list[bool | None]]:
    """What a terminal shows: True is white, False is black, None is whatever its background is."""
    rows: list[list[bool | None]] = []
    for line in drawn.splitlines():
        found = re.fullmatch(r"(?:\033\[[\d;]+m)*([ █▀▄]+)\033\[0m", line)
        assert found, line
        assert "\033[38;5;231m" in line
        ground = False if "\033[48;5;16m" in line else None
        rows.append([True if each in "█▀" else ground for each in found[1]])
        rows.append([True if each in "█▄" else ground for each in found[1]])
    return rows


@pytest.mark.parametrize("vin", [None, VIN])
def test_the_qr_code_says_the_link_in_black_and_white_on_every_terminal(vin: str | None) -> None:
    address = pair.link(DOMAIN, vin)
    wanted = [[not dark for dark in row] for row in segno.make(address, error="l", micro=False).matrix_iter(border=4)]
    *shown, below = pixels(pair.qr_code(address))
    assert shown == wanted
    assert set(below) == {None}, "no black line below the code on a light terminal"


def test_no_theme_changes_the_colours() -> None:
    """16 to 255 of the palette are fixed; 0 to 15 are the theme's."""
    numbers = set(re.findall(r"[34]8;5;(\d+)", pair.qr_code("x")))
    assert numbers == {"16", "231"}


# --- is it done? --------------------------------------------------------------------------------------------------


async def test_a_car_that_is_paired_already_costs_one_look(capsys: Out) -> None:
    code, clock, tesla = await watched(status(VIN))
    assert (code, len(looks(tesla)), clock.slept) == (0, 1, [0])
    assert f"{VIN}: paired, takes signed commands only, firmware 2026.26.3" in capsys.readouterr().out


async def test_it_looks_until_the_car_is_paired_and_tells_only_what_changes(capsys: Out) -> None:
    waiting = status(unpaired=(VIN,))
    code, clock, tesla = await watched(waiting, waiting, status(VIN))
    assert (code, len(looks(tesla)), clock.slept) == (0, 3, [0, 10, 10])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(",")[0] for line in lines if line.startswith(VIN)] == [f"{VIN}: not paired", f"{VIN}: paired"]


async def test_it_ends_by_itself_after_twelve_looks(capsys: Out) -> None:
    code, clock, tesla = await watched(status(unpaired=(VIN,)))
    assert (code, len(looks(tesla)), sum(clock.slept)) == (1, 12, 110)
    assert "Not paired yet" in capsys.readouterr().out


async def test_the_cost_is_said_before_the_first_look_and_entered_in_the_ledger(capsys: Out) -> None:
    book = Book()
    await watched(status(unpaired=(VIN,)), book=book)
    said = capsys.readouterr().out
    assert said.index("$0.002, all of them $0.024") < said.index(VIN)
    assert [cost for cost, _, _ in book.recorded] == ["data"] * 12


async def test_without_a_vin_it_waits_for_every_car_of_the_account(capsys: Out) -> None:
    code, _, tesla = await watched(good(CARS), status(VIN, unpaired=(OTHER,)), status(VIN, OTHER), vin=None)
    assert (code, len(looks(tesla))) == (0, 2)
    assert OTHER in capsys.readouterr().out


async def test_a_car_that_takes_plain_commands_is_told(capsys: Out) -> None:
    await watched(status(VIN, signing=False))
    assert "takes plain commands too" in capsys.readouterr().out


async def test_what_tesla_leaves_out_is_not_invented(capsys: Out) -> None:
    await watched(good({"key_paired_vins": [VIN]}))
    assert f"{VIN}: paired, does not say whether commands must be signed, firmware unknown" in capsys.readouterr().out


async def test_an_answer_that_fails_is_not_the_end(capsys: Out) -> None:
    code, _, _ = await watched(bad(503), bad(503), bad(503), status(VIN))
    assert code == 0
    assert "No answer this time" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("replies", "vin", "words"),
    [
        ([status(OTHER)], VIN, f"The account has no car {VIN}"),
        ([good([])], None, "The account has no car that this sign-in may see"),
        ([bad(403, "Unauthorized missing scopes vehicle_device_data")], VIN, "sign in again and grant the scope"),
        ([bad(412, "must be registered in the current region")], VIN, "`fleet2mqtt register`"),
    ],
)
async def test_what_only_a_person_can_change_ends_it(
    capsys: Out, replies: list[Response], vin: str | None, words: str
) -> None:
    code, clock, _ = await watched(*replies, vin=vin)
    assert (code, sum(clock.slept)) == (1, 0)
    assert words in capsys.readouterr().out


async def test_a_budget_that_is_spent_ends_it(capsys: Out) -> None:
    book = Book()
    book.refuses = BudgetSpent("the month's budget is spent")
    code, _, tesla = await watched(status(VIN), book=book)
    assert (code, tesla.seen) == (1, [])
    assert "the month's budget is spent" in capsys.readouterr().out


async def test_ctrl_c_ends_it() -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().call_soon(stop.set)
    assert await pair.unless_stopped(_for_ever(), stop) == 1


async def _for_ever() -> int:
    return await asyncio.Future()


# --- with a sign-in -----------------------------------------------------------------------------------------------


@pytest.fixture
def simulated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], None]:
    def given(url: str) -> None:
        settings_of(
            monkeypatch,
            tmp_path,
            tesla_region="simulated",
            tesla_simulator_url=url,
            tesla_client_id="simulated-client",
            tesla_refresh_token="simulated-refresh-token",
            tesla_domain=DOMAIN,
        )

    return given


async def test_it_looks_with_the_accounts_own_sign_in(simulated: Callable[[str], None], capsys: Out) -> None:
    async with simulated_tesla(cars=1) as region:
        simulated(region.api)
        assert await pair.look(loaded(), None, SystemClock()) == 0
    assert "LRW3F7EK4NC700001: paired" in capsys.readouterr().out


async def test_beside_a_bridge_that_runs_it_takes_no_token_from_it(
    simulated: Callable[[str], None], capsys: Out, tmp_path: Path
) -> None:
    tesla = Tesla(good([]))
    async with serve(tesla) as url:
        simulated(url)
        with Database(tmp_path / "data"):
            assert await pair.look(loaded(), VIN, SystemClock()) == 1
    assert (tesla.seen, tesla.desk.posts) == ([], [])
    assert "another fleet2mqtt is using" in capsys.readouterr().out


# --- words --------------------------------------------------------------------------------------------------------


def test_a_pipe_gets_the_link_and_no_picture(
    simulated: Callable[[str], None], capsys: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulated("http://127.0.0.1:1")
    monkeypatch.setattr(pair, "look", _nothing)
    assert call("pair", VIN.lower()) == 0
    said = capsys.readouterr().out
    assert pair.link(DOMAIN, VIN) in said
    assert not set(chain.from_iterable(said)) & set("█▀▄\033")


async def _nothing(*_: Any) -> int:
    return 0


@pytest.mark.parametrize("vin", ["", "5YJ3", "5YJ3E1EA7KF00031O", f"{VIN}0", f"{VIN}&x", "../../etc/passwd0"])
def test_what_is_no_vin_is_refused(simulated: Callable[[str], None], vin: str) -> None:
    simulated("http://127.0.0.1:1")
    with pytest.raises(SettingWrong, match="is no VIN"):
        call("pair", vin)


def test_a_domain_that_is_missing_is_named(simulated: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    simulated("http://127.0.0.1:1")
    monkeypatch.delenv("FLEET2MQTT_TESLA_DOMAIN")
    with pytest.raises(SettingWrong, match="FLEET2MQTT_TESLA_DOMAIN: is missing"):
        call("pair")
