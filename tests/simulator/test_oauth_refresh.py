"""How refresh tokens rotate, and how access ends (fleet-api.md 1.6)."""

import httpx2
import pytest
from simulated_tesla import NOON, Tesla

from bridge.simulator.simulation import Simulation
from bridge.simulator.tokens import REFRESH_TOKEN


@pytest.fixture
def simulation() -> Simulation:
    """Months pass here: nobody drives meanwhile."""
    return Simulation(start=NOON, speed=0, cars=0, sites=0)


@pytest.fixture
async def tesla(stranger: Tesla) -> Tesla:
    await stranger.sign_in()
    return stranger


def is_login_required(answer: httpx2.Response) -> bool:
    return answer.status_code == 401 and answer.json()["error"] == "login_required"


async def next_token(tesla: Tesla, refresh_token: str) -> str:
    answer = await tesla.refresh(refresh_token)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["refresh_token"])


async def test_every_refresh_hands_out_another_refresh_token(stranger: Tesla) -> None:
    second = await next_token(stranger, REFRESH_TOKEN)
    third = await next_token(stranger, second)
    assert len({REFRESH_TOKEN, second, third}) == 3


async def test_a_lost_answer_can_be_fetched_again_for_a_day(stranger: Tesla) -> None:
    await stranger.refresh()
    await stranger.later(hours=23.9)
    again = await next_token(stranger, REFRESH_TOKEN)
    assert await next_token(stranger, again)


async def test_the_pair_that_was_lost_is_worth_nothing_once_it_was_fetched_again(stranger: Tesla) -> None:
    lost = await next_token(stranger, REFRESH_TOKEN)
    await next_token(stranger, REFRESH_TOKEN)
    assert is_login_required(await stranger.refresh(lost))


async def test_after_a_day_a_used_token_is_dead(stranger: Tesla) -> None:
    newest = await next_token(stranger, REFRESH_TOKEN)
    await stranger.later(hours=24)
    assert is_login_required(await stranger.refresh())
    assert await next_token(stranger, newest)


async def test_only_the_last_used_token_has_that_grace(stranger: Tesla) -> None:
    await next_token(stranger, await next_token(stranger, REFRESH_TOKEN))
    assert is_login_required(await stranger.refresh())


async def test_an_unused_refresh_token_dies_after_three_months(stranger: Tesla) -> None:
    await stranger.later(days=90)
    assert is_login_required(await stranger.refresh())


async def test_an_unknown_token_and_an_unknown_client_are_told_apart(stranger: Tesla) -> None:
    assert is_login_required(await stranger.refresh("NA_guess"))
    answer = await stranger.refresh(client_id="somebody")
    assert (answer.status_code, answer.json()["error"]) == (400, "unauthorized_client")


async def test_an_access_token_lasts_eight_hours_and_then_gets_an_empty_401(tesla: Tesla) -> None:
    await tesla.later(hours=7.99)
    assert (await tesla.get("products")).status_code == 200
    await tesla.later(seconds=60)
    answer = await tesla.get("products")
    assert (answer.status_code, answer.content) == (401, b"")


async def test_the_access_token_before_the_last_refresh_still_works(tesla: Tesla) -> None:
    newest = await next_token(tesla, REFRESH_TOKEN)
    assert (await tesla.get("products")).status_code == 200
    await next_token(tesla, newest)
    assert (await tesla.get("products")).status_code == 200


async def test_the_one_before_that_does_not(tesla: Tesla) -> None:
    second = (await tesla.refresh()).json()["refresh_token"]
    third = await next_token(tesla, second)
    await next_token(tesla, third)
    assert (await tesla.get("products")).status_code == 401


async def test_a_revoked_access_token_can_be_replaced(tesla: Tesla) -> None:
    await tesla.control("revoke")
    assert (await tesla.get("products")).status_code == 401
    await tesla.sign_in()
    assert (await tesla.get("products")).status_code == 200


async def test_revoked_consent_ends_everything(tesla: Tesla) -> None:
    await tesla.control("revoke-consent")
    answer = await tesla.get("products")
    assert (answer.status_code, answer.json()["error"]) == (401, "User revoked consent")
    assert is_login_required(await tesla.refresh())


async def test_nonsense_in_place_of_a_token_is_named(stranger: Tesla) -> None:
    answer = await stranger.get("products")
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid bearer token")
    stranger.use("nonsense")
    answer = await stranger.get("products")
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid bearer token")


async def test_a_scope_that_is_taken_away_stops_at_once_and_comes_back_only_by_a_new_sign_in(
    tesla: Tesla,
) -> None:
    await tesla.control("scopes", scopes=["offline_access", "energy_device_data"])
    assert (await tesla.get("vehicles")).status_code == 403
    await tesla.sign_in()
    await tesla.control("scopes", scopes=["offline_access", "energy_device_data", "vehicle_device_data"])
    assert (await tesla.get("vehicles")).status_code == 403
