"""The one table of hosts that may be sent a token (fleet-api.md 1.1 and 1.8)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from bridge.errors import CallWrong, SettingWrong


@dataclass(frozen=True, slots=True)
class Region:
    """Where an account lives: the API's base URL without a last slash, where tokens come from, where owners sign in."""

    name: str
    api: str
    token: str
    authorize: str
    simulated: bool = False


_FLEET_AUTH = "https://fleet-auth.prd.vn.cloud.tesla.com/oauth2/v3/token"
_SIGN_IN = "https://auth.tesla.com/oauth2/v3/authorize"

REGIONS: Mapping[str, Region] = {
    region.name: region
    for region in (
        Region("na", "https://fleet-api.prd.na.vn.cloud.tesla.com", _FLEET_AUTH, _SIGN_IN),
        Region("eu", "https://fleet-api.prd.eu.vn.cloud.tesla.com", _FLEET_AUTH, _SIGN_IN),
        Region(
            "cn",
            "https://fleet-api.prd.cn.vn.cloud.tesla.cn",
            "https://auth.tesla.cn/oauth2/v3/token",
            "https://auth.tesla.cn/oauth2/v3/authorize",
        ),
    )
}

# Stricter than any URL parser: no port, no user, no upper case, so that no two parsers can disagree on the host.
_PLAIN_HTTPS = re.compile(r"https://([a-z0-9.-]+)(?:/[!-~]*)?")


def _host(url: str) -> str:
    match = _PLAIN_HTTPS.fullmatch(url)
    return match[1] if match else ""


_HOSTS = frozenset(_host(url) for region in REGIONS.values() for url in (region.api, region.token))


def known(url: str) -> bool:
    """Is this https on exactly one of the hosts of the table?"""
    return _host(url) in _HOSTS


def simulated(url: str) -> Region:
    """The region of a simulated account. Any address will do but Tesla's own: its token is worth nothing."""
    base = url.rstrip("/")
    parts = urlsplit(base)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise SettingWrong(f"the simulator's address {url!r} is not like http://localhost:8080")
    if parts.hostname.rstrip(".") in _HOSTS:
        raise SettingWrong(f"{parts.hostname} is Tesla's own; a simulated account must not use it")
    oauth = f"{base}/oauth2/v3"
    return Region("simulated", base, f"{oauth}/token", f"{oauth}/authorize", simulated=True)


def named(url: str, current: Region) -> Region | None:
    """The region that an answer names by its base URL; None unless the account may go there from where it is."""
    if current.simulated:
        same_host = urlsplit(url).hostname == urlsplit(current.api).hostname
        return simulated(url) if same_host else None
    return next((region for region in REGIONS.values() if region.api == url.rstrip("/")), None)


def refuse_foreign(url: str, region: Region) -> None:
    """The last look before a token leaves: raises CallWrong unless the URL is the region's own."""
    own = url == region.token or url.startswith(f"{region.api}/")
    if not (own and (region.simulated or known(url))):
        raise CallWrong("the address is not one of Tesla's hosts; nothing was sent")
