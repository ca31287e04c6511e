"""The sun against almanac values, clouds and the house by seed."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bridge.simulator.site_load import House
from bridge.simulator.site_sun import Panels, elevation, sky, sun_of_day

BERLIN = (52.52, 13.405)
SYDNEY = (-33.87, 151.21)


def epoch(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def highest(day: str, place: tuple[float, float]) -> float:
    midnight = epoch(day)
    return max(elevation(midnight + minute * 60, *place) for minute in range(1440))


@pytest.mark.parametrize(
    ("day", "place", "degrees"),
    [
        ("2026-06-21", BERLIN, 90 - 52.52 + 23.44),
        ("2026-12-21", BERLIN, 90 - 52.52 - 23.44),
        ("2026-12-21", SYDNEY, 90 - 33.87 + 23.44),
    ],
)
def test_the_sun_culminates_at_its_solstice_height(day: str, place: tuple[float, float], degrees: float) -> None:
    assert highest(day, place) == pytest.approx(degrees, abs=0.1)


@pytest.mark.parametrize(
    ("day", "minutes"), [("2026-02-11", -14.2), ("2026-05-14", 3.7), ("2026-11-03", 16.4), ("2026-09-01", 0)]
)
def test_the_equation_of_time_is_the_almanacs(day: str, minutes: float) -> None:
    since_1970 = int(epoch(day) // 86_400)
    assert sun_of_day(since_1970).equation_of_time / 60 == pytest.approx(minutes, abs=0.3)


def test_berlin_sees_the_sun_rise_and_set_at_the_almanacs_times() -> None:
    """On 2026-06-21 it rises at 02:43 and sets at 19:33 UTC, refraction (0.8 degrees) included."""
    assert elevation(epoch("2026-06-21T02:43"), *BERLIN) == pytest.approx(-0.83, abs=0.3)
    assert elevation(epoch("2026-06-21T19:33"), *BERLIN) == pytest.approx(-0.83, abs=0.3)


def panels(seed: int = 1, place: tuple[float, float] = BERLIN) -> Panels:
    return Panels(seed=seed, latitude=place[0], longitude=place[1], peak_watts=8000)


def yield_of(day: str, place: tuple[float, float] = BERLIN, seed: int = 1) -> float:
    """Wh."""
    begin = epoch(day)
    return sum(panels(seed, place).watts(begin + minute * 60) for minute in range(0, 1440, 10)) / 6


def test_there_is_no_power_at_night_and_never_more_than_the_peak() -> None:
    roof = panels()
    powers = [roof.watts(epoch("2026-06-01") + hour * 3600) for hour in range(24 * 30)]
    assert powers[22] == 0
    assert 6000 < max(powers) <= 8000
    assert min(powers) == 0


def test_a_year_on_a_berlin_roof_is_about_a_thousand_hours_of_peak() -> None:
    first = date(2026, 1, 1)
    days = [(first + timedelta(days=number)).isoformat() for number in range(0, 365, 5)]
    hours_of_peak = sum(yield_of(day) for day in days) * 5 / 8000
    assert 850 < hours_of_peak < 1400


def test_the_southern_roof_has_its_summer_in_december() -> None:
    december = sum(yield_of(f"2026-12-{day:02}", SYDNEY) for day in range(1, 20))
    june = sum(yield_of(f"2026-06-{day:02}", SYDNEY) for day in range(1, 20))
    assert december > 1.3 * june


def test_clouds_differ_by_day_and_hour_and_are_the_same_for_a_seed() -> None:
    days = [sky(1, day) for day in range(100)]
    assert len(set(days)) == 100
    assert all(0 < light <= 1 for day in days for light in day)
    assert sky(1, 5) == days[5] != sky(2, 5)


def test_the_power_does_not_jump_when_the_hour_does() -> None:
    roof = panels()
    for hour in range(4, 20):
        turn = epoch("2026-06-01") + hour * 3600
        assert roof.watts(turn) == pytest.approx(roof.watts(turn - 1), abs=30)


def test_a_household_uses_around_ten_kilowatt_hours_a_day_and_most_of_it_in_the_evening() -> None:
    house = House(seed=1, zone=ZoneInfo("Europe/Berlin"))
    begin = epoch("2026-05-31T22:00")
    days = 30
    powers = [house.watts(begin + minute * 60) for minute in range(1440 * days)]
    assert 8000 < sum(powers) / 60 / days < 18_000
    by_hour = [sum(powers[hour * 60 + day * 1440] for day in range(days)) for hour in range(24)]
    assert max(by_hour, key=lambda power: power) in by_hour[17:22]
    assert min(powers) > 100


def test_the_fridge_comes_and_goes_in_the_night() -> None:
    house = House(seed=1, zone=ZoneInfo("Europe/Berlin"))
    night = [house.watts(epoch("2026-06-01T00:30") + minute * 60) for minute in range(90)]
    assert max(night) - min(night) > 100
