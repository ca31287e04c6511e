"""What the owner granted and where the account lives: the part of Tesla's cloud that tests like to change."""

from dataclasses import dataclass
from urllib.parse import urlsplit

# fleet-api.md 1.9; the partner-side extras are granted to applications, never to a bridge.
SCOPES = (
    "openid",
    "offline_access",
    "user_data",
    "vehicle_device_data",
    "vehicle_location",
    "vehicle_cmds",
    "vehicle_charging_cmds",
    "energy_device_data",
    "energy_cmds",
)

# fleet-api.md 1.8
REGIONS = {
    "na": "https://fleet-api.prd.na.vn.cloud.tesla.com",
    "eu": "https://fleet-api.prd.eu.vn.cloud.tesla.com",
    "cn": "https://fleet-api.prd.cn.vn.cloud.tesla.cn",
}

LOOPBACK = {"localhost", "127.0.0.1", "::1"}


@dataclass
class Policy:
    """Scopes the owner granted, the region of this host and of the account, the application's registration."""

    scopes: frozenset[str] = frozenset(SCOPES)
    region: str = "na"
    account_region: str = "na"
    # Where an out-of-region client is sent; None is Tesla's own host of that region.
    account_url: str | None = None
    registered: bool = True
    redirect_uris: frozenset[str] = frozenset()

    def may_redirect(self, uri: str) -> bool:
        """The registered addresses, and any port and path of the user's own machine."""
        url = urlsplit(uri)
        return uri in self.redirect_uris or (url.scheme in {"http", "https"} and url.hostname in LOOPBACK)

    @property
    def out_of_region(self) -> bool:
        return self.account_region != self.region

    @property
    def home_url(self) -> str:
        """Base URL that an account of another region has to use."""
        return self.account_url or REGIONS[self.account_region]
