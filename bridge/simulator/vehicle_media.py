"""What plays in the car."""

from dataclasses import dataclass
from typing import NamedTuple

VOLUME_MAX = 10.333333
VOLUME_STEP = 0.333333


class Track(NamedTuple):
    """A piece of a programme; `seconds` is how long it lasts."""

    title: str
    artist: str
    album: str
    seconds: int


# Two programmes: what `media_next_fav` goes through.
PROGRAMMES: tuple[tuple[str, str, tuple[Track, ...]], ...] = (
    (
        "Spotify",
        "Road Songs",
        (
            Track("Autobahn Morning", "The Rolling Resistance", "Kilowatts", 214),
            Track("Regenerate", "Single Pedal", "Low Voltage", 187),
            Track("Long Range", "The Rolling Resistance", "Kilowatts", 262),
        ),
    ),
    (
        "DAB",
        "Radio Eins",
        (
            Track("News at the Hour", "Radio Eins", "", 300),
            Track("Evening Show", "Radio Eins", "", 1800),
        ),
    ),
)


@dataclass
class Media:
    """`elapsed` is seconds into the track."""

    status: str = "Stopped"
    volume: float = 2.0
    programme: int = 0
    number: int = 0
    elapsed: float = 0.0

    @property
    def source(self) -> str:
        """`now_playing_source`."""
        return PROGRAMMES[self.programme][0]

    @property
    def station(self) -> str:
        """`now_playing_station`."""
        return PROGRAMMES[self.programme][1]

    @property
    def track(self) -> Track:
        """What plays, or would."""
        return PROGRAMMES[self.programme][2][self.number]

    def toggle(self) -> None:
        """Play or pause."""
        self.status = "Paused" if self.status == "Playing" else "Playing"

    def skip(self, steps: int) -> None:
        """Goes to another track of the programme."""
        self.number = (self.number + steps) % len(PROGRAMMES[self.programme][2])
        self.elapsed = 0.0

    def skip_programme(self, steps: int) -> None:
        """Goes to another favourite."""
        self.programme = (self.programme + steps) % len(PROGRAMMES)
        self.number = 0
        self.elapsed = 0.0

    def set_volume(self, volume: float) -> None:
        """Within what the car has."""
        self.volume = max(0.0, min(VOLUME_MAX, volume))

    def flow(self, seconds: float) -> None:
        """Plays on, into the next tracks."""
        if self.status != "Playing":
            return
        self.elapsed += seconds
        while self.elapsed >= self.track.seconds:
            rest = self.elapsed - self.track.seconds
            self.skip(1)
            self.elapsed = rest
