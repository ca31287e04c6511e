"""The command line: one file for each verb."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from bridge.cli import catalog, check, demo, health, send, simulate, user
from bridge.clock import SystemClock
from bridge.errors import SettingWrong

WRONG = 2
"""Exit code for a wrong setting or flag."""

DESCRIPTION = "Tesla's Fleet API on MQTT: cars, Powerwalls and wall connectors in Home Assistant and Node-RED."


def main() -> None:
    """The program. Exits 0, 1 when something failed, 2 when a setting or flag is wrong."""
    try:
        user.become(os.environ)
        sys.exit(_run(sys.argv[1:]))
    except SettingWrong as error:
        print(f"fleet2mqtt: {error}", file=sys.stderr)  # noqa: T201 - the log may not be set up yet
        sys.exit(WRONG)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()


def _run(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser("fleet2mqtt", description=DESCRIPTION)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    for name, (text, arguments, _) in VERBS.items():
        verb = verbs.add_parser(name, help=text, description=text, epilog=_EPILOG if name in SET else None)
        arguments(verb)
    words, flags = _split(words)
    options = parser.parse_args(words)
    return VERBS[options.verb][2](options, flags)


def _split(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """The verb with its own arguments, and the settings among them: `--name value` or `--name=value`."""
    if not words or words[0] not in SET:
        return list(words), []
    own, flags, rest = [], [], list(words)
    while rest:
        word = rest.pop(0)
        if not word.startswith("--") or word == "--help":
            own.append(word)
        else:
            flags += [word] if "=" in word else [word, *rest[:1]]
            rest = rest if "=" in word else rest[1:]
    return own, flags


_EPILOG = "Every setting is a flag too: --mqtt-host, --tesla-region, ... docs/configuration.md lists them."


def until_stopped(work: Callable[[asyncio.Event], Coroutine[Any, Any, int]]) -> int:
    """Runs until it ends by itself, or until SIGINT or SIGTERM sets its event."""

    async def body() -> int:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        return await work(stop)

    return asyncio.run(body())


def _bridge(_: argparse.Namespace, flags: Sequence[str]) -> int:
    from bridge import app, logs, settings  # noqa: PLC0415 - 0.4 s that `version` and `catalog` need not wait

    own = settings.load(flags)
    logs.configure(own.log.level, as_json=own.log.format is settings.LogFormat.JSON)

    async def work(stop: asyncio.Event) -> int:
        await app.run(own, SystemClock(), stop)
        return 0

    return until_stopped(work)


def _check(_: argparse.Namespace, flags: Sequence[str]) -> int:
    return asyncio.run(check.run(flags))


def _demo(options: argparse.Namespace, _: Sequence[str]) -> int:
    return until_stopped(lambda stop: demo.run(demo.Options.of(options), stop))


def _simulate(options: argparse.Namespace, _: Sequence[str]) -> int:
    return until_stopped(lambda stop: simulate.run(options, stop))


def _send(options: argparse.Namespace, flags: Sequence[str]) -> int:
    return asyncio.run(send.run(options, flags))


def _health(_: argparse.Namespace, flags: Sequence[str]) -> int:
    return health.run(flags)


def _catalog(options: argparse.Namespace, _: Sequence[str]) -> int:
    sys.stdout.write(catalog.page(options.table))
    return 0


def _version(_: argparse.Namespace, __: Sequence[str]) -> int:
    from bridge.fleet import VERSION  # noqa: PLC0415 - see above

    print(f"fleet2mqtt {VERSION}")  # noqa: T201 - what this verb is for
    return 0


def _no_arguments(_: argparse.ArgumentParser) -> None:
    return


SET = frozenset({"run", "check", "health", "send"})
"""Verbs that take settings as flags."""

VERBS: dict[str, tuple[str, Callable[[argparse.ArgumentParser], None], Callable[..., int]]] = {
    "run": ("Run the bridge.", _no_arguments, _bridge),
    "demo": ("Run everything on this machine: broker, simulated account, bridge.", demo.arguments, _demo),
    "simulate": ("Serve a simulated Tesla account.", simulate.arguments, _simulate),
    "check": ("Check settings, broker and account, and say what to do.", _no_arguments, _check),
    "health": ("Is the bridge with this data directory well? For health checks.", _no_arguments, _health),
    "send": ("Send one command to a running bridge and print its answer.", send.arguments, _send),
    "catalog": ("Print the tables: entities, commands, settings, topics.", catalog.arguments, _catalog),
    "version": ("Print the version.", _no_arguments, _version),
}
