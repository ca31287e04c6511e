"""`fleet2mqtt keys`: makes the app's key pair, or shows its public half and where that must be served."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from bridge import settings
from bridge.errors import SettingWrong
from bridge.fleet import key_page, keys
from bridge.settings import Settings


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--replace", action="store_true", help="make a new pair; every car must then be paired anew")


def main(options: argparse.Namespace, flags: Sequence[str]) -> int:
    """Prints the public half. Raises SettingWrong."""
    own = settings.load(flags, with_broker=False)
    path = keys.where(own.data_dir, own.tesla.key_file)
    done = _replaced(own, path) if options.replace else _made(own, path)
    public = keys.public_key(path)
    _say(
        *done,
        f"The private half is {path}: keep it to yourself, and in your backups.",
        "",
        "The public half, as a file and as Tesla writes it:",
        public.pem + public.hex,
        "",
        f"Serve the file at {key_page.url(own.tesla.domain or '<your domain>')}",
        _next(own),
    )
    return 0


def _made(own: Settings, path: Path) -> Sequence[str]:
    if own.tesla.key_file or os.path.lexists(path):
        return ()
    keys.make(own.data_dir)
    return ("A new key pair was made.",)


def _replaced(own: Settings, path: Path) -> Sequence[str]:
    if own.tesla.key_file:
        raise SettingWrong(f"FLEET2MQTT_TESLA_KEY_FILE: {path} is your own file, and is yours to replace")
    if not os.path.lexists(path):
        raise SettingWrong(f"{path}: there is no key to replace; `fleet2mqtt keys` makes one")
    return (
        f"A new key pair was made. The old private key is kept as {keys.replace(own.data_dir)}.",
        "EVERY CAR MUST BE PAIRED ANEW: serve the new key, run `fleet2mqtt register` for each region, and then",
        "`fleet2mqtt pair` for each car. Restart the bridge. Until then signed commands fail.",
    )


def _next(own: Settings) -> str:
    if not own.tesla.domain:
        return "Set FLEET2MQTT_TESLA_DOMAIN to your domain. docs/keys.md shows ways to serve it."
    return "docs/keys.md shows ways to serve it. Then: `fleet2mqtt register`, and `fleet2mqtt pair` for each car."


def _say(*lines: str) -> None:
    sys.stdout.write("\n".join(lines) + "\n")
