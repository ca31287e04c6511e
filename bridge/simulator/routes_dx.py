"""What Tesla's shop knows of a car, without an envelope (fleet-api.md 2.4: /dx/vehicles/options, /dx/warranty/details).

The members of an option and of a warranty are those that public clients read; fleet-api.md names only their lists.
"""

from bridge.simulator.answers import Json, not_found
from bridge.simulator.errors import BadParameter
from bridge.simulator.gate import Ask, Call

DATA = ("vehicle_device_data",)
DX = "/api/1/dx"

OPTIONS = (
    ("$MT301", None, "Model 3 Long Range"),
    ("$PMNG", "PMNG", "Midnight Silver Metallic"),
    ("$W38B", None, "18'' Aero Wheels"),
    ("$APBS", None, "Basic Autopilot"),
)
# type, name, last day, miles; 9999999 stands for no limit
WARRANTIES = (
    ("NEW_MFG_WARRANTY", "Basic Vehicle Limited Warranty", "2028-06-30T00:00:00Z", 50_000, 4),
    ("BATTERY_WARRANTY", "Battery Limited Warranty", "2032-06-30T00:00:00Z", 120_000, 8),
    ("RUST_WARRANTY", "Body Rust Limited Warranty", "2036-06-30T00:00:00Z", 9_999_999, 12),
)


def _check_vin(ask: Ask) -> None:
    vin = ask.query.get("vin")
    if not vin:
        raise BadParameter("vin is missing")
    if ask.account.car(vin) is None:
        raise not_found()


def _options(ask: Ask) -> Json:
    _check_vin(ask)
    codes = [
        {"code": code, "colorCode": colour, "displayName": name, "isActive": True} for code, colour, name in OPTIONS
    ]
    return {"codes": codes}


def _warranty(ask: Ask) -> Json:
    _check_vin(ask)
    return {"activeWarranty": [_entry(*row) for row in WARRANTIES], "upcomingWarranty": [], "expiredWarranty": []}


def _entry(kind: str, name: str, expires: str, miles: int, years: int) -> Json:
    return {
        "warrantyType": kind,
        "warrantyDisplayName": name,
        "expirationDate": expires,
        "expirationOdometer": miles,
        "odometerUnit": "MI",
        "warrantyExpiredOn": None,
        "coverageAgeInYears": years,
    }


CALLS = (
    Call("GET", f"{DX}/vehicles/options", "free", DATA, _options),
    Call("GET", f"{DX}/warranty/details", "free", DATA, _warranty),
)
