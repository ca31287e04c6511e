"""Serves /metrics. The only module that knows prometheus_client.

The server has a thread of its own; what is served is read on the event loop.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from wsgiref.simple_server import WSGIServer

from prometheus_client import CollectorRegistry, ProcessCollector, start_http_server
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from bridge.errors import SettingWrong
from bridge.families import Family

PATIENCE = 2.0
"""Seconds that the event loop has to answer a scrape."""

SILENCE = 10.0
"""Seconds after which whoever asks nothing is hung up on."""

RESPONDS = "fleet2mqtt_responds"

Read = Callable[[], Sequence[Family]]


@contextmanager
def served(host: str, port: int, read: Read) -> Iterator[None]:
    """Serves http://host:port/metrics until it is left. Raises SettingWrong where that cannot be.

    `read` is called on the event loop that runs now.
    """
    registry = CollectorRegistry(auto_describe=False)
    ProcessCollector(registry=registry)
    registry.register(_OnLoop(asyncio.get_running_loop(), read))
    try:
        server, thread = start_http_server(port, host, registry)
    except (OSError, OverflowError) as error:
        raise SettingWrong(
            f"FLEET2MQTT_METRICS_PORT, FLEET2MQTT_METRICS_HOST: cannot listen on {host}:{port}: {error}"
        ) from None
    server.RequestHandlerClass.timeout = SILENCE  # type: ignore[attr-defined] # socketserver reads it of any handler
    try:
        yield
    finally:
        # It looks up every half second, and the end of the program waits for nobody.
        threading.Thread(target=_close, args=(server, thread), daemon=True).start()


class _OnLoop(Collector):
    """Reads on the loop, for a thread that waits. A loop that stands still is what a scrape should tell, too."""

    def __init__(self, loop: asyncio.AbstractEventLoop, read: Read) -> None:
        self._loop = loop
        self._read = read

    def describe(self) -> Iterable[Metric]:
        return []

    def collect(self) -> Iterable[Metric]:
        answer: Future[list[Metric]] = Future()
        try:
            self._loop.call_soon_threadsafe(self._answer, answer)
            found = answer.result(PATIENCE)
        except (TimeoutError, RuntimeError):  # RuntimeError: it is closed
            found = []
        answers = GaugeMetricFamily(RESPONDS, f"Did the event loop answer this scrape within {PATIENCE:g} s? 0: no.")
        answers.add_metric([], float(bool(found)))
        return [answers, *found]

    def _answer(self, answer: Future[list[Metric]]) -> None:
        try:
            answer.set_result([_metric(family) for family in self._read()])
        except Exception as bug:  # noqa: BLE001 - whoever waits for it raises it
            answer.set_exception(bug)


def _metric(family: Family) -> Metric:
    maker = CounterMetricFamily if family.type == "counter" else GaugeMetricFamily
    metric = maker(family.name, family.text, labels=family.labels)
    for labels, number in family.samples:
        metric.add_metric(labels, number)
    return metric


def _close(server: WSGIServer, thread: threading.Thread) -> None:
    server.shutdown()
    thread.join()
    server.server_close()
