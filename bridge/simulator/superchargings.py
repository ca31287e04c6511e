"""Past Supercharger sessions, made up per car and day, always the same (fleet-api.md 5)."""

from datetime import UTC, date, datetime, time, timedelta
from random import Random

from bridge.simulator.answers import Json

DAYS_BACK = 180
CHANCE_PER_DAY = 1 / 12
USD_PER_KWH = 0.42
PLACES = ("Simulated Mall, CA", "Simulated Highway, CA", "Simulated Airport, CA")


def sessions(vin: str, now: datetime) -> list[Json]:
    """The sessions of the last half year, oldest first."""
    yesterday = now.astimezone(UTC).date() - timedelta(days=1)
    days = [yesterday - timedelta(days=back) for back in range(DAYS_BACK)]
    return [_session(vin, day) for day in reversed(days) if _dice(vin, day).random() < CHANCE_PER_DAY]


def _dice(vin: str, day: date) -> Random:
    return Random(f"{vin} {day}")


def _session(vin: str, day: date) -> Json:
    dice = _dice(vin, day)
    number = dice.randrange(10**8, 10**9)
    start = datetime.combine(day, time(dice.randrange(7, 21), dice.randrange(60)), UTC)
    stop = start + timedelta(minutes=dice.randrange(12, 45))
    return {
        "sessionId": number,
        "vin": vin,
        "siteLocationName": dice.choice(PLACES),
        "chargeStartDateTime": start.isoformat(),
        "chargeStopDateTime": stop.isoformat(),
        "unlatchDateTime": (stop + timedelta(minutes=3)).isoformat(),
        "countryCode": "US",
        "billingType": "IMMEDIATE",
        "vehicleMakeType": "TSLA",
        "fees": [_fee(number, dice.randrange(12, 55))],
        "invoices": [
            {"fileName": f"{number}.pdf", "contentId": f"invoice-{number}", "invoiceType": "IMMEDIATE"},
        ],
    }


def _fee(number: int, kwh: int) -> Json:
    total = round(kwh * USD_PER_KWH, 2)
    tiers = {f"{kind}Tier{tier}": 0 for kind in ("rate", "usage", "total") for tier in range(1, 5)}
    return {
        "sessionFeeId": number + 1,
        "feeType": "CHARGING",
        "currencyCode": "USD",
        "pricingType": "PAYMENT",
        "rateBase": USD_PER_KWH,
        "usageBase": kwh,
        "totalBase": total,
        **tiers,
        "totalDue": total,
        "netDue": total,
        "uom": "kwh",
        "isPaid": True,
        "status": "PAID",
    }
