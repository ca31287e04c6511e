"""One or more Powerwalls as one battery: what they hold, and how fast they take and give."""

CAPACITY = 13_500  # Wh of one Powerwall
POWER = 5_000  # W of one Powerwall, charging or discharging
ONE_WAY_EFFICIENCY = 0.9**0.5  # 90 % there and back
# A limit holds for at least this long, so that an hour in one step and in seconds end alike.
SHORTEST_OUTLOOK = 60  # seconds


class Battery:
    """Energy in Wh, power in W with Tesla's sign: positive discharges (fleet-api.md 4.2)."""

    def __init__(self, *, units: int, level: float) -> None:
        """`level` is in percent."""
        self.capacity = CAPACITY * units
        self.power = POWER * units
        self.energy = self.capacity * level / 100

    @property
    def level(self) -> float:
        """Percent of the capacity; 0 without a battery."""
        return self.energy / self.capacity * 100 if self.capacity else 0.0

    @level.setter
    def level(self, percent: float) -> None:
        self.energy = self.capacity * min(max(percent, 0.0), 100.0) / 100

    def charge_limit(self, seconds: float, ceiling: float = 100) -> float:
        """The most it takes for so many seconds without rising above `ceiling` percent, W."""
        room = max(self.capacity * ceiling / 100 - self.energy, 0.0)
        return min(self.power, room / ONE_WAY_EFFICIENCY / _outlook(seconds))

    def discharge_limit(self, floor: float, seconds: float) -> float:
        """The most it gives for so many seconds without falling below `floor` percent, W."""
        spare = max(self.energy - self.capacity * floor / 100, 0.0)
        return min(self.power, spare * ONE_WAY_EFFICIENCY / _outlook(seconds))

    def run(self, watts: float, seconds: float) -> None:
        """Charge or discharge; the last Wh is rounded to full or empty, where the limits only creep."""
        efficiency = 1 / ONE_WAY_EFFICIENCY if watts > 0 else ONE_WAY_EFFICIENCY
        energy = self.energy - watts * efficiency * seconds / 3600
        if watts < 0 and energy > self.capacity - 1:
            energy = self.capacity
        elif watts > 0 and energy < 1:
            energy = 0.0
        self.energy = min(max(energy, 0.0), self.capacity)


def _outlook(seconds: float) -> float:
    return max(seconds, SHORTEST_OUTLOOK) / 3600
