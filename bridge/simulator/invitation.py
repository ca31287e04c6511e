"""An invitation to drive a car: single use, one day (fleet-api.md 2.4)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from bridge.simulator.answers import Json

LIFE = timedelta(days=1)


@dataclass
class Invitation:
    """The share object of `invitations`; its driver is part of `drivers` once it is redeemed."""

    number: int
    vin: str
    code: str
    created_at: datetime
    state: Literal["pending", "revoked", "redeemed"] = "pending"

    @property
    def expires_at(self) -> datetime:
        return self.created_at + LIFE

    def pending(self, now: datetime) -> bool:
        return self.state == "pending" and now < self.expires_at

    def json(self) -> Json:
        return {
            "id": self.number,
            "vin": self.vin,
            "state": self.state,
            "code": self.code,
            "created_at": self.created_at.isoformat(),
            "expires_at": self.expires_at.isoformat(),
            "share_link": f"https://www.tesla.com/_rs/1/{self.code}",
        }
