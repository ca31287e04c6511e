"""Modes that PINs guard, the car's name, and settings that no REST answer shows."""

from dataclasses import dataclass, field

WRONG_PIN = "invalid_pin"
SLOWEST_LIMIT_MPH, FASTEST_LIMIT_MPH = 50.0, 120


@dataclass
class Lock:
    """A mode with a PIN: the first PIN given becomes the PIN."""

    active: bool = False
    pin: str | None = None

    def activate(self, pin: str) -> str:
        """The refusal, or "" when it is on now."""
        if self.active:
            return "already_set"
        return self._checked(pin, to=True)

    def deactivate(self, pin: str) -> str:
        """The refusal, or "" when it is off now."""
        if not self.active:
            return "already_set"
        return self._checked(pin, to=False)

    def clear(self, pin: str) -> str:
        """Forgets the PIN, which must be given."""
        if self.pin != pin:
            return WRONG_PIN
        return self.clear_as_owner()

    def clear_as_owner(self) -> str:
        """Forgets the PIN and switches off."""
        self.active, self.pin = False, None
        return ""

    def _checked(self, pin: str, *, to: bool) -> str:
        if self.pin not in {None, pin}:
            return WRONG_PIN
        self.active, self.pin = to, pin
        return ""


@dataclass
class Settings:
    """`hidden` holds what commands set and no answer of the REST API shows, by its own word."""

    name: str
    speed_limit: Lock = field(default_factory=Lock)
    speed_limit_mph: float = SLOWEST_LIMIT_MPH
    valet: Lock = field(default_factory=Lock)
    pin_to_drive: Lock = field(default_factory=Lock)
    parental: Lock = field(default_factory=Lock)
    hidden: dict[str, object] = field(default_factory=dict)

    def hide(self, word: str, value: object) -> str:
        """Sets what no answer shows; `already_set` when it was so."""
        if self.hidden.get(word) == value:
            return "already_set"
        self.hidden[word] = value
        return ""
