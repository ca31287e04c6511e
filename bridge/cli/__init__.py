"""The command line: one module for each verb, imported when it is called.

Each module has `arguments(parser)` and `main(options, flags) -> exit code`.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from keyword import iskeyword
from types import ModuleType

from bridge.cli import user
from bridge.errors import SettingWrong

WRONG = 2
"""Exit code for a wrong setting or flag."""

DESCRIPTION = "Tesla's Fleet API on MQTT: cars, Powerwalls and wall connectors in Home Assistant and Node-RED."

VERBS: Mapping[str, str] = {
    "run": "Run the bridge.",
    "demo": "Run everything on this machine: broker, simulated account, bridge.",
    "simulate": "Serve a simulated Tesla account.",
    "check": "Check settings, broker and account, and say what to do.",
    "health": "Is the bridge with this data directory well? For health checks.",
    "send": "Send one command to a running bridge and print its answer.",
    "login": "Sign in to the Tesla account, with a browser.",
    "logout": "Sign out: forget the tokens; with --purge also what was shown.",
    "purge": "Clear everything that the bridge has left on the broker.",
    "diagnostics": "Write one file for a report of a fault, with nothing personal in it.",
    "import": "Take over the sign-in of another program, from a file.",
    "keys": "Make the app's key pair, or show its public half.",
    "serve-key": "Serve the public key, for a web server or a tunnel in front of it.",
    "register": "Register the app with its domain and key, in each region.",
    "pair": "Pair the app's key with a car: link, QR code, and whether it is done.",
    "costs": "What a month will cost with your settings and your driving, and what it has cost.",
    "simulate-policy": "Play the polling policy against simulated cars: bill, sleep, staleness.",
    "catalog": "Print the tables: entities, commands, settings.",
    "version": "Print the version.",
}

SET = frozenset(
    {
        *("run", "check", "health", "send", "diagnostics", "purge", "login", "logout", "import"),
        *("keys", "serve-key", "register", "pair", "costs"),
    }
)
"""Verbs that take settings as flags."""

_EPILOG = "Every setting is a flag too: --mqtt-host, --tesla-region, ... docs/configuration.md lists them."


def main() -> None:
    """The program. Exits 0, 1 when something failed, 2 when a setting or flag is wrong."""
    end = _End()
    signal.signal(signal.SIGTERM, end)
    try:
        user.become(os.environ)
        sys.exit(_run(sys.argv[1:]))
    except SettingWrong as error:
        told = import_module("bridge.settings.addon").as_options(str(error))
        print(f"fleet2mqtt: {told}", file=sys.stderr)  # noqa: T201 - the log may not be set up yet
        sys.exit(WRONG)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
    except Exception:
        if not end.came:
            raise
        sys.exit(_End.CODE)


class _End:
    """SIGTERM, until the work itself looks out for it. The first process of a container does not end without a handler.

    pydantic makes a SchemaError of a SystemExit that comes while it builds a model, with a traceback.
    """

    CODE = 128 + signal.SIGTERM
    came = False

    def __call__(self, *_: object) -> None:
        self.came = True
        sys.exit(self.CODE)


def _run(words: Sequence[str]) -> int:
    own, flags = _split(words)
    options = _parser(own[0] if own else "").parse_args(own)
    code: int = module(options.verb).main(options, flags)
    return code


def _parser(called: str) -> argparse.ArgumentParser:
    """Knows all verbs, and the arguments of the one that is called."""
    parser = argparse.ArgumentParser("fleet2mqtt", description=DESCRIPTION)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    for name, text in VERBS.items():
        verb = verbs.add_parser(name, help=text, description=text, epilog=_EPILOG if name in SET else None)
        if name == called:
            module(name).arguments(verb)
    return parser


def module(verb: str) -> ModuleType:
    """The module of a verb. Raises SettingWrong where it needs what is not installed."""
    try:
        return import_module(f"bridge.cli.{verb.replace('-', '_')}{'_' * iskeyword(verb)}")
    except ModuleNotFoundError as error:
        raise SettingWrong(f"{verb} needs {error.name}: pip install 'fleet2mqtt[demo]'") from None


def own_flags(verb: str) -> set[str]:
    """The flags of a verb that are no settings."""
    parser = argparse.ArgumentParser()
    module(verb).arguments(parser)
    return set(parser._option_string_actions)  # noqa: SLF001 - argparse tells it nowhere else


def _split(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """The verb with its own arguments, and the settings among them: `--name value` or `--name=value`."""
    if not words or words[0] not in SET:
        return list(words), []
    known = own_flags(words[0])
    own, flags, rest = [], [], list(words)
    while rest:
        word = rest.pop(0)
        if not word.startswith("--") or word.partition("=")[0] in known:
            own.append(word)
        else:
            flags += [word] if "=" in word else [word, *rest[:1]]
            rest = rest if "=" in word else rest[1:]
    return own, flags
