"""A day of a household, a cold start of a big one, many changes a second, many commands at once (L1, L2, L3, L5).

Seconds on a machine that others use mean something only beside what a bare program needs at the same time (bare.py);
limits are generous where it is slow, too. `FAULTS_MANY=10` gives the loads their full length.
"""

from __future__ import annotations

import os
import re
import statistics
import time
import urllib.request
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any, cast

import pytest
from bare import idle_loop, seconds_to_publish, share
from brokers import free_port
from connection import DOWN
from driven import DrivenHouse, driven_house, settle
from whole_house import BASE, CAR, OTHER_CAR, SITE, House, empty_house, id_of, message

from bridge.simulator.site import EnergySite

LONG_RUN = pytest.mark.skipif(
    int(os.environ.get("FAULTS_MANY", "1")) < 10, reason="a speed, and means something only on a machine of its own"
)
MANY = int(os.environ.get("FAULTS_MANY", "1"))
HOUR = 3600.0
HOURS = min(24, 4 * MANY)
"""Of the day: the part that there is time for."""

pytestmark = [
    pytest.mark.mosquitto,
]


@contextmanager
def big_house(directory: Path, cars: int, sites: int) -> Iterator[House]:
    """All its cars are awake, at home and not charging, its sites were installed today; its bridge is not started."""
    with empty_house(directory, cars=cars, sites=sites) as one:
        for site in one.cloud.account.sites:
            history = cast(EnergySite, site)._history
            history._installed = history._first_lived  # to make up two years takes the simulator two seconds
        for car in cars_of(one):
            one.tesla.force(car, place="home", plugged=False, battery_level=50, sentry_mode=True, state="online")
        yield one


def until(condition: Callable[[], object], what: str, seconds: float) -> None:
    """Looks seldom: what there is to look at is long, and the spy cannot hear while it is asked."""
    deadline = perf_counter() + seconds
    while not condition():
        assert perf_counter() < deadline, f"{what} did not come in {seconds:g} s"
        time.sleep(0.5)


def cars_of(one: House) -> list[str]:
    return [f"vehicle/{car.vin}" for car in one.cloud.account.cars]


def sites_of(one: House) -> list[str]:
    return [f"energy_site/{site.site_id}" for site in one.cloud.account.sites]


# --- L1: a day ---------------------------------------------------------------------------------------------------


@pytest.mark.case("L1")
@pytest.mark.timeout(900)
def test_a_day_of_a_household_costs_little(tmp_path: Path, record_property: Any) -> None:
    with driven_house(tmp_path, datetime(2026, 6, 1, 19, tzinfo=UTC)) as one:
        settle(one)
        one.start(tesla_limits="data=60,command=30,wake=3", commands_wakes_a_day=10, commands_interval=5)
        for car in (CAR, OTHER_CAR):
            one.tesla.force(car, sentry_mode=False)
        before = cpu_seconds(one)
        for number in range(0, HOURS, 4):
            one.send(CAR, "charge_limit", message(f"car {number}", value=70 + number))
            one.send(SITE, "backup_reserve", message(f"site {number}", value=20 + number))
            one.time.run_for(4 * HOUR)
        dollars = one.cloud.ledger.usage_usd(one.time.now) / HOURS * 24 * 30.4
        cpu, memory = cpu_seconds(one) - before, mebibytes(one)
        told = [body["outcome"] for _, _, _, body in one.history.results]
        share_of_cpu = cpu / (HOURS * HOUR)
        record_property(
            "figure",
            f"${dollars:.2f} a month, at most {memory:.0f} MiB, {cpu:.1f} CPU s in {HOURS} h ({share_of_cpu:.2%})",
        )
        assert told.count("ok") == len(told) == HOURS // 2
        assert dollars < 10
        assert memory < 80
        assert share_of_cpu < 0.01


def cpu_seconds(one: DrivenHouse) -> float:
    fields = Path(f"/proc/{one.bridge.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def mebibytes(one: DrivenHouse) -> float:
    """The most that it ever had."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{one.bridge.process.pid}/status").read_text())
    assert found
    return int(found[1]) / 1024


# --- L2: a cold start --------------------------------------------------------------------------------------------


@pytest.mark.case("L2")
@LONG_RUN
def test_a_big_house_is_known_within_seconds(tmp_path: Path, record_property: Any) -> None:
    """One document for each device, of the bridge and the account as well, and one for each time of day of a car."""
    with big_house(tmp_path, cars=20, sites=5) as one:
        connack: list[float] = []
        one.mqtt.record(lambda way, _: connack.append(perf_counter()) if way is DOWN else None)
        one.bridge.start()
        groups = {"power", "battery", "settings", "history"}
        last = {f"{BASE}/{car}/software" for car in cars_of(one)}
        last |= {f"{BASE}/{site}/{group}" for site in sites_of(one) for group in groups}
        until(lambda: last <= {each.topic for each in one.spy.messages}, "all states", 90)
        one.bridge.stop()

        took = max(one.spy.on(topic)[0].at for topic in last) - connack[0]
        retained, documents = one.spy.retained, published_documents(one)
        bare = seconds_to_publish(one, [len(payload) for payload in retained.values()])
        record_property(
            "figure",
            f"{len(retained)} topics in {took:.1f} s; a bare client sends as much in {bare:.1f} s; {documents}",
        )
        assert documents == {"device": 20 + 5 + 5 + 2 + 20 + 5, "time": 3 * 20}
        for car in cars_of(one):
            assert retained[f"{BASE}/{car}/charge/battery_level"] == "50"
        assert took < max(10.0, 8 * bare)


def published_documents(one: House) -> dict[str, int]:
    """By Home Assistant's platform; each publication counts."""
    topics = [each.topic.split("/") for each in one.spy.messages if each.payload]
    return dict(Counter(parts[1] for parts in topics if parts[0] == "homeassistant" and parts[-1] == "config"))


# --- L3: many changes a second -----------------------------------------------------------------------------------

POWERS = ("solar_power", "load_power", "grid_power", "battery_power")
SITES = 75
"""Each is looked at every 5 seconds, and some 14 of its values are others each time: 210 changes a second."""


class Weather:
    """Each time that a site is looked at, all its powers are others. Knows what each of them answered when."""

    def __init__(self, one: House, random: Random) -> None:
        self.one = one
        self.random = random
        self.answers: defaultdict[str, list[tuple[float, Mapping[str, Any]]]] = defaultdict(list)
        for site in one.cloud.account.sites:
            self._watch(site)

    def _watch(self, site: Any) -> None:
        asked, dice = site.live_status, self.random.randint

        def live_status() -> Mapping[str, Any]:
            site.force(solar_watts=dice(500, 9000), house_watts=dice(500, 9000), percentage=dice(30, 90))
            answer: Mapping[str, Any] = asked()
            self.answers[f"energy_site/{site.site_id}"].append((perf_counter(), answer))
            return answer

        site.live_status = live_status

    def lost(self) -> list[str]:
        """Sites of which the broker does not keep what they answered last."""
        retained = self.one.spy.retained
        last = {site: answers[-1][1] for site, answers in self.answers.items()}
        return [
            site
            for site in last
            if any(retained[f"{BASE}/{site}/power/{key}"] != str(last[site][key]) for key in POWERS)
        ]

    def latencies(self, since: int) -> list[float]:
        """Seconds from an answer to each of its powers at the spy, from message number `since` on."""
        found = []
        for each in self.one.spy.messages[since:]:
            site, _, key = each.topic.removeprefix(f"{BASE}/").partition("/power/")
            if key in POWERS:
                found.append(each.at - max(at for at, _ in self.answers[site] if at <= each.at))
        return found


@pytest.mark.case("L3")
@LONG_RUN
@pytest.mark.timeout(400 + 60 * MANY)
def test_many_changes_a_second_and_commands_between_them(tmp_path: Path, seed: int, record_property: Any) -> None:
    with big_house(tmp_path, cars=5, sites=SITES) as one:
        weather, port = Weather(one, Random(seed)), free_port()
        for number, site in enumerate(sites_of(one)):  # so that they are looked at one after the other ever after
            one.tesla.fault(f"{id_of(site)}/live_status", times=1, real_delay_s=5 * number / SITES)
        one.bridge.start(polling_live=5, metrics_port=port, homeassistant_discovery="false")
        started = {f"{BASE}/{site}/history" for site in sites_of(one)} | {f"{BASE}/{cars_of(one)[-1]}/software"}
        until(lambda: started <= {each.topic for each in one.spy.messages}, "all devices", 180)
        since, began = len(one.spy.messages), perf_counter()
        with idle_loop() as idle:
            sent = send_five_a_second(one, 12 * MANY)
            seconds, lag = perf_counter() - began, event_loop_lag(port)
        one.tesla.fault("live_status", status=503)  # what has been answered is the last word
        until(lambda: not weather.lost(), "the last values", 60)
        until(lambda: len(one.history.results) == len(sent), "all results", 60)

        changes = sum(is_value(each.topic) and began < each.at < began + seconds for each in one.spy.messages)
        late, bare = share(weather.latencies(since), 0.99), share(echoes(one, sent), 0.99)
        record_property(
            "figure",
            f"{changes / seconds:.0f} changes a second and {len(sent) / seconds:.1f} commands, {seconds:.0f} s: "
            f"p99 {late * 1000:.0f} ms (a bare message {bare * 1000:.0f}), "
            f"loop p99 {lag * 1000:.0f} ms (an idle one {idle[0] * 1000:.0f}), no value lost",
        )
        assert [body for *_, body in one.history.results if body["outcome"] != "ok"] == []
        assert changes / seconds >= 200
        assert late < max(0.25, 8 * bare)
        assert lag < max(0.05, 8 * idle[0])


def send_five_a_second(one: House, seconds: float) -> dict[str, float]:
    """Gives transaction -> when it was sent. Each value is a new one for its car."""
    sent: dict[str, float] = {}
    began = perf_counter()
    while perf_counter() < began + seconds:
        number = len(sent)
        sent[str(number)] = perf_counter()
        one.send(cars_of(one)[number % 5], "charge_limit", message(str(number), value=50 + number // 5 % 50))
        time.sleep(max(0, began + len(sent) / 5 - perf_counter()))
    return sent


def echoes(one: House, sent: Mapping[str, float]) -> list[float]:
    """Seconds from a client to the broker and to the spy: of the commands themselves."""
    asked = [each for each in one.spy.messages if "/set/" in each.topic and each.payload]
    return [each.at - sent[each.body["transaction"]] for each in asked]


def is_value(topic: str) -> bool:
    return bool(re.fullmatch(rf"{BASE}/(vehicle|energy_site|wall_connector)/[^/]+/(?!set|get|result)\w+/\w+", topic))


def event_loop_lag(port: int) -> float:
    """Seconds, p99 of the last five minutes."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    (found,) = re.findall(r'^fleet2mqtt_event_loop_lag_seconds\{quantile="0.99"\} (\S+)', text, re.MULTILINE)
    return float(found)


# --- L5: many commands at once -----------------------------------------------------------------------------------

SLOWNESS = 1.0 if MANY >= 10 else 0.1
"""Of the 2 to 30 seconds that Tesla takes for a command; the time to live goes with it."""


@pytest.mark.case("L5")
@pytest.mark.timeout(400)
def test_of_fifty_commands_at_once_none_is_left_and_no_car_waits_for_another(
    tmp_path: Path, seed: int, record_property: Any
) -> None:
    random, asked = Random(seed), ("honk_horn", "flash_lights", "charge_port_door_open")
    with big_house(tmp_path, cars=20, sites=1) as one:
        delays = {
            car: [random.uniform(2, 29) * SLOWNESS for _ in range(2 + (number < 10))]
            for number, car in enumerate(cars_of(one))
        }
        for car, seconds in delays.items():
            for each in seconds:
                one.tesla.fault(f"POST /api/1/vehicles/{id_of(car)}/command/", times=1, real_delay_s=each)
        one.bridge.start()
        known = {f"{BASE}/{car}/software" for car in cars_of(one)}
        until(lambda: known <= {each.topic for each in one.spy.messages}, "all cars", 120)
        began = perf_counter()
        for number in range(3):
            for car, seconds in delays.items():
                if number < len(seconds):
                    one.send(car, asked[number], message(f"{car} {number}"))
        until(lambda: len(one.history.results) == 50, "all results", 90 * max(SLOWNESS, 0.5))

        told = [each for each in one.spy.messages if "/result/" in each.topic]
        waits = {car: max(each.at for each in told if car in each.topic) - began for car in delays}
        slowdowns = [waits[car] / sum(delays[car]) for car in delays]
        outcomes = Counter(each.body["outcome"] for each in told)
        record_property(
            "figure",
            f"50 commands in {max(waits.values()):.1f} s; longest for one {max(map(sum, delays.values())):.1f} s; "
            f"waits as multiples of the car's own calls: median {statistics.median(slowdowns):.2f}, "
            f"most {max(slowdowns):.2f}; {dict(outcomes)}",
        )
        assert outcomes == {"ok": 50}
        assert max(waits.values()) < 90
        assert max(slowdowns) < 2 * statistics.median(slowdowns)
