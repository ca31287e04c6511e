"""Which hosts may be sent a token, and of which type."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bridge.errors import CallWrong, SettingWrong
from bridge.fleet import hosts
from bridge.fleet.hosts import FLEET, OWNERS, REGIONS, RELAYS, Region
from bridge.settings import RegionName, TokenType

NA, EU, CN = FLEET.values()

LOOK_ALIKES = [
    "https://evil.example",
    "https://fleet-api.prd.na.vn.cloud.tesla.com.evil.example",
    "https://fleet-api.prd.na.vn.cloud.tesla.com.evil.example/api/1/products",
    "https://evil.example/fleet-api.prd.na.vn.cloud.tesla.com",
    "https://fleet-api.prd.na.vn.cloud.tesla.com@evil.example",
    "https://evil.example@fleet-api.prd.na.vn.cloud.tesla.com",
    "https://fleet-api.prd.na.vn.cloud.tesla.com:8443",
    "https://fleet-api.prd.na.vn.cloud.tesla.com.",
    "https://fleet-api.prd.na.vn.cloud.tesla.com\\@evil.example",
    "https://fleet-api.prd.na.vn.cloud.tesla.com#@evil.example",
    "https://fleet-api.prd.na.vn.cloud.tesla.com?@evil.example",
    "https://fleet-api.prd.na.vn.cloud.tesla.com\n",
    "https://fleet-api.prd.na.vn.cloud.tеsla.com",  # noqa: RUF001 - a Cyrillic letter is the point
    "https://FLEET-API.prd.na.vn.cloud.tesla.com",
    "https://fleet-api.prd.xx.vn.cloud.tesla.com",
    "https://auth.tesla.com",
    "https://fleet-auth.tesla.com",
    "https://fleet-auth.tesla.com/oauth2/v3/token",
    "https://auth.tesla.com/oauth2@evil.example",
    "http://fleet-api.prd.na.vn.cloud.tesla.com",
    "http://auth.tesla.com/oauth2/v3/token",
    "fleet-api.prd.na.vn.cloud.tesla.com",
    "",
]

rows = pytest.mark.parametrize("region", REGIONS.values(), ids=REGIONS)


# --- nothing outside the table is ever sent a token (S14) ---------------------------------------------------------


@rows
def test_a_region_is_sent_what_is_its_own(region: Region) -> None:
    own = (region.token, region.authorize, region.metadata, region.keys, region.revoke)
    for url in (f"{region.api}/api/1/products?a=b", *filter(None, own)):
        hosts.refuse_foreign(url, region)


@pytest.mark.case("F12")
@rows
@pytest.mark.parametrize("url", [*LOOK_ALIKES, "https://fleet-api.prd.na.vn.cloud.tesla.comX/api/1/products"])
def test_a_message_to_a_look_alike_is_refused_at_the_last_moment(region: Region, url: str) -> None:
    for path in ("", "/api/1/products"):
        with pytest.raises(CallWrong, match="nothing was sent"):
            hosts.refuse_foreign(f"{url}{path}", region)


@rows
def test_a_region_is_not_sent_what_is_anothers(region: Region) -> None:
    """Tokens of Tesla, of each relay and of the Owner API are worth something to the wrong one."""
    for other in REGIONS.values():
        if other.api != region.api:
            assert not hosts.belongs(f"{other.api}/api/1/products", region)
        if other.token and other.oauth != region.oauth:
            assert not hosts.belongs(other.token, region)


@pytest.mark.parametrize("url", ["https://auth.tesla.com/oauth2/v3/token", "https://auth.tesla.com/oauth2/v4/token"])
def test_teslas_sign_in_may_move_between_its_two_hosts(url: str) -> None:
    assert hosts.belongs(url, NA)
    assert not hosts.belongs(url, CN)


@pytest.mark.parametrize("odd", [" ", "\n", "\r\nHost: evil.example", "\x1b[2J", "\u202e", "ü"])
def test_an_address_that_would_confuse_who_reads_it_is_nobodys(odd: str) -> None:
    for region in (NA, hosts.simulated("http://localhost:8085")):
        assert hosts.belongs(f"{region.authorize}", region)
        assert not hosts.belongs(f"{region.authorize}{odd}", region)


# --- 421 ----------------------------------------------------------------------------------------------------------


@pytest.mark.case("F12")
@pytest.mark.parametrize("url", LOOK_ALIKES)
def test_a_look_alike_names_no_region(url: str) -> None:
    assert hosts.named(url, NA) is None


@pytest.mark.case("F12")
def test_a_real_account_may_move_within_teslas_rows_only() -> None:
    assert hosts.named("https://fleet-api.prd.eu.vn.cloud.tesla.com", NA) == EU
    assert hosts.named("https://fleet-api.prd.eu.vn.cloud.tesla.com/", NA) == EU
    assert hosts.named("http://127.0.0.1:8080", NA) is None
    for other in (*RELAYS.values(), *OWNERS.values()):
        assert hosts.named(other.api, NA) is None
        assert hosts.named(NA.api, other) is None


@pytest.mark.case("F12")
def test_a_simulated_account_stays_on_its_host() -> None:
    here = hosts.simulated("http://127.0.0.1:8080/")
    assert here.api == "http://127.0.0.1:8080"
    assert here.token == "http://127.0.0.1:8080/oauth2/v3/token"
    there = hosts.named("http://127.0.0.1:9090", here)
    assert there is not None
    assert there.simulated
    assert hosts.named("http://192.168.1.1:8080", here) is None
    assert hosts.named(NA.api, here) is None


@pytest.mark.case("S14")
@pytest.mark.parametrize("url", ["http://localhost:1", "https://a@localhost:1", "https://127.0.0.2:1\\@localhost"])
def test_nor_does_it_lose_its_encryption_or_go_where_the_host_can_be_read_in_two_ways(url: str) -> None:
    assert hosts.named(url, hosts.simulated("https://localhost:8080")) is None


# --- what the settings may choose ---------------------------------------------------------------------------------


def test_every_row_can_be_chosen_and_every_choice_is_a_row() -> None:
    assert {name.value for name in RegionName} == {*REGIONS, "simulated"}


@pytest.mark.parametrize("token_type", TokenType)
@rows
def test_a_host_takes_the_types_of_its_row_and_refuses_every_other_in_one_line(
    region: Region, token_type: TokenType
) -> None:
    if token_type in region.takes:
        assert hosts.chosen(region.name, token_type) == region
        return
    with pytest.raises(SettingWrong) as wrong:
        hosts.chosen(region.name, token_type)
    said = str(wrong.value)
    assert said.startswith(
        f"FLEET2MQTT_TESLA_TOKEN_TYPE: {token_type} is not for FLEET2MQTT_TESLA_REGION={region.name},"
    )
    assert "\n" not in said
    assert f"which takes {', '.join(region.takes)}" in said


def test_relays_take_their_own_token_only_and_have_no_sign_in() -> None:
    for relay in RELAYS.values():
        assert relay.takes == ("fixed",)
        assert relay.oauth == ()


def test_e_mail_and_password_go_to_the_owner_api_only() -> None:
    takers = [region.name for region in REGIONS.values() if "owner-api" in region.takes]
    assert takers == ["owner", "owner-cn"]


# --- the simulator ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("token_type", TokenType)
def test_the_simulator_plays_all_of_them(token_type: TokenType) -> None:
    here = hosts.chosen("simulated", token_type, "http://127.0.0.1:8085")
    assert here.simulated
    assert here.is_owner_api == (token_type == "owner-api")
    hosts.refuse_foreign(here.token, here)


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:8085",
        "http://127.0.0.1:8085",
        "http://[::1]:8085",
        "http://192.168.1.7:8085",
        "http://10.0.0.7",
        "http://172.16.0.7",
        "http://[fd00::7]:8085",
        "http://simulator:8085",
        "http://my_sim-1:8085",
        "http://sim.local",
        "http://host.docker.internal:8085",
        "https://sim.home.arpa/tesla",
    ],
)
def test_a_simulator_is_on_this_machine_or_in_a_private_network(url: str) -> None:
    assert hosts.simulated(url).api == url


@pytest.mark.parametrize(
    "url",
    [
        *(region.api for region in REGIONS.values()),
        f"{EU.api}:443",
        "HTTPS" + NA.api[5:],
        "https://fleet-auth.prd.vn.cloud.tesla.com.",
        "http://sim.example.com",
        "http://8.8.8.8",
        "http://134744072",  # 8.8.8.8, as C libraries read it
        "http://0x8.8",
        "http://[2001:4860:4860::8888]",
        "http://[::ffff:8.8.8.8]",
        "http://localhost.evil.example",
        "http://127.0.0.1@evil.example",
    ],
)
def test_a_simulator_is_nowhere_else(url: str) -> None:
    """A11: a host that is overridden to one outside is refused at the start."""
    with pytest.raises(SettingWrong, match="not in a private network"):
        hosts.simulated(url)


@pytest.mark.parametrize("url", ["localhost:8080", "ftp://localhost", "", "http://", "http://localhost?x=1"])
def test_a_simulator_needs_an_address(url: str) -> None:
    with pytest.raises(SettingWrong, match="simulator's address"):
        hosts.simulated(url)


# --- who has signed -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("issuer", "region"),
    [
        ("https://auth.tesla.com/oauth2/v3", NA),
        ("https://auth.tesla.com/oauth2/v3/nts", EU),
        ("https://fleet-auth.tesla.com/oauth2/v3/nts", EU),
        ("https://auth.tesla.cn/oauth2/v3", CN),
    ],
)
def test_tesla_calls_itself_by_several_names(issuer: str, region: Region) -> None:
    assert hosts.issues(issuer, region)


@pytest.mark.parametrize(
    "issuer",
    ["", "https://evil.example", "https://auth.tesla.com.evil.example/oauth2/v3", "https://auth.tesla.com/oauth2/v3x"],
)
def test_nobody_else_is_tesla(issuer: str) -> None:
    assert not any(hosts.issues(issuer, region) for region in (*REGIONS.values(), hosts.simulated("http://localhost")))


def test_a_relay_issues_nothing() -> None:
    assert not hosts.issues("https://auth.tesla.com/oauth2/v3", replace(NA, issuers=()))
