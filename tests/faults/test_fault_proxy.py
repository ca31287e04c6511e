"""The fault proxy's verbs, each against a server that echoes.

`up` is what is sent to the server, `down` what it answers.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from random import Random

import pytest
from connection import BOTH, DOWN, UP, Way
from echo import Echo, ask, comes, connect, hear, is_reset, is_silent, serving, took
from network_faults import Latency, Timeout
from outside import PATIENCE, Outside
from proxy import Proxy


@pytest.fixture
def outside() -> Iterator[Outside]:
    with Outside() as running:
        yield running


@pytest.fixture
def echo() -> Echo:
    return Echo()


@pytest.fixture
def wire(outside: Outside, echo: Echo) -> Proxy:
    return outside.enter(Proxy(outside, outside.enter(serving(echo)), Random(1)))


@pytest.fixture
def one(wire: Proxy) -> Iterator[socket.socket]:
    with connect(wire) as made:
        assert ask(made, b"hello") == b"hello"
        yield made


# --- without faults -----------------------------------------------------------------------------------------------


def test_all_passes_and_is_counted(wire: Proxy, echo: Echo) -> None:
    sent = bytes(range(256)) * 4096
    with connect(wire) as one, connect(wire):
        assert comes(lambda: wire.connections == 2)
        one.settimeout(PATIENCE)
        for part in range(0, len(sent), 65536):
            assert ask(one, sent[part : part + 65536]) == sent[part : part + 65536]
    assert comes(lambda: wire.connections == 0)
    assert (wire.accepted, wire.bytes_up, wire.bytes_down) == (2, len(sent), len(sent))


def test_an_end_passes_as_an_end_and_a_reset_as_a_reset(wire: Proxy, echo: Echo) -> None:
    with connect(wire) as one:
        one.sendall(b"last words")
        one.shutdown(socket.SHUT_WR)
        assert hear(one, 100) == b"last words"
    assert comes(lambda: echo.ended == ["FIN"])
    with connect(wire) as one:
        ask(one, b"hello")
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    assert comes(lambda: echo.ended == ["FIN", "RST"])


def test_a_tape_hears_all_that_is_sent_with_its_direction(wire: Proxy) -> None:
    heard: list[tuple[Way, bytes]] = []
    wire.record(lambda way, data: heard.append((way, data)))
    with connect(wire) as one, wire.timeout(way=DOWN):
        one.sendall(b"hello")
        assert comes(lambda: heard == [(UP, b"hello"), (DOWN, b"hello")])


# --- verbs --------------------------------------------------------------------------------------------------------


def test_latency_delays_each_direction_that_is_named_and_ends_when_it_is_taken_off(
    wire: Proxy, one: socket.socket
) -> None:
    for way, least in ((UP, 0.3), (DOWN, 0.3), (BOTH, 0.6)):
        with wire.latency(0.3, way=way):
            assert least <= took(lambda: ask(one, b"?")) < least + 0.3
    assert took(lambda: ask(one, b"?")) < 0.3


def test_latency_takes_nothing_of_the_throughput(wire: Proxy, one: socket.socket) -> None:
    def in_parts() -> None:
        for _ in range(10):
            one.sendall(b"part.")
            time.sleep(0.02)
        assert hear(one, 50) == b"part." * 10

    with wire.latency(0.2, way=UP):
        assert 0.2 <= took(in_parts) < 1


def test_jitter_makes_it_more_or_less(wire: Proxy, one: socket.socket) -> None:
    with wire.latency(0.1, jitter=0.1, way=UP):
        times = [took(lambda: ask(one, b"?")) for _ in range(8)]
    assert min(times) < 0.1 < max(times)


def test_what_waits_goes_on_at_once_when_its_fault_is_taken_off(wire: Proxy, one: socket.socket) -> None:
    fault = wire.add(Latency(60))
    one.sendall(b"?")
    assert is_silent(one)
    wire.remove(fault)
    assert hear(one, 1) == b"?"


def test_bandwidth_is_so_many_bytes_a_second(wire: Proxy, one: socket.socket) -> None:
    with wire.bandwidth(50_000, way=DOWN):
        assert 0.4 <= took(lambda: ask(one, bytes(20_000))) < 1


def test_sliced_it_comes_in_pieces(wire: Proxy, one: socket.socket) -> None:
    pieces: list[bytes] = []
    with wire.slice(3, 0.05, way=DOWN):
        one.sendall(b"drip drop")
        while len(b"".join(pieces)) < 9:
            pieces.append(one.recv(100))
    assert pieces == [b"dri", b"p d", b"rop"]


def test_slow_to_close_only_the_end_is_late(wire: Proxy, one: socket.socket, echo: Echo) -> None:
    with wire.slow_close(0.3, way=UP):
        assert took(lambda: ask(one, b"?")) < 0.3
        one.shutdown(socket.SHUT_WR)
        assert took(lambda: hear(one, 1)) >= 0.3
        assert echo.ended == ["FIN"]


def test_swallowed_answers_leave_the_connection_open_and_the_request_done(
    wire: Proxy, one: socket.socket, echo: Echo
) -> None:
    with wire.timeout(way=DOWN):
        one.sendall(b"do it")
        assert is_silent(one)
        assert echo.heard == b"hellodo it"
        assert wire.connections == 1


def test_swallowed_requests_never_arrive_nor_does_the_end(wire: Proxy, one: socket.socket, echo: Echo) -> None:
    with wire.timeout(way=UP):
        one.sendall(b"do it")
        one.shutdown(socket.SHUT_WR)
        assert is_silent(one)
    assert (bytes(echo.heard), echo.ended) == (b"hello", [])


def test_what_has_lost_bytes_stays_silent_and_what_has_lost_none_goes_on(wire: Proxy, one: socket.socket) -> None:
    with connect(wire) as other:
        ask(other, b"hello")
        with wire.timeout():
            one.sendall(b"lost")
            assert is_silent(one)
        one.sendall(b"?")
        assert is_silent(one)
        assert ask(other, b"?") == b"?"


def test_a_reset_strikes_all_that_are_open_and_all_that_come(wire: Proxy, one: socket.socket, echo: Echo) -> None:
    with wire.reset():
        assert is_reset(one)
        assert comes(lambda: echo.ended == ["RST"])
        with pytest.raises(ConnectionResetError), connect(wire) as another:  # it may come before connect returns
            ask(another, b"?")
    with connect(wire) as another:
        assert ask(another, b"?") == b"?"


def test_a_reset_comes_after_so_many_bytes_of_a_direction(wire: Proxy, one: socket.socket, echo: Echo) -> None:
    with wire.reset(4, way=DOWN):
        assert ask(one, b"an") == b"an"
        one.sendall(b"swer")
        assert hear(one, 2) == b"sw"
        assert is_reset(one)
    assert echo.heard == b"helloanswer"


def test_limited_it_closes_after_so_many_bytes_of_a_direction(wire: Proxy, one: socket.socket, echo: Echo) -> None:
    with wire.limit(4, way=UP):
        one.sendall(b"request")
        assert hear(one, 100) in (b"requ", b"")  # what was on its way back may be cut off
    assert comes(lambda: echo.heard == b"hellorequ")
    assert comes(lambda: wire.connections == 0)


def test_half_closed_one_direction_has_ended_and_the_other_goes_on(wire: Proxy, one: socket.socket, echo: Echo) -> None:
    with wire.half_close(way=DOWN):
        assert hear(one, 1) == b""
        one.sendall(b"still here")
        assert comes(lambda: echo.heard == b"hellostill here")
    assert hear(one, 1) == b""


def test_down_connections_are_refused_and_open_ones_have_ended(wire: Proxy, one: socket.socket) -> None:
    with wire.down():
        with suppress(ConnectionResetError):
            assert hear(one, 1) == b""
        with pytest.raises(ConnectionRefusedError):
            connect(wire)
    with connect(wire) as another:
        assert ask(another, b"?") == b"?"


def test_kicked_open_connections_are_reset_and_new_ones_welcome(wire: Proxy, one: socket.socket, echo: Echo) -> None:
    wire.kick()
    assert is_reset(one)
    assert wire.connections == 0
    with connect(wire) as another:
        assert ask(another, b"?") == b"?"


@pytest.mark.parametrize("answer", [False, True])
def test_held_back_it_goes_on_its_way_when_it_is_released(
    wire: Proxy, one: socket.socket, echo: Echo, *, answer: bool
) -> None:
    with wire.holding(b"secret", answer=answer) as held:
        one.sendall(b"a secret")
        held.wait()
        assert is_silent(one)
        assert (b"secret" in echo.heard) is answer
        held.release()
        assert hear(one, 8) == b"a secret"


@pytest.mark.parametrize("answer", [False, True])
def test_held_back_it_can_be_lost(wire: Proxy, one: socket.socket, echo: Echo, *, answer: bool) -> None:
    with wire.holding(b"secret", answer=answer) as held:
        one.sendall(b"a secret")
        held.wait()
        held.lose()
        assert hear(one, 1) == b""
    assert (b"secret" in echo.heard) is answer


# --- several, and chance ------------------------------------------------------------------------------------------


def test_faults_add_up(wire: Proxy, one: socket.socket) -> None:
    with wire.latency(0.2, way=UP), wire.slice(1, 0.1, way=DOWN):
        assert took(lambda: ask(one, b"abc")) >= 0.4


def test_the_same_seed_strikes_the_same_connections(outside: Outside, echo: Echo) -> None:
    port = outside.enter(serving(echo))

    def struck(seed: int) -> list[bool]:
        wire = outside.enter(Proxy(outside, port, Random(seed)))
        wire.add(Timeout(chance=0.5))
        silent: list[bool] = []
        for _ in range(6):
            with connect(wire) as one:
                one.sendall(b"?")
                silent.append(is_silent(one))
        return silent

    first = struck(1)
    assert first == struck(1)
    assert set(first) == {True, False}
    assert first != struck(2)


def test_open_connections_are_struck_by_chance_too(wire: Proxy) -> None:
    made = [connect(wire) for _ in range(12)]
    assert comes(lambda: wire.connections == 12)
    with wire.reset(chance=0.5):
        assert comes(lambda: 0 < wire.connections < 12)
    for each in made:
        each.close()
