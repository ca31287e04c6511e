"""The one table of hosts that may be sent a token (fleet-api.md 1.1, 1.8 and 1.13)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from bridge.errors import CallWrong, SettingWrong


@dataclass(frozen=True, slots=True)
class Region:
    """One row: where accounts of one kind live. URLs have no last slash; an empty one is: there is none.

    `api` is the API's base URL; `token`, `authorize`, `metadata`, `keys` and `revoke` are the sign-in server's.
    `oauth` says where that server may move them; `issuers`, how it may name itself in its tokens.
    """

    name: str
    api: str
    takes: tuple[str, ...]
    """Token types, as FLEET2MQTT_TESLA_TOKEN_TYPE names them."""
    token: str = ""
    authorize: str = ""
    metadata: str = ""
    keys: str = ""
    revoke: str = ""
    oauth: tuple[str, ...] = ()
    issuers: tuple[str, ...] = ()
    simulated: bool = False

    @property
    def is_owner_api(self) -> bool:
        """The sign-in of before 2021: JSON in, opaque tokens out (fleet-api.md 1.13)."""
        return bool(self.revoke)


_OWNER_API = "owner-api"
_FLEET = ("third-party", "open-source", "partner", "business", "fixed")
_RELAY = ("fixed",)
_OWNER = (_OWNER_API, "fixed")

_AUTH = "https://auth.tesla.com/oauth2"
_FLEET_AUTH = "https://fleet-auth.prd.vn.cloud.tesla.com/oauth2"
_AUTH_CN = "https://auth.tesla.cn/oauth2"


def _fleet(name: str, api: str, server: str, browser: str, *more_issuers: str) -> Region:
    """`server` is where programs ask, `browser` is where owners sign in."""
    oauth = dict.fromkeys((server, browser))
    return Region(
        name,
        api,
        _FLEET,
        token=f"{server}/v3/token",
        authorize=f"{browser}/v3/authorize",
        metadata=f"{server}/v3/thirdparty/.well-known/openid-configuration",
        keys=f"{server}/v3/discovery/thirdparty/keys",
        oauth=tuple(f"{each}/" for each in oauth),
        issuers=(*(f"{each}/v3" for each in oauth), *more_issuers),
    )


def _world(name: str) -> Region:
    # The announcement of 2025-07-21 wants servers to use fleet-auth, and browsers auth.tesla.com. Tokens of 2024 to
    # 2026 were seen with each issuer, and with `/nts` behind (the last is a name; nobody is asked there).
    api = f"https://fleet-api.prd.{name}.vn.cloud.tesla.com"
    return _fleet(name, api, _FLEET_AUTH, _AUTH, "https://fleet-auth.tesla.com/oauth2/v3")


FLEET: Mapping[str, Region] = {
    "na": _world("na"),
    "eu": _world("eu"),
    "cn": _fleet("cn", "https://fleet-api.prd.cn.vn.cloud.tesla.cn", _AUTH_CN, _AUTH_CN),
}
"""Tesla's own; an account may be moved among these."""

RELAYS: Mapping[str, Region] = {
    region.name: region
    for region in (
        # teslemetry.com/docs/getting-started/api: the same paths, `Authorization: Bearer`.
        Region("teslemetry", "https://api.teslemetry.com", _RELAY),
        # developer.tessie.com/reference/access-tesla-fleet-api: the same.
        Region("tessie", "https://api.tessie.com", _RELAY),
        # github.com/MyTeslaMate/mcp-tesla, its own client: the same.
        Region("myteslamate", "https://api.myteslamate.com", _RELAY),
    )
}
"""Others' servers that speak the Fleet API and take tokens of their own."""


def _owner(name: str, base: str) -> Region:
    oauth = f"{base}/oauth"
    return Region(name, base, _OWNER, token=f"{oauth}/token", revoke=f"{oauth}/revoke", oauth=(f"{oauth}/",))


OWNERS: Mapping[str, Region] = {
    "owner": _owner("owner", "https://owner-api.teslamotors.com"),
    # As TeslaMate has it for accounts in China.
    "owner-cn": _owner("owner-cn", "https://owner-api.vn.cloud.tesla.cn"),
}
"""The Owner API, which Tesla has retired."""

REGIONS: Mapping[str, Region] = {**FLEET, **RELAYS, **OWNERS}


def chosen(name: str, token_type: str, simulator_url: str | None = None) -> Region:
    """The row that the settings name. Raises SettingWrong unless its hosts take this type of token."""
    if name == "simulated":
        return simulated(simulator_url or "", owner_api=token_type == _OWNER_API)
    region = REGIONS[name]
    if token_type not in region.takes:
        others = [other.name for other in REGIONS.values() if token_type in other.takes]
        raise SettingWrong(
            f"FLEET2MQTT_TESLA_TOKEN_TYPE: {token_type} is not for FLEET2MQTT_TESLA_REGION={name}, which takes "
            f"{', '.join(region.takes)}; {token_type} is for {', '.join(others)} or simulated"
        )
    return region


# The prefix holds scheme and host up to the slash, so that no two parsers can disagree on them. What follows may be a
# server's own word and be shown to somebody: nothing in it may move a terminal's cursor or be two lines.
_PLAIN = re.compile(r"[!-~]+")


def belongs(url: str, region: Region) -> bool:
    """Is this one of the region's own addresses: the API's, or its sign-in server's?"""
    return url.startswith((f"{region.api}/", *region.oauth)) and bool(_PLAIN.fullmatch(url))


def refuse_foreign(url: str, region: Region) -> None:
    """The last look before a token leaves: raises CallWrong unless the URL is the region's own."""
    if not belongs(url, region):
        raise CallWrong("the address is not one of this account's hosts; nothing was sent")


def issues(issuer: str, region: Region) -> bool:
    """May the region's sign-in server call itself so?"""
    return any(issuer == known or issuer.startswith(f"{known}/") for known in region.issuers)


def named(url: str, current: Region) -> Region | None:
    """The region that an answer names by its base URL; None unless the account may go there from where it is."""
    if current.simulated:
        # Another port of the same host; never from https down to http, nor where two parsers may disagree on the host.
        to, here = urlsplit(url), urlsplit(current.api)
        is_same = (to.scheme, to.hostname) == (here.scheme, here.hostname) and _BASE.fullmatch(url.rstrip("/"))
        return simulated(url, owner_api=current.is_owner_api) if is_same else None
    if current.name not in FLEET:
        return None
    return next((region for region in FLEET.values() if region.api == url.rstrip("/")), None)


# --- an owner's own proxy -------------------------------------------------------------------------------------------


def proxy(url: str, *, simulated: bool) -> Region:
    """An owner's tesla-http-proxy, which is sent tokens (fleet-api.md 3.5). Raises SettingWrong."""
    base, parts = url.rstrip("/"), urlsplit(url)
    if not _BASE.fullmatch(base) or not parts.hostname:
        raise SettingWrong("FLEET2MQTT_TESLA_PROXY_URL: is not like https://localhost:4443")
    if parts.scheme == "http" and not _is_private(parts.hostname):
        raise SettingWrong("FLEET2MQTT_TESLA_PROXY_URL: outside a private network the token needs https")
    return Region("proxy", base, (), simulated=simulated)


_BASE = re.compile(r"https?://([a-z0-9._-]+|\[[0-9a-f:]+\])(:[0-9]{1,5})?")


# --- the simulator ------------------------------------------------------------------------------------------------


def simulated(url: str, *, owner_api: bool = False) -> Region:
    """The region of a simulated account, on this machine or in a private network: its token is worth nothing."""
    base = url.rstrip("/")
    _check_private(url, urlsplit(base))
    if owner_api:
        return replace(_owner("simulated", base), simulated=True)
    oauth = f"{base}/oauth2/v3"
    return Region(
        "simulated",
        base,
        _FLEET,
        token=f"{oauth}/token",
        authorize=f"{oauth}/authorize",
        metadata=f"{oauth}/thirdparty/.well-known/openid-configuration",
        keys=f"{oauth}/discovery/thirdparty/keys",
        oauth=(f"{base}/",),
        issuers=(base, *FLEET["na"].issuers, *FLEET["cn"].issuers),
        simulated=True,
    )


_CONTAINER = re.compile(r"[a-z][\w-]*")
_PRIVATE_NAMES = (".localhost", ".local", ".internal", ".lan", ".home.arpa", ".test", ".invalid")


def _check_private(url: str, parts: SplitResult) -> None:
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise SettingWrong(f"the simulator's address {url!r} is not like http://localhost:8080")
    if not _is_private(parts.hostname):
        raise SettingWrong(
            f"the simulator's address {url!r} is not in a private network; "
            "FLEET2MQTT_TESLA_REGION names the servers of Tesla and of others"
        )


def _is_private(host: str) -> bool:
    """Loopback, a private network, or a name that only a private network knows, such as a container's."""
    try:
        address = ip_address(host)
    except ValueError:
        return bool(_CONTAINER.fullmatch(host)) or host.endswith(_PRIVATE_NAMES)
    address = getattr(address, "ipv4_mapped", None) or address
    return bool(address.is_private)
