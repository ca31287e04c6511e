"""What may fail for long and stops nothing: told when it begins and when it is over, however often it is met."""

from __future__ import annotations

from types import TracebackType

import structlog

log = structlog.get_logger()


class Trying:
    """One thing that is done again and again, each time in a `with` block: no Exception leaves it.

    `trouble`: what the log says of it.
    """

    def __init__(self, trouble: str) -> None:
        self._trouble = trouble
        self._fails = False

    def __enter__(self) -> None: ...

    def __exit__(self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None) -> bool:
        if error and not isinstance(error, Exception):
            return False
        if error and not self._fails:
            log.warning(self._trouble, error=str(error))
        elif self._fails and not error:
            log.info("works again", was=self._trouble)
        self._fails = error is not None
        return self._fails
