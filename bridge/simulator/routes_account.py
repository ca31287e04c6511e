"""What belongs to the account itself: products, owner, region (fleet-api.md 1.8, 1.12 and 2.1)."""

from bridge.simulator.account import Owner
from bridge.simulator.answers import Json, envelope, listing, refuse
from bridge.simulator.gate import Ask, Call

USER = ("user_data",)


def _products(ask: Ask) -> Json:
    cars = [car.entry() for car in ask.account.cars] if ask.has_scope("vehicle_device_data") else []
    sites = [site.product() for site in ask.account.sites] if ask.has_scope("energy_device_data") else []
    return listing([*cars, *sites])


def _owner(ask: Ask) -> Owner:
    if ask.account.owner is None:
        raise refuse(401, "Invalid API User")
    return ask.account.owner


def _me(ask: Ask) -> Json:
    owner = _owner(ask)
    return envelope(
        {
            "email": owner.email,
            "full_name": owner.full_name,
            "profile_image_url": "",
            "vault_uuid": ask.cloud.tokens.subject,
        }
    )


def _region(ask: Ask) -> Json:
    """The account's region; an account that lives here is told the address it came to."""
    policy = ask.cloud.policy
    url = policy.home_url if policy.out_of_region else ask.base_url
    return envelope({"region": policy.account_region, "fleet_api_base_url": url})


def _feature_config(ask: Ask) -> Json:
    _owner(ask)
    return envelope({"signaling": {"enabled": True, "subscribe_connectivity": False, "use_auth_token": False}})


def _orders(ask: Ask) -> Json:
    _owner(ask)
    return listing([])


CALLS = (
    Call("GET", "/api/1/products", "free", ("vehicle_device_data", "energy_device_data"), _products),
    Call("GET", "/api/1/users/me", "free", USER, _me),
    Call("GET", "/api/1/users/region", "free", (), _region),
    Call("GET", "/api/1/users/feature_config", "free", USER, _feature_config),
    Call("GET", "/api/1/users/orders", "free", USER, _orders),
)
