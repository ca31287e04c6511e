"""What `fleet_status` says of a car: has it the app's key, and does it want signed commands (fleet-api.md 2.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

_SIGNING = {
    True: "takes signed commands only",
    False: "takes plain commands too",
    None: "does not say whether commands must be signed",
}


@dataclass(frozen=True, slots=True)
class Car:
    """One car. None is: it does not say."""

    vin: str
    is_paired: bool
    needs_signing: bool | None
    firmware: str

    @classmethod
    def of(cls, vin: str, status: Mapping[str, Any]) -> Self:
        infos = status.get("vehicle_info")
        info = infos.get(vin) if isinstance(infos, Mapping) else None
        info = info if isinstance(info, Mapping) else {}
        signing = info.get("vehicle_command_protocol_required")
        return cls(
            vin,
            vin in _texts(status, "key_paired_vins"),
            signing if isinstance(signing, bool) else None,
            str(info.get("firmware_version") or "unknown"),
        )

    def __str__(self) -> str:
        paired = "paired" if self.is_paired else "not paired"
        return f"{self.vin}: {paired}, {_SIGNING[self.needs_signing]}, firmware {self.firmware}"


def strangers(vins: Sequence[str], status: Mapping[str, Any]) -> list[str]:
    """Those of the cars that the answer does not know."""
    known = {*_texts(status, "key_paired_vins"), *_texts(status, "unpaired_vins")}
    return [vin for vin in vins if vin not in known]


def _texts(status: Mapping[str, Any], name: str) -> list[str]:
    found = status.get(name)
    return [vin for vin in found if isinstance(vin, str)] if isinstance(found, list) else []
