"""The whole bridge with each kind of token that it gets by itself (docs/tokens.md)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from whole_house import CAR, House, empty_house

SETTINGS = {
    "open-source": {},
    "business": {"tesla_client_secret": "simulated-secret", "tesla_auth_code": "simulated-business-code"},
    "owner-api": {"tesla_email": "owner@example.com", "tesla_password": "simulated-password"},
}


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with empty_house(tmp_path_factory.mktemp("tokens")) as house:
        yield house


@pytest.mark.parametrize("token_type", SETTINGS)
def test_devices_are_listed_and_obey(one: House, token_type: str) -> None:
    """Each with a data directory of its own, so that nothing is remembered from another."""
    directory = one.bridge.directory / token_type
    one.restart(tesla_token_type=token_type, data_dir=directory, **SETTINGS[token_type])
    limit = str(60 + len(token_type))
    assert one.ask(CAR, "charge_limit", limit)["outcome"] == "ok"
    one.comes_to(CAR, "charge/charge_limit", limit)


def test_a_wrong_password_is_told_and_no_device_is_invented(one: House) -> None:
    one.bridge.kill()
    directory = one.bridge.directory / "wrong"
    one.bridge.start(
        tesla_token_type="owner-api", data_dir=directory, tesla_email="owner@example.com", tesla_password="canary"
    )
    one.spy.until(lambda: "FLEET2MQTT_TESLA_EMAIL and FLEET2MQTT_TESLA_PASSWORD" in one.bridge.log, "the reason")
    assert "canary" not in one.bridge.log
