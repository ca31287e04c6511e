"""Rate limits per device and minute (fleet-api.md 6.1)."""

import httpx2
import pytest
from simulated_tesla import CAR, SITE, Tesla


async def read(tesla: Tesla, car: str = CAR) -> httpx2.Response:
    return await tesla.get(f"vehicles/{car}/vehicle_data")


async def wake(tesla: Tesla) -> httpx2.Response:
    return await tesla.post(f"vehicles/{CAR}/wake_up")


async def lock(tesla: Tesla) -> httpx2.Response:
    return await tesla.command("door_lock")


@pytest.mark.parametrize(("call", "limit"), [(read, 60), (wake, 3), (lock, 30)])
async def test_a_minute_holds_so_many_calls(tesla: Tesla, call: object, limit: int) -> None:
    assert callable(call)
    statuses = [(await call(tesla)).status_code for _ in range(limit + 1)]
    assert statuses == [200] * limit + [429]


async def test_a_429_says_in_text_and_headers_how_long_to_wait(tesla: Tesla) -> None:
    await wake(tesla)
    await tesla.later(seconds=10)
    await wake(tesla)
    await wake(tesla)
    answer = await wake(tesla)
    assert answer.text == "Retry in 50 seconds"
    assert answer.headers["retry-after"] == "50"
    assert answer.headers["ratelimit-wake-limit"] == "3"
    assert answer.headers["ratelimit-wake-remaining"] == "0"
    assert answer.headers["ratelimit-wake-reset"] == "50"


async def test_after_the_wait_it_works_again(tesla: Tesla) -> None:
    for _ in range(4):
        answer = await wake(tesla)
    await tesla.later(seconds=int(answer.headers["retry-after"]))
    assert (await wake(tesla)).status_code == 200


async def test_each_car_and_each_class_has_its_own_minute(tesla: Tesla) -> None:
    for _ in range(61):
        answer = await read(tesla)
    assert answer.status_code == 429
    assert (await read(tesla, "5YJYGDEE1MF700002")).status_code != 429
    assert (await lock(tesla)).status_code == 200


async def test_lists_and_energy_have_no_limit(tesla: Tesla) -> None:
    for path in ("products", f"energy_sites/{SITE}/live_status"):
        assert {(await tesla.get(path)).status_code for _ in range(70)} == {200}
