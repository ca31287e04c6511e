"""The log: structured, on standard error, without tokens and without whole VINs.

The last thing that happens to a line is redaction, so that nothing can slip past it: no library's own message, no
traceback (reliability.md E7).
"""

from __future__ import annotations

import logging
import re
import sys

import structlog
from structlog.stdlib import ProcessorFormatter

REDACTIONS = (
    (re.compile(r"eyJ[\w-]{8,}(\.[\w-]+){0,2}"), "<token>"),
    (re.compile(r"\b(NA|EU|CN)_[0-9a-zA-Z-]{16,}"), "<token>"),
    (re.compile(r"(?i)(bearer |(?:refresh_token|access_token|client_secret)\W{1,5})[^\s&\"',}]+"), r"\1<secret>"),
    (re.compile(r"-----BEGIN [^-]+-----.*?-----END [^-]+-----", re.DOTALL), "<key>"),
    (re.compile(r"\b[A-HJ-NPR-Z0-9]{11}([A-HJ-NPR-Z0-9]{6})\b"), r"…\1"),
)
"""JWTs, Tesla's refresh tokens, whatever is called a secret, private keys; of a VIN the last six stay."""


def redact(text: str) -> str:
    for pattern, replacement in REDACTIONS:
        text = pattern.sub(replacement, text)
    return text


class _Redacting(ProcessorFormatter):
    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


def _console() -> structlog.types.Processor:
    # Not rich's tracebacks: they print local variables, and those hold tokens.
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)


def configure(level: str, *, as_json: bool) -> None:
    """Everything that is logged, our own and the libraries', goes through here."""
    shared: list[structlog.types.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: structlog.types.Processor = structlog.processors.JSONRenderer() if as_json else _console()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        _Redacting(
            foreign_pre_chain=shared,
            processors=[
                ProcessorFormatter.remove_processors_meta,
                *([structlog.processors.format_exc_info] if as_json else []),
                renderer,
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    # These tell of every request; ours tell of every change.
    for name in ("httpx2", "httpcore2", "hpack", "uvicorn"):
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
