"""The log: structured, on standard error, without tokens, places and whole VINs.

The last thing that happens to a line is redaction, so that nothing can slip past it: no library's own message, no
traceback (reliability.md E7).
"""

from __future__ import annotations

import logging
import re
import sys
from functools import partial
from io import StringIO
from types import TracebackType
from typing import Any, TextIO

import structlog
from structlog.stdlib import ProcessorFormatter

from bridge.redaction import redacted, shortened

# Before a secret may stand a small letter: of an escape (`\n`), or of a terminal's colour.
REDACTIONS = (
    (re.compile(r"eyJ[\w-]{8,}(\.[\w-]+){0,2}"), "<token>"),
    (re.compile(r"(?<![A-Z0-9])(NA|EU|CN)_[0-9a-zA-Z-]{16,}"), "<token>"),
    (re.compile(r"(?i)(bearer )[^\s&\"',}\\]+"), r"\1<secret>"),
    # Between name and value: `=`, `": "`, `\": \"`, `', b'`.
    (
        re.compile(
            r"((?:refresh_token|access_token|id_token|client_secret)[\\\"']*\s*[:=,]\s*(?:b(?='))?[\\\"']*)"
            r"(?!null\b|None\b)[^\s&\"',}\\]+",
            re.IGNORECASE,
        ),
        r"\1<secret>",
    ),
    # To its end, or as far as it can be one: a cut-off key is a key too.
    (re.compile(r"-----BEGIN [^-]+-----(?:.*?-----END [^-]+-----|(?:[\w+/=\s]|\\+[nr])*)", re.DOTALL), "<key>"),
    (re.compile(r"(?<![A-Z0-9])[A-HJ-NPR-Z0-9]{11}([A-HJ-NPR-Z0-9]{6})(?![A-Z0-9])"), r"…\1"),
    # A DIN: the part's number and its serial number. A site's id, in our words, a path, a topic or discovery.
    (re.compile(r"(?<!\d)\d{7}-\d\d-\w-{1,2}\w+(\w{6})(?!\w)"), r"…\1"),
    (re.compile(r"((?:energy_sites?[\s/]|fleet2mqtt_))\d+(\d{4})(?!\d)"), r"\1…\2"),
    (re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), "<e-mail>"),
    # null, because a line of JSON may hold the number as one.
    (
        re.compile(r"((?:latitude|longitude|\blat|\blon|\blng)[\\\"']*\s*[:=,]\s*[\\\"']*)-?\d[\d.]*", re.IGNORECASE),
        r"\1null",
    ),
    (re.compile(r"(?<![\d.])-?\d{1,3}\.\d{3,}\s?[,;/ ]\s?-?\d{1,3}\.\d{3,}(?![\d.])"), "null, null"),
)
"""JWTs, Tesla's refresh tokens, whatever is called a secret, private keys; of a VIN the last six stay.

And whom and where: ids of devices but for their ends, e-mail addresses, what is called a latitude, two numbers side by
side that can be a place.

None of them eats a quote or a backslash that it does not give back: a line of JSON stays one.
"""


def redact(text: str) -> str:
    """First what is known to be a secret, then what looks like one."""
    text = shortened(redacted(text))
    for pattern, replacement in REDACTIONS:
        text = pattern.sub(replacement, text)
    return text


class _Redacting(ProcessorFormatter):
    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


class _Handler(logging.StreamHandler[TextIO]):
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's own name
        """Says that a line is lost; logging itself would print its arguments, secrets and all."""
        self.stream.write(f"a line of the log could not be written: {record.pathname}:{record.lineno}\n")


LONGEST = 2000
"""Characters of one text in a line."""


def plain(text: str) -> str:
    """A text from outside, so that it can neither forge a line nor command a terminal (reliability.md S15)."""
    # Redacted before it is cut: half a secret looks like none.
    short = text if len(text) <= LONGEST else f"{redact(text)[:LONGEST]}… ({len(text)} characters)"
    return short if short.isprintable() else "".join(char if char.isprintable() else _escaped(char) for char in short)


def _escaped(char: str) -> str:
    return repr(char)[1:-1]


def _plainly(_logger: Any, _method: str, event: structlog.types.EventDict) -> structlog.types.EventDict:
    """A processor: every text of the line. What holds texts is shown by its repr, which escapes."""
    return {name: plain(value) if isinstance(value, str) else value for name, value in event.items()}


def _indented(text: TextIO, failure: structlog.typing.ExcInfo) -> None:
    """A traceback holds messages from outside: none of their lines begins like one of ours."""
    trace = StringIO()
    structlog.dev.plain_traceback(trace, failure)
    text.write("\n".join(f"    {plain(line)}" for line in trace.getvalue().splitlines()))


def _crashed(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    logging.getLogger("bridge").critical("crashed", exc_info=(kind, error, trace))


def _console() -> structlog.types.Processor:
    # Not rich's tracebacks: they print local variables, and those hold tokens.
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=_indented)


def _line(logger: Any, method: str, event: structlog.types.EventDict, *, render: structlog.types.Processor) -> str:
    """A line of our own. Nothing else fails because it cannot be made."""
    try:
        return redact(str(render(logger, method, event)))
    except Exception:  # noqa: BLE001 - see above
        return "a line of the log could not be written"


class _Filtering(structlog.make_filtering_bound_logger("info")):  # type: ignore[misc] # made at run time
    """The class of all our loggers: what is not logged costs nothing. Its base is that of the level."""


def set_level(level: str) -> None:
    """From now on, for every logger there is."""
    _Filtering.__bases__ = (structlog.make_filtering_bound_logger(level),)
    logging.getLogger().setLevel(level.upper())


def configure(level: str, *, as_json: bool) -> None:
    """Everything that is logged goes through here: what libraries log through `logging`, our own in half its time."""
    shared: list[structlog.types.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _plainly,
        *([structlog.processors.format_exc_info] if as_json else []),
    ]
    renderer: structlog.types.Processor = structlog.processors.JSONRenderer() if as_json else _console()
    handler = _Handler(sys.stderr)
    handler.setFormatter(
        _Redacting(foreign_pre_chain=shared, processors=[ProcessorFormatter.remove_processors_meta, renderer])
    )
    sys.excepthook = _crashed
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    # These tell of every request; ours tell of every change.
    for name in ("httpx2", "httpcore2", "hpack", "uvicorn"):
        logging.getLogger(name).setLevel(logging.WARNING)
    set_level(level)
    structlog.configure(
        processors=[*shared, partial(_line, render=renderer)],
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        wrapper_class=_Filtering,
        cache_logger_on_first_use=True,
    )
