"""Is Tesla's service well? A quarter of the calls of ten minutes, and three at least, are a trouble."""

from __future__ import annotations

import pytest
from fakes import FakeClock

from bridge.fleet.service import WINDOW, Service


def service(*statuses: int) -> tuple[Service, FakeClock]:
    clock = FakeClock()
    one = Service(clock)
    for status in statuses:
        one.answered(status)
    return one, clock


@pytest.mark.case("F14")
@pytest.mark.parametrize(
    ("statuses", "is_troubled"),
    [
        ([], None),
        ([200], False),
        ([503, 503], False),
        ([503, 503, 503], True),
        ([503] * 3 + [200] * 9, True),
        ([503] * 3 + [200] * 10, False),
        ([408, 429, 401, 403], False),
        ([500, 502, 504, 540], True),
    ],
)
def test_trouble_is_many_failures_of_the_servers(statuses: list[int], *, is_troubled: bool | None) -> None:
    assert service(*statuses)[0].is_troubled is is_troubled


@pytest.mark.case("F14")
def test_after_ten_minutes_it_is_forgotten() -> None:
    one, clock = service(503, 503, 503)
    clock.advance(WINDOW - 1)
    seen = [one.is_troubled]
    clock.advance(1)
    seen.append(one.is_troubled)
    one.answered(200)
    assert [*seen, one.is_troubled] == [True, None, False]
