"""`fleet2mqtt serve-key`: the public key on a port of this machine, for an HTTPS server or a tunnel in front of it."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from bridge import settings
from bridge.cli.stopping import until_stopped
from bridge.errors import SettingWrong
from bridge.fleet import key_page, keys


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=key_page.SERVE_PORT, help="port to listen on; 0: a free one (8586)")
    parser.add_argument("--bind", default="127.0.0.1", help="address to listen on (127.0.0.1)")


def main(options: argparse.Namespace, flags: Sequence[str]) -> int:
    """Serves until stopped. Raises SettingWrong where there is no key, or the port cannot be had."""
    own = settings.load(flags, with_broker=False)
    public = keys.public_key(keys.where(own.data_dir, own.tesla.key_file))
    return until_stopped(lambda stop: _run(options, public, own.tesla.domain, stop))


async def _run(options: argparse.Namespace, public: keys.PublicKey, domain: str | None, stop: asyncio.Event) -> int:
    try:
        server = KeyServer((options.bind, options.port), public.pem.encode())
    except (OSError, OverflowError) as error:
        raise SettingWrong(f"--bind {options.bind} --port {options.port}: cannot listen there: {error}") from None
    serving = asyncio.create_task(asyncio.to_thread(server.serve_forever))
    host, port = server.server_address[:2]
    _say(
        f"Serving the public key at http://{host!s}:{port}{key_page.PATH}. Stop it with Ctrl-C.",
        f"The world must find it at {key_page.url(domain or '<your domain>')}; docs/keys.md shows how.",
    )
    await stop.wait()
    server.shutdown()
    await serving
    server.server_close()
    return 0


class KeyServer(ThreadingHTTPServer):
    """Knows one page, and has the public half only."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], page: bytes) -> None:
        self.page = page
        super().__init__(address, _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: KeyServer
    timeout = 10
    server_version = "fleet2mqtt"
    sys_version = ""

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def _answer(self, *, with_body: bool) -> None:
        is_there = self.path == key_page.PATH
        body = self.server.page if is_there else b"There is only the key here.\n"
        self.send_response(HTTPStatus.OK if is_there else HTTPStatus.NOT_FOUND)
        self.send_header("Content-Type", key_page.KIND if is_there else "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if with_body:
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing: who asks is nobody's business, and the web server in front knows it anyway."""


def _say(*lines: str) -> None:
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()
