"""Twenty-six bodies that are not what was asked for, as bytes on the wire (reliability.md B6)."""

from __future__ import annotations

import gzip

JSON = b"application/json; charset=utf-8"
GOOD = (
    b'{"response":{"result":true,"reason":"","state":"online","key_paired_vins":[]},"access_token":"a","expires_in":9}'
)


def plain(body: bytes, kind: bytes | None = JSON, extra: bytes = b"", length: int | None = None) -> bytes:
    kind_line = b"content-type: " + kind + b"\r\n" if kind else b""
    size = len(body) if length is None else length
    return b"HTTP/1.1 200 OK\r\n%s%scontent-length: %d\r\n\r\n" % (kind_line, extra, size) + body


HOSTILE: dict[str, bytes] = {
    "HTML": plain(b"<html>Access Denied</html>", b"text/html"),
    "HTML that says it is JSON": plain(b"<html>Access Denied</html>"),
    "JSON that says it is HTML": plain(GOOD, b"text/html"),
    "null": plain(b"null"),
    "text": plain(b'""'),
    "list": plain(b"[]"),
    "number": plain(b"17"),
    "true": plain(b"true"),
    "no response": plain(b"{}"),
    "response is a number": plain(b'{"response":17}'),
    "response is a text": plain(b'{"response":"upstream"}'),
    "an error with status 200": plain(b'{"response":{"result":true},"error":"upstream internal error"}'),
    "NaN": plain(b'{"response":{"result":true,"speed":NaN},"access_token":"a","expires_in":NaN}'),
    "Infinity": plain(b'{"response":{"result":true,"speed":-Infinity},"access_token":"a","expires_in":-Infinity}'),
    "1e999": plain(b'{"response":{"result":true,"speed":1e999},"access_token":"a","expires_in":1e999}'),
    "a number of 5000 digits": plain(b'{"response":{"result":true,"id":' + b"9" * 5000 + b'},"access_token":"a"'),
    "nested 10,000 deep": plain(b'{"response":' + b"[" * 10_000 + b"]" * 10_000 + b',"access_token":"a"}'),
    "Latin-1": plain('{"response":{"result":true,"name":"Zoë"},"access_token":"ë"}'.encode("latin-1")),
    "truncated JSON": plain(GOOD[: len(GOOD) // 2]),
    "two documents": plain(GOOD + GOOD),
    "too long a length": plain(GOOD, length=len(GOOD) + 500),
    "bad chunks": b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n"
    + GOOD,
    "gzip bomb": plain(gzip.compress(b'{"response":"' + bytes(50_000_000)), extra=b"content-encoding: gzip\r\n"),
    "cut gzip": plain(gzip.compress(GOOD)[:-12], extra=b"content-encoding: gzip\r\n"),
    "half a status line": b"HTTP/1.1 20",
    "100,000 headers": b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 100_000 + b"\r\n",
}
