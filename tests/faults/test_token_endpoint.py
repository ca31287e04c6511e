"""The token endpoint fails for ten minutes, in eight ways: no word of a sign-in, and it heals by itself (A3, F3)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import resolver
from driven import DrivenHouse, driven_house, settle
from outside import Outside
from subject import examined
from tape import Tape
from tls_face import EXPIRED, GOOD, Face, encrypted, write_trusted
from whole_house import BASE, CAR, message

pytestmark = [pytest.mark.case("F3"), pytest.mark.mosquitto]

TEN_MINUTES = 600.0
BACK_OFF = 480.0
"""Seconds: the wait that polls are in after ten minutes of failures (15 s, doubled each time). A renewal itself waits
300 s at most, but nobody needs a token before somebody polls."""

START = datetime(2026, 6, 1, 19, tzinfo=UTC)


class Home(DrivenHouse):
    """Beside it: the face that its Tesla shows, and a file that tells what becomes of names."""

    face: Face
    names: Path


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    if examined().is_naive:
        pytest.skip("only the bridge can be driven")
    directory = tmp_path_factory.mktemp("driven")
    with Outside() as outside, driven_house(directory, START) as made:
        assert isinstance(made, DrivenHouse)
        made.__class__ = Home
        assert isinstance(made, Home)
        made.face, made.names = outside.enter(encrypted(made.api.port)), directory / "names"
        made.bridge.environment |= {
            "FLEET2MQTT_TESLA_SIMULATOR_URL": f"https://localhost:{made.face.port}",
            "SSL_CERT_FILE": str(write_trusted(directory / "trusted.pem")),
            "FAULTS_NAMES": str(made.names),
        }
        settle(made)
        made.start()
        yield made


def answering(status: int, **how: Any) -> Callable[[Home], AbstractContextManager[None]]:
    @contextmanager
    def trouble(one: Home) -> Iterator[None]:
        one.tesla.fault("POST .*/oauth2/v3/token", status=status, **how)
        yield
        one.tesla.heal()

    return trouble


@contextmanager
def without_names(one: Home) -> Iterator[None]:
    resolver.say(one.names, resolver.NXDOMAIN)
    one.api.kick()
    yield
    one.names.unlink()


@contextmanager
def with_an_expired_certificate(one: Home) -> Iterator[None]:
    one.face.shows(EXPIRED)
    one.api.kick()
    yield
    one.face.shows(GOOD)


TROUBLES: dict[str, Callable[[Home], AbstractContextManager[None]]] = {
    "NXDOMAIN": without_names,
    "refused": lambda one: one.api.down(),
    "TLS": with_an_expired_certificate,
    "500": answering(500),
    "502 with a web page": answering(502, html=True),
    "400 server_error": answering(400, body='{"error": "server_error"}'),
    "429": answering(429, headers={"retry-after": "60"}),
    "200 and empty": answering(200, body=""),
}


def renewed(one: Home) -> int:
    """How often."""
    return one.bridge.log.count("the access token was renewed")


@pytest.mark.parametrize("trouble", TROUBLES)
def test_nobody_is_asked_to_sign_in_and_it_heals_within_one_back_off(
    one: Home, trouble: str, record_property: Callable[[str, str], None]
) -> None:
    one.time.run_for(TEN_MINUTES)  # what came before is forgotten
    tape, since, before = Tape(one.api), len(one.spy.messages), renewed(one)
    one.tesla.control("revoke")
    with TROUBLES[trouble](one):
        one.time.run_for(TEN_MINUTES / 2)
        one.send(CAR, "charge_limit", message(f"during {trouble}", value=70))
        one.time.run_for(TEN_MINUTES / 2)
        assert renewed(one) == before, "the trouble did not bite"
        asked = tape.renewals
    healed = 0
    while renewed(one) == before:
        assert healed <= BACK_OFF
        one.time.run_for(15)
        healed += 15
    one.send(CAR, "charge_limit", message(f"after {trouble}", value=71))
    one.time.run_for(15)
    assert one.one_result_of(f"after {trouble}")["outcome"] == "ok"
    during = one.one_result_of(f"during {trouble}")
    assert (during["outcome"], during["reason"]) != ("unavailable", "signed_out")
    said = one.spy.on(f"{BASE}/account/tesla/status/login_required", since)
    assert "true" not in {each.text for each in said}
    assert asked <= 12
    record_property("figure", f"{asked} requests in 10 min, healed in {healed} s")
