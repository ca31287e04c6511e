"""What is on disk, of which generation, and when it goes (A1, S18, S22)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from account import EXPIRED, STORED, VIN, Shelf, client_of
from fakes import NOON
from loopback import Tesla, bad, good, serve
from token_world import World, world

from bridge.database import Database
from bridge.errors import AccessDenied, SignInRequired, TryLater
from bridge.fleet.auth.grants import RefreshToken
from bridge.fleet.auth.pause import Pause
from bridge.fleet.auth.sources import TokenSource
from bridge.fleet.auth.store import Custody, StoredTokens

ACCOUNT = "simulated home"
FULL = Custody(
    newest=replace(STORED, generation=8),
    previous=STORED,
    begun_at=NOON - timedelta(seconds=2),
    is_open=True,
    stored_at=NOON,
    used_at=NOON + timedelta(seconds=1),
    pause={"kind": "SignInRequired", "until": None},
    adopted="mark",
)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path) as opened:
        yield opened


def on_disk(directory: Path) -> bytes:
    return b"".join(path.read_bytes() for path in directory.iterdir())


async def renewed(here: World, source: TokenSource) -> str:
    """The next access token, which Tesla takes."""
    here.clock.advance(7 * 3600)
    access = await source.access()
    source.worked(access)
    source.tend()
    return access


# --- one account's custody ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("custody", [Custody(), Custody(replace(STORED, expires_at=None, refresh=None)), FULL])
def test_all_of_it_comes_back(tmp_path: Path, custody: Custody) -> None:
    with Database(tmp_path) as database:
        StoredTokens(database).keep("home", custody)
    with Database(tmp_path) as database:
        assert StoredTokens(database).load("home") == custody
        assert StoredTokens(database).load("another") == Custody()


def test_pairs_of_the_version_before_are_read(database: Database) -> None:
    pair = {
        "access": "access-0",
        "refresh": "refresh-0",
        "expires_at": STORED.expires_at.isoformat() if STORED.expires_at else None,
        "generation": 7,
        "obtained_at": NOON.isoformat(),
    }
    database.keep_secrets({"tokens home": pair, "renewal home": {"generation": 8}})
    assert StoredTokens(database).load("home") == Custody(STORED)


async def test_begun_received_stored_and_first_used_are_recorded(database: Database) -> None:
    store = StoredTokens(database)
    store.keep(ACCOUNT, Custody(EXPIRED))
    async with world(Shelf()) as here:
        source = here.process(store)
        here.desk.on_post = lambda: here.clock.advance(3)
        source.worked(await source.access())
        here.clock.advance(2)
        source.tend()
    kept = store.load(ACCOUNT)
    assert kept.newest
    assert kept.begun_at == NOON
    assert kept.newest.obtained_at == kept.stored_at == NOON + timedelta(seconds=3)
    assert kept.used_at == NOON + timedelta(seconds=5)
    assert not kept.is_open


# --- the pair before the newest -----------------------------------------------------------------------------------


async def test_the_pair_before_goes_when_the_newest_has_worked() -> None:
    async with world(Shelf(EXPIRED)) as here:
        source = here.process()
        access = await source.access()
        source.tend()
        assert [here.shelf.custody.previous] == [EXPIRED]
        source.worked("access-0")
        source.tend()
        assert [here.shelf.custody.previous] == [EXPIRED]
        source.worked(access)
        source.tend()
        source.tend()
    assert here.shelf.custody.previous is None
    assert here.shelf.notes == ["begin 8", "save 8", "note"]


async def test_a_call_that_tesla_answers_is_what_shows_that_it_works() -> None:
    tesla, shelf = Tesla(good({})), Shelf(EXPIRED)
    async with serve(tesla) as url, client_of(url, grant=RefreshToken("id"), store=shelf) as client:
        await client.vehicle(VIN)
    assert shelf.custody.used_at
    assert shelf.custody.previous is None


async def test_a_call_that_is_refused_is_not() -> None:
    tesla, shelf = Tesla(bad(401, "invalid bearer token")), Shelf(EXPIRED)
    async with serve(tesla) as url, client_of(url, grant=RefreshToken("id"), store=shelf) as client:
        with pytest.raises(AccessDenied):
            await client.vehicle(VIN)
    assert shelf.custody.previous


async def test_what_the_newest_was_got_with_is_kept_and_not_what_was_refused() -> None:
    """It is the one that Tesla still knows, should the newest get lost again."""
    lost = replace(EXPIRED, refresh="lost", generation=8)
    async with world(Shelf(lost, EXPIRED)) as here:
        await here.process().access()
    assert here.shelf.newest
    assert (here.shelf.newest.generation, here.shelf.custody.previous) == (9, EXPIRED)


# --- nothing is left behind ---------------------------------------------------------------------------------------


async def test_tokens_that_were_let_go_are_nowhere_in_the_file(database: Database, tmp_path: Path) -> None:
    """The backup holds the pair before the newest until the next renewal."""
    store = StoredTokens(database)
    store.keep(ACCOUNT, Custody(EXPIRED))
    async with world(Shelf()) as here:
        source = here.process(store)
        used = [await renewed(here, source) for _ in range(3)]
    assert used == ["access-1", "access-2", "access-3"]
    everywhere = on_disk(tmp_path)
    (tmp_path / "fleet2mqtt.sqlite.bak").unlink()
    left = on_disk(tmp_path)
    assert b"refresh-3" in left
    for number in range(3):
        assert b"refresh-%d" % number not in left
        assert b"access-%d" % number not in left
    assert b"refresh-1" not in everywhere


async def test_after_a_sign_out_no_token_is_in_any_file(database: Database, tmp_path: Path) -> None:
    """S22: not in the database, not in what SQLite writes beside it, not in the backup."""
    store = StoredTokens(database)
    store.keep(ACCOUNT, Custody(EXPIRED))
    async with world(Shelf(), grant=RefreshToken("client-id", "from-the-settings")) as here:
        source = here.process(store)
        await source.access()
        assert b"refresh-1" in on_disk(tmp_path)
        source.forget("mark")
        left = on_disk(tmp_path)
        for word in (b"access-0", b"refresh-0", b"access-1", b"refresh-1", b"from-the-settings"):
            assert word not in left
        for again in (source, here.process(store)):
            here.clock.advance(90 * 86400)
            with pytest.raises(SignInRequired, match="fleet2mqtt login"):
                await again.access()
            assert again.scopes == frozenset()
    assert len(here.desk.posts) == 1


def test_only_the_owner_can_read_any_file(database: Database, tmp_path: Path) -> None:
    """S18; whatever the umask says: tests/test_database.py."""
    StoredTokens(database).keep(ACCOUNT, Custody(STORED))
    assert {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {
        "fleet2mqtt.sqlite": 0o600,
        "fleet2mqtt.sqlite-wal": 0o600,
        "fleet2mqtt.sqlite.bak": 0o600,
    }


async def test_a_disk_that_takes_no_backup_still_has_the_tokens(
    database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "fleet2mqtt.sqlite.new").mkdir()
    StoredTokens(database).keep(ACCOUNT, Custody(STORED))
    assert StoredTokens(database).load(ACCOUNT).newest == STORED
    assert "could not be backed up" in capsys.readouterr().out


# --- signing in and out while it runs -----------------------------------------------------------------------------


async def test_a_new_sign_in_ends_a_sign_out() -> None:
    async with world(Shelf(STORED)) as here:
        source = here.process()
        source.forget("out")
        source.adopt(replace(STORED, access="new"), "in")
        assert await source.access() == "new"
        assert await here.process().access() == "new"
        assert source.has_taken("in")
        assert not source.has_taken("out")


async def test_a_sign_in_that_does_not_work_gives_way_to_the_one_before() -> None:
    """An `import` of a token that was used up elsewhere."""
    async with world(Shelf(STORED)) as here:
        source = here.process()
        source.adopt(replace(STORED, access="", refresh="used up", obtained_at=NOON), "in")
        assert await source.access() == "access-2"
    assert [post["refresh_token"] for post in here.desk.posts] == ["used up", "refresh-0"]


@pytest.mark.parametrize("is_sign_in", [True, False])
async def test_a_renewal_of_the_old_sign_in_that_comes_late_changes_nothing(is_sign_in: bool) -> None:  # noqa: FBT001
    async with world(Shelf(EXPIRED)) as here:
        source = here.process()
        if is_sign_in:
            here.desk.on_post = lambda: source.adopt(replace(STORED, access="new", refresh="new"), "in")
        else:
            here.desk.on_post = lambda: source.forget("out")
        if is_sign_in:
            assert await source.access() == "new"
        else:
            with pytest.raises(TryLater, match="meanwhile"):
                await source.access()
        kept = here.shelf.custody.newest
        assert (kept.refresh if kept else None) == ("new" if is_sign_in else None)
        assert here.shelf.custody.pause == (None if is_sign_in else _signed_out(here))


def _signed_out(here: World) -> object:
    pause = Pause(here.clock)
    pause.sign_out([])
    return pause.record()


async def test_what_the_disk_does_not_take_is_not_taken_up() -> None:
    """The file in the inbox stays, and is tried again."""
    async with world(Shelf(STORED)) as here:
        source = here.process()
        here.shelf.fails = OSError("no space left on device")
        with pytest.raises(OSError, match="no space"):
            source.adopt(replace(STORED, access="new"), "in")
        with pytest.raises(OSError, match="no space"):
            source.forget("out")
        assert await source.access() == "access-0"
        assert not source.has_taken("in")
