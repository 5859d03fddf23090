"""Trouble that many callers notice at once and repeatedly: it is logged when it begins and when it is over."""

import logging
import time

TELL_EVERY_SECONDS = 60.0
"""If nothing reports its end, it is logged again after this time."""


class Outage:
    """One kind of trouble in this process."""

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self._told_at: float | None = None

    def notice(self, message: str, *arguments: object) -> None:
        """Log it, unless that was done recently."""
        now = time.monotonic()
        if self._told_at is None or now - self._told_at >= TELL_EVERY_SECONDS:
            self._told_at = now
            self._logger.warning(message, *arguments)
        else:
            self._logger.debug(message, *arguments)

    def end(self, message: str, *arguments: object) -> None:
        """Log that it is over, if it had begun."""
        if self._told_at is not None:
            self._told_at = None
            self._logger.info(message, *arguments)
