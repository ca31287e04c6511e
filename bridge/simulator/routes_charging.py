"""Supercharger history, invoices and fleet sessions (fleet-api.md 5)."""

from datetime import datetime

from starlette.responses import Response

from bridge.simulator.answers import Json, not_found, refuse
from bridge.simulator.errors import BadParameter
from bridge.simulator.gate import Ask, Call
from bridge.simulator.superchargings import sessions

CHARGING = ("vehicle_charging_cmds",)
DX = "/api/1/dx/charging"


def _sessions(ask: Ask, earliest: str, latest: str) -> list[Json]:
    """Of all cars or the one asked for, within the times of these two parameters, oldest first."""
    vins = [car.vin for car in ask.account.cars if ask.query.get("vin", car.vin) == car.vin]
    found = [session for vin in vins for session in sessions(vin, ask.now)]
    first, last = _moment(ask, earliest), _moment(ask, latest)
    return sorted(
        (s for s in found if (not first or _start(s) >= first) and (not last or _start(s) <= last)),
        key=_start,
    )


def _start(session: Json) -> datetime:
    return datetime.fromisoformat(session["chargeStartDateTime"])


def _moment(ask: Ask, name: str) -> datetime | None:
    text = ask.query.get(name)
    try:
        moment = datetime.fromisoformat(text) if text else None
    except ValueError:
        raise BadParameter(f"{name} is no ISO 8601 time") from None
    if moment and moment.tzinfo is None:
        raise BadParameter(f"{name} has no offset")
    return moment


def _history(ask: Ask) -> Json:
    """`data` without an envelope, as in the official example."""
    found = _sessions(ask, "startTime", "endTime")
    if ask.query.get("sortOrder", "DESC") == "DESC":
        found.reverse()
    page, size = _number(ask, "pageNo", 1), _number(ask, "pageSize", 50)
    return {"data": found[max(page - 1, 0) * size :][:size], "totalResults": len(found)}


def _fleet_sessions(ask: Ask) -> Json:
    if ask.grant.kind != "business":
        raise refuse(403, "Expected business account")
    offset, limit = _number(ask, "offset", 0), _number(ask, "limit", 50)
    return {"data": _sessions(ask, "date_from", "date_to")[offset:][:limit]}


def _number(ask: Ask, name: str, default: int) -> int:
    text = ask.query.get(name, str(default))
    if not text.isdecimal():
        raise BadParameter(f"{name} is a whole number")
    return int(text)


def _invoice(ask: Ask) -> Response:
    wanted = ask.path["content"]
    for session in _sessions(ask, "", ""):
        if session["invoices"][0]["contentId"] == wanted:
            return Response(_pdf(session), media_type="application/pdf")
    raise not_found()


def _pdf(session: Json) -> bytes:
    """The smallest document that shows the session's place, time and sum."""
    fee = session["fees"][0]
    text = f"{session['siteLocationName']}  {session['chargeStartDateTime']}  {fee['totalDue']} USD"
    drawing = f"BT /F1 12 Tf 40 780 Td ({text}) Tj ET"
    objects = (
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        f"<</Length {len(drawing)}>>stream\n{drawing}\nendstream",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    )
    body = "".join(f"{number} 0 obj{text}endobj\n" for number, text in enumerate(objects, 1))
    return f"%PDF-1.4\n{body}trailer<</Root 1 0 R/Size {len(objects) + 1}>>\n%%EOF\n".encode()


CALLS = (
    Call("GET", f"{DX}/history", "free", CHARGING, _history),
    Call("GET", f"{DX}/sessions", "free", CHARGING, _fleet_sessions),
    Call("GET", f"{DX}/invoice/{{content}}", "free", CHARGING, _invoice),
)
