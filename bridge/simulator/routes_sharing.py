"""Drivers and the invitations that make them (fleet-api.md 2.4)."""

from bridge.simulator.answers import Json, envelope, listing, not_found, refuse
from bridge.simulator.gate import Ask, Call
from bridge.simulator.invitation import Invitation

CAR = "/api/1/vehicles/{tag}"
DATA = ("vehicle_device_data",)
COMMANDS = ("vehicle_cmds",)
MOST_DRIVERS = 5


def _of_car(ask: Ask) -> list[Invitation]:
    vin = ask.car.vin
    return [invitation for invitation in ask.cloud.invitations if invitation.vin == vin]


def _drivers(ask: Ask) -> Json:
    return listing([_driver(invitation) for invitation in _of_car(ask) if invitation.state == "redeemed"])


def _driver(invitation: Invitation) -> Json:
    return {
        "my_tesla_unique_id": invitation.number,
        "user_id": invitation.number,
        "user_id_s": str(invitation.number),
        "share_user_id": invitation.number,
        "vault_uuid": invitation.code,
        "driver_first_name": "Simulated",
        "driver_last_name": f"Driver {invitation.number}",
        "granular_access": {"hide_private": False},
        "active_pubkeys": [],
        "public_key": "",
    }


def _remove_driver(ask: Ask) -> Json:
    _find(ask, ask.query.get("share_user_id"), "redeemed").state = "revoked"
    return envelope("ok")


def _invitations(ask: Ask) -> Json:
    pending = [invitation.json() for invitation in _of_car(ask) if invitation.pending(ask.now)]
    page = {"previous": None, "next": None, "current": 1, "per_page": 25, "count": len(pending), "pages": 1}
    return {**listing(pending), "pagination": page}


def _invite(ask: Ask) -> Json:
    taken = [invitation for invitation in _of_car(ask) if invitation.state == "redeemed"]
    if len(taken) >= MOST_DRIVERS:
        raise refuse(422, "invalid_resource", "the vehicle has 5 drivers already")
    number = 1 + len(ask.cloud.invitations)
    invitation = Invitation(number, ask.car.vin, ask.cloud.tokens.secret(), ask.now)
    ask.cloud.invitations.append(invitation)
    return envelope(invitation.json())


def _revoke(ask: Ask) -> Json:
    _find(ask, ask.path["number"], "pending").state = "revoked"
    return envelope(True)


def _find(ask: Ask, number: str | None, state: str) -> Invitation:
    for invitation in _of_car(ask):
        if str(invitation.number) == number and invitation.state == state:
            return invitation
    raise not_found()


def _redeem(ask: Ask) -> Json:
    code = ask.body.get("code")
    for invitation in ask.cloud.invitations:
        if invitation.code == code and invitation.pending(ask.now):
            invitation.state = "redeemed"
            return envelope({"vehicle_id_s": str(invitation.number), "vin": invitation.vin})
    raise not_found()


CALLS = (
    Call("GET", f"{CAR}/drivers", "free", DATA, _drivers),
    Call("DELETE", f"{CAR}/drivers", "free", COMMANDS, _remove_driver),
    Call("GET", f"{CAR}/invitations", "free", DATA, _invitations),
    Call("POST", f"{CAR}/invitations", "free", COMMANDS, _invite),
    Call("POST", f"{CAR}/invitations/{{number}}/revoke", "free", COMMANDS, _revoke),
    Call("POST", "/api/1/vehicles/invitations/redeem", "free", COMMANDS, _redeem),
)
