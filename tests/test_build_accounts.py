"""Settings -> accounts: where each is kept, what its errors call it, how its owner grants more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from fakes import FakeClock

from bridge import build
from bridge.accounts import Access
from bridge.database import Database
from bridge.errors import SettingWrong
from bridge.ledger import Ledger
from bridge.settings import Settings, load

pytestmark = pytest.mark.usefixtures("empty_world")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path) as opened:
        yield opened


def accesses(database: Database, **given: str) -> list[Access]:
    clock = FakeClock()
    return build.accounts(_settings(**given), database, clock, Ledger(store=database, clock=clock, budget=10))


def _settings(**given: str) -> Settings:
    flags = {"tesla_client_id": "app", "accounts": "parents", **given}
    return load([f"--{name.replace('_', '-')}={value}" for name, value in flags.items()])


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({}, ["tesla", "parents"]),
        ({"account_parents_token_type": "fixed", "account_parents_access_token": "x"}, ["tesla", "parents fixed"]),
        (
            {"tesla_region": "simulated", "tesla_simulator_url": "http://localhost"},
            ["simulated tesla", "simulated parents"],
        ),
    ],
)
def test_no_account_finds_the_tokens_of_another(database: Database, given: dict[str, str], kept: list[str]) -> None:
    assert [each.tokens._account for each in accesses(database, **given)] == kept


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({"account_parents_token_type": "fixed"}, "FLEET2MQTT_ACCOUNT_PARENTS_ACCESS_TOKEN: is missing"),
        ({"account_parents_access_token": "x"}, "FLEET2MQTT_ACCOUNT_PARENTS_ACCESS_TOKEN: is for FLEET2MQTT_ACCOUNT_"),
        (
            {"account_parents_token_type": "owner-api"},
            "FLEET2MQTT_ACCOUNT_PARENTS_",
        ),
        ({"account_parents_region": "owner"}, "FLEET2MQTT_ACCOUNT_PARENTS_TOKEN_TYPE: third-party is not for"),
    ],
)
def test_what_one_lacks_is_told_by_its_own_name(database: Database, given: dict[str, str], line: str) -> None:
    with pytest.raises(SettingWrong) as wrong:
        accesses(database, **given)
    assert str(wrong.value).startswith(line)
    assert "FLEET2MQTT_TESLA" not in str(wrong.value)


def advice(database: Database, **given: Any) -> list[str]:
    return [each.advice for each in accesses(database, **given)]


def test_consent_is_given_at_teslas_page_and_then_somebody_signs_in_again(database: Database) -> None:
    """Fleet-api.md 1.1 and 1.9."""
    first, other = advice(database, tesla_domain="example.com")
    link = urlsplit(first.split()[3])
    assert (link.scheme, link.netloc, link.path) == ("https", "auth.tesla.com", "/user/revoke/consent")
    assert parse_qs(link.query) == {"revoke_client_id": ["app"], "back_url": ["https://example.com"]}
    assert first.endswith("sign in again with `fleet2mqtt login`")
    assert other.endswith("sign in again with `fleet2mqtt login --account parents`")


def test_in_china_it_is_the_page_there(database: Database) -> None:
    assert urlsplit(advice(database, tesla_region="cn")[0].split()[3]).netloc == "auth.tesla.cn"


def test_where_nobody_signs_in_no_page_is_named(database: Database) -> None:
    given = {"tesla_token_type": "fixed", "tesla_access_token": "x", "account_parents_access_token": "y"}
    assert "https:" not in "".join(advice(database, **given))
