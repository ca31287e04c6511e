"""The traction battery: energy, percent, range, and how fast it takes a charge."""

from bisect import bisect_right
from dataclasses import dataclass

RATED_MILES_FULL = 345.5  # recorded: 276.41 miles at 80 %
RECENT_CONSUMPTION = 0.82  # recorded: estimated 227.57 against rated 276.41 miles
COLD = 5.0  # °C below which a part of the energy is locked away

DC_CURVE = ((0, 120.0), (8, 170.0), (22, 170.0), (40, 118.0), (60, 78.0), (80, 46.0), (90, 26.0), (100, 4.0))
AC_TAPER = ((0, 1.0), (95, 1.0), (99, 0.45), (100, 0.15))


@dataclass
class Battery:
    """Energy in kWh; percent is of the usable capacity."""

    energy: float
    capacity: float = 75.0

    @property
    def percent(self) -> float:
        """State of charge, exact."""
        return self.energy / self.capacity * 100

    @property
    def level(self) -> int:
        """State of charge as the screen shows it."""
        return round(self.percent)

    @property
    def rated_miles(self) -> float:
        """`battery_range`."""
        return self.miles_of(self.energy)

    def usable_level(self, outside: float) -> int:
        """`usable_battery_level`: a cold battery keeps some percent back."""
        held_back = min(6, int((COLD - outside) / 3) + 1) if outside < COLD else 0
        return max(0, self.level - held_back)

    def miles_of(self, kwh: float) -> float:
        """Rated miles that so much energy drives."""
        return kwh / self.capacity * RATED_MILES_FULL

    def room(self, limit_percent: float) -> float:
        """The kWh until the limit; 0 when above it."""
        return max(0.0, self.capacity * limit_percent / 100 - self.energy)

    def change(self, kwh: float) -> None:
        """Takes in (positive) or gives; never above full, never below empty."""
        self.energy = min(self.capacity, max(0.0, self.energy + kwh))


def dc_kilowatts(percent: float) -> float:
    """What a warm battery takes from a fast charger."""
    return interpolated(DC_CURVE, percent)


def ac_share(percent: float) -> float:
    """Share of the AC power that a nearly full battery still takes."""
    return interpolated(AC_TAPER, percent)


def interpolated(curve: tuple[tuple[int, float], ...], x: float) -> float:
    """The value at `x` on a line through the points; flat outside of them."""
    after = bisect_right(curve, x, key=lambda point: point[0])
    if after == 0:
        return curve[0][1]
    if after == len(curve):
        return curve[-1][1]
    (x0, y0), (x1, y1) = curve[after - 1], curve[after]
    return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
