"""Owner, regions, sharing, Superchargers and the envelope of everything (fleet-api.md 0.2, 1.8, 1.12, 2.4, 5)."""

import pytest
from simulated_tesla import CAR, Tesla


async def test_status_needs_no_sign_in(stranger: Tesla) -> None:
    answer = await stranger.http.get("/status")
    assert (answer.status_code, answer.text) == (200, "ok")


async def test_every_answer_has_its_own_transaction_id(tesla: Tesla) -> None:
    ids = {(await tesla.http.get(path)).headers["x-txid"] for path in ("/status", "/api/1/products", "/nowhere")}
    assert len(ids) == 3


async def test_the_owner_is_described(tesla: Tesla) -> None:
    me = (await tesla.get("users/me")).json()["response"]
    assert me.keys() == {"email", "full_name", "profile_image_url", "vault_uuid"}
    assert (await tesla.get("users/feature_config")).json()["response"]["signaling"]["enabled"] is True
    assert (await tesla.get("users/orders")).json() == {"response": [], "count": 0}


async def test_an_account_at_home_is_told_the_address_it_came_to(tesla: Tesla) -> None:
    answer = (await tesla.get("users/region")).json()["response"]
    assert answer == {"region": "na", "fleet_api_base_url": "http://tesla.test"}


async def test_an_account_of_another_region_is_sent_there(tesla: Tesla) -> None:
    await tesla.control("region", account="eu")
    answer = await tesla.get("vehicles")
    assert answer.status_code == 421
    expected = "user out of region, use base URL: https://fleet-api.prd.eu.vn.cloud.tesla.com, see https://"
    assert answer.json()["error"].startswith(expected)
    region = (await tesla.get("users/region")).json()["response"]
    assert region == {"region": "eu", "fleet_api_base_url": "https://fleet-api.prd.eu.vn.cloud.tesla.com"}
    assert (await tesla.refresh()).json()["refresh_token"].startswith("EU_")


async def test_an_unregistered_application_gets_412_without_a_response_member(tesla: Tesla) -> None:
    await tesla.control("region", registered=False)
    answer = await tesla.get("vehicles")
    assert answer.status_code == 412
    assert answer.json().keys() == {"error"}
    assert "must be registered in the current region" in answer.json()["error"]


async def test_an_invitation_makes_a_driver_once(tesla: Tesla) -> None:
    invitation = (await tesla.post(f"vehicles/{CAR}/invitations")).json()["response"]
    assert (await tesla.get(f"vehicles/{CAR}/invitations")).json()["count"] == 1
    assert (await tesla.post("vehicles/invitations/redeem", code=invitation["code"])).status_code == 200
    assert (await tesla.post("vehicles/invitations/redeem", code=invitation["code"])).status_code == 404
    (driver,) = (await tesla.get(f"vehicles/{CAR}/drivers")).json()["response"]
    share = {"share_user_id": driver["share_user_id"]}
    removed = await tesla.http.delete(f"/api/1/vehicles/{CAR}/drivers", params=share)
    assert removed.json() == {"response": "ok"}
    assert (await tesla.get(f"vehicles/{CAR}/drivers")).json()["count"] == 0


async def test_an_invitation_can_be_taken_back(tesla: Tesla) -> None:
    invitation = (await tesla.post(f"vehicles/{CAR}/invitations")).json()["response"]
    await tesla.post(f"vehicles/{CAR}/invitations/{invitation['id']}/revoke")
    assert (await tesla.post("vehicles/invitations/redeem", code=invitation["code"])).status_code == 404


async def test_an_invitation_lasts_a_day(tesla: Tesla) -> None:
    invitation = (await tesla.post(f"vehicles/{CAR}/invitations")).json()["response"]
    await tesla.later(hours=7)
    await tesla.sign_in()
    assert (await tesla.get(f"vehicles/{CAR}/invitations")).json()["count"] == 1
    await tesla.later(hours=17)
    await tesla.sign_in()
    assert (await tesla.post("vehicles/invitations/redeem", code=invitation["code"])).status_code == 404


async def test_the_car_answers_the_smaller_questions(tesla: Tesla) -> None:
    await tesla.force(state="online")
    nearby = (await tesla.get(f"vehicles/{CAR}/nearby_charging_sites", radius="5")).json()["response"]
    assert [site["name"] for site in nearby["superchargers"]] == ["Simulated Mall Supercharger"]
    (alert,) = (await tesla.get(f"vehicles/{CAR}/recent_alerts")).json()["response"]["recent_alerts"]
    assert alert["audience"] == ["customer"]
    (note,) = (await tesla.get(f"vehicles/{CAR}/release_notes")).json()["response"]["release_notes"]
    assert note["customer_version"].startswith("202")
    assert (await tesla.get(f"vehicles/{CAR}/service_data")).json()["response"] == {}
    await tesla.force(in_service=True)
    service = (await tesla.get(f"vehicles/{CAR}/service_data")).json()["response"]
    assert service["service_status"] == "in_service"


async def test_charging_history_is_data_without_an_envelope(tesla: Tesla) -> None:
    body = (await tesla.get("dx/charging/history", vin=CAR, sortOrder="ASC")).json()
    starts = [session["chargeStartDateTime"] for session in body["data"]]
    assert starts == sorted(starts)
    assert {session["vin"] for session in body["data"]} == {CAR}
    assert len(starts) == body["totalResults"] > 3


async def test_charging_history_has_pages_and_a_window(tesla: Tesla) -> None:
    everything = (await tesla.get("dx/charging/history")).json()["data"]
    second = (await tesla.get("dx/charging/history", pageNo="2", pageSize="3")).json()["data"]
    assert second == everything[3:6]
    newest = everything[0]["chargeStartDateTime"]
    assert (await tesla.get("dx/charging/history", startTime=newest)).json()["data"] == everything[:1]


async def test_an_invoice_is_a_pdf(tesla: Tesla) -> None:
    session = (await tesla.get("dx/charging/history")).json()["data"][0]
    invoice = await tesla.get(f"dx/charging/invoice/{session['invoices'][0]['contentId']}")
    assert invoice.headers["content-type"] == "application/pdf"
    assert invoice.content.startswith(b"%PDF-")
    assert (await tesla.get("dx/charging/invoice/invoice-0")).status_code == 404


async def test_fleet_sessions_are_for_businesses(tesla: Tesla) -> None:
    assert (await tesla.get("dx/charging/sessions")).status_code == 403


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("time", {"jump_s": -1}),
        ("time", {}),
        ("scopes", {"scopes": ["everything"]}),
        ("region", {"account": "moon"}),
        ("bill", {"limit_usd": "much"}),
        ("faults", {"match": "(", "status": 500}),
        ("faults", {"match": ".", "colour": "red"}),
        ("faults", {"match": ".", "drop": "sometimes"}),
        ("vehicles/nobody", {}),
        ("sites/1", {}),
        (f"vehicles/{CAR}", {"wings": 2}),
    ],
)
async def test_control_says_what_it_cannot_do(stranger: Tesla, path: str, body: dict[str, object]) -> None:
    answer = await stranger.http.post(f"/control/{path}", json=body)
    assert answer.status_code == 400
    assert answer.json()["error_description"]
