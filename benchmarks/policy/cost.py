"""What deciding costs the machine: microseconds, and memory for each car, after a fortnight of its life."""

from __future__ import annotations

import pickle
import timeit
import tracemalloc
from collections.abc import Callable, Iterator

from benchmarks.policy.lives import LIVES
from benchmarks.policy.ours import Ours
from benchmarks.policy.play import play
from benchmarks.policy.protocol import CHARGING, Level, Reply
from benchmarks.policy.world import World
from bridge import estimate, schedule
from bridge.model import Connectivity
from bridge.pace import Profile, paced

PACE = paced(Profile.BALANCED, {})


class Charged(Ours):
    """Keeps what it knew of the battery in the last charge that was read several times."""

    charge = estimate.Battery()

    def levels(self, reply: Reply) -> Iterator[Level]:
        yield from super().levels(reply)
        if reply.charging == CHARGING and len(self.battery.session) > SEVERAL:
            self.charge = self.battery


SEVERAL = 3


def measure() -> str:
    """One line. Takes two seconds."""
    policy = Charged(PACE)
    play(policy, LIVES["commuter"](World(days=14, has_fraction=False), 1))
    history, battery, charge = policy.history, policy.battery, policy.charge
    online = schedule.saw_data(history, schedule.Activity.PARKED, 1e7, 1e7)
    packed = pickle.dumps((history, battery, charge))
    return (
        f"microseconds for a decision {_micros(lambda: schedule.next_data(online, PACE)):.0f}, "
        f"for a list {_micros(lambda: schedule.saw_state(online, Connectivity.ONLINE, 1e7)):.0f}, "
        f"for a reading {_micros(lambda: estimate.saw(battery, battery.session[-1])):.0f}, "
        f"for an estimate {_micros(lambda: estimate.outlook(charge)):.0f}; "
        f"{_kibibytes(lambda: pickle.loads(packed)):.0f} KiB for each car"  # noqa: S301 - our own, a line above
    )


def _micros(call: Callable[[], object]) -> float:
    """The best of five."""
    return min(timeit.repeat(call, number=200, repeat=5)) / 200 * 1e6


def _kibibytes(make: Callable[[], object]) -> float:
    """What the thing made takes."""
    tracemalloc.start()
    made = make()
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    del made
    return size / 1024
