"""What is asked about the account besides the lists, and about all of its cars at once (fleet-api.md 1.12, 2.4, 5).

/users/me is not asked: all that it tells is a person's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from bridge.catalog import convert
from bridge.fleet import more_calls as calls
from bridge.model import Kind
from bridge.sources.answers import moment
from bridge.sources.asking import DAY, Answers, Asking, Extra

PAGES = 20
"""A thousand sessions in a month would be a fleet's, which has a call of its own."""


async def _fleet_status(asking: Asking) -> Answers:
    """One call for all cars."""
    cars = [at for at in asking.devices if at.kind is Kind.VEHICLE]
    status = await calls.fleet_status(asking.api, [at.id for at in cars]) if cars else {}
    infos, known = _object(status.get("vehicle_info")), {True: "key_paired_vins", False: "unpaired_vins"}
    paired = {vin: is_paired for is_paired, name in known.items() for vin in _texts(status.get(name))}
    return {
        at: {"fleet_status": {**_object(infos.get(at.id)), "paired": paired.get(at.id)}}
        for at in cars
        if at.id in paired or at.id in infos
    }


async def _region(asking: Asking) -> Answers:
    return {asking.at: {"users_region": await calls.region(asking.api)}}


async def _orders(asking: Asking) -> Answers:
    """Numbers of orders and VINs are left out."""
    found = await calls.orders(asking.api)
    return {asking.at: {"orders": {"list": [{"status": order.get("orderStatus")} for order in found]}}}


async def _charging_history(asking: Asking) -> Answers:
    return {asking.at: {"charging_history": history(await _sessions(asking), asking.now)}}


async def _sessions(asking: Asking) -> list[Mapping[str, Any]]:
    """The newest, back to the beginning of this month; what does not say when it began is left out."""
    found: list[Mapping[str, Any]] = []
    for number in range(1, PAGES + 1):
        page = await calls.charging_sessions(asking.api, number)
        found += [session for session in page if _began(session)]
        if len(page) < calls.PAGE or not (found and _in_month(found[-1], asking.now)):
            break
    return found


def history(sessions: Iterable[Mapping[str, Any]], now: datetime) -> dict[str, Any]:
    """The last session, and the sums of the calendar month at the place of each session.

    A session that tells neither energy nor money adds nothing; one in another currency than the last adds no money.
    """
    dated = sorted((session for session in sessions if _began(session)), key=lambda each: _began(each) or now)
    last = dated[-1] if dated else None
    currency = _currency(last) if last else None
    month = [session for session in dated if _in_month(session, now)]
    return {
        "last": _told(last) if last else {},
        "currency": currency,
        "month_sessions": len(month),
        "month_energy": round(sum(_energy(session) or 0 for session in month), 3),
        "month_cost": round(sum(_cost(each) or 0 for each in month if _currency(each) in {currency, None}), 2),
    }


def _told(session: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "site": session.get("siteLocationName"),
        "began": session.get("chargeStartDateTime"),
        "ended": session.get("chargeStopDateTime"),
        "energy": _energy(session),
        "cost": _cost(session),
        "invoices": len(_objects(session.get("invoices"))),
    }


def _began(session: Mapping[str, Any]) -> datetime | None:
    return moment(session.get("chargeStartDateTime"))


def _in_month(session: Mapping[str, Any], now: datetime) -> bool:
    began = _began(session)
    return began is not None and _month(began) == _month(now.astimezone(began.tzinfo))


def _month(day: datetime) -> tuple[int, int]:
    return day.year, day.month


def _fees(session: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return _objects(session.get("fees"))


def _energy(session: Mapping[str, Any]) -> float | None:
    """kWh, of the fees that are reckoned by energy; None where none is."""
    tiers = ("usageBase", *(f"usageTier{number}" for number in range(1, 5)))
    by_energy = [fee for fee in _fees(session) if str(fee.get("uom")).lower() == "kwh"]
    return _sum(fee.get(tier) for fee in by_energy for tier in tiers)


def _cost(session: Mapping[str, Any]) -> float | None:
    """What is due for charging, parking and all else; None where nothing is said."""
    return _sum(fee.get("totalDue") for fee in _fees(session))


def _currency(session: Mapping[str, Any]) -> str | None:
    words = [fee.get("currencyCode") for fee in _fees(session)]
    return next((word for word in words if isinstance(word, str) and word), None)


def _sum(raws: Iterable[Any]) -> float | None:
    found = [number for raw in raws if (number := _number(raw)) is not None]
    return round(sum(found), 3) if found else None


def _number(raw: Any) -> float | None:
    try:
        return convert.number(raw)
    except ValueError:
        return None


def _object(raw: Any) -> Mapping[str, Any]:
    return raw if isinstance(raw, Mapping) else {}


def _objects(raw: Any) -> list[Mapping[str, Any]]:
    return [each for each in raw if isinstance(each, Mapping)] if isinstance(raw, list) else []


def _texts(raw: Any) -> list[str]:
    return [each for each in raw if isinstance(each, str)] if isinstance(raw, list) else []


def _row(name: str, ask: Any, tells: str) -> Extra:
    return Extra(name, Kind.ACCOUNT, ask, DAY, tells=tells)


ACCOUNT: tuple[Extra, ...] = (
    Extra(
        "fleet_status",
        Kind.ACCOUNT,
        _fleet_status,
        cost="data",
        tells="has each car the key, must commands be signed; one call for all cars",
    ),
    _row("users_region", _region, "where Tesla says that the account lives"),
    _row("orders", _orders, "how many orders are open, and how far the newest is"),
    _row("charging_history", _charging_history, "energy and money of Supercharging"),
)
