"""Which hosts may be sent a token."""

from __future__ import annotations

import pytest

from bridge.errors import CallWrong, SettingWrong
from bridge.fleet import hosts
from bridge.fleet.hosts import REGIONS

NA, EU = REGIONS["na"], REGIONS["eu"]

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
    "http://fleet-api.prd.na.vn.cloud.tesla.com",
    "fleet-api.prd.na.vn.cloud.tesla.com",
    "",
]


@pytest.mark.parametrize("url", [url for region in REGIONS.values() for url in (region.api, region.token)])
def test_hosts_of_the_table_are_known(url: str) -> None:
    assert hosts.known(url)
    assert hosts.known(f"{url}/api/1/products?a=b")


@pytest.mark.parametrize("url", LOOK_ALIKES)
def test_look_alikes_are_not_known(url: str) -> None:
    assert not hosts.known(url)
    assert not hosts.known(f"{url}/api/1/products")


@pytest.mark.parametrize("url", LOOK_ALIKES)
def test_a_look_alike_names_no_region(url: str) -> None:
    assert hosts.named(url, NA) is None


@pytest.mark.parametrize("url", [*LOOK_ALIKES, "https://fleet-api.prd.na.vn.cloud.tesla.comX/api/1/products"])
def test_a_message_to_a_look_alike_is_refused_at_the_last_moment(url: str) -> None:
    with pytest.raises(CallWrong, match="nothing was sent"):
        hosts.refuse_foreign(f"{url}/api/1/products", NA)


def test_a_region_is_sent_only_its_own() -> None:
    hosts.refuse_foreign(f"{EU.api}/api/1/products", EU)
    hosts.refuse_foreign(EU.token, EU)
    with pytest.raises(CallWrong):
        hosts.refuse_foreign(f"{EU.api}/api/1/products", NA)


def test_a_real_account_may_move_within_the_table_only() -> None:
    assert hosts.named("https://fleet-api.prd.eu.vn.cloud.tesla.com", NA) == EU
    assert hosts.named("https://fleet-api.prd.eu.vn.cloud.tesla.com/", NA) == EU
    assert hosts.named("http://127.0.0.1:8080", NA) is None


def test_a_simulated_account_stays_on_its_host() -> None:
    here = hosts.simulated("http://127.0.0.1:8080/")
    assert here.api == "http://127.0.0.1:8080"
    assert here.token == "http://127.0.0.1:8080/oauth2/v3/token"
    there = hosts.named("http://127.0.0.1:9090", here)
    assert there is not None
    assert there.simulated
    assert hosts.named("http://192.168.1.1:8080", here) is None
    assert hosts.named(NA.api, here) is None


@pytest.mark.parametrize(
    "url", [NA.api, f"{EU.api}:443", "https://fleet-auth.prd.vn.cloud.tesla.com.", "HTTPS" + NA.api[5:]]
)
def test_teslas_own_hosts_are_no_simulator(url: str) -> None:
    with pytest.raises(SettingWrong, match="Tesla's own"):
        hosts.simulated(url)


@pytest.mark.parametrize("url", ["localhost:8080", "ftp://localhost", "", "http://", "http://localhost?x=1"])
def test_a_simulator_needs_an_address(url: str) -> None:
    with pytest.raises(SettingWrong, match="simulator's address"):
        hosts.simulated(url)
