"""Trouble that many notice at the same time, again and again: it is logged when it begins and when it is over."""

import logging
import time

TELL_EVERY_SECONDS = 60.0
"""Where nobody knows that it is over, it is logged again after so long."""


class Outage:
    """One kind of trouble of this process."""

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self._told_at: float | None = None

    def notice(self, message: str, *arguments: object) -> None:
        """Log it, unless it is known."""
        now = time.monotonic()
        if self._told_at is None or now - self._told_at >= TELL_EVERY_SECONDS:
            self._told_at = now
            self._logger.warning(message, *arguments)
        else:
            self._logger.debug(message, *arguments)

    def end(self, message: str, *arguments: object) -> None:
        """Log that it is over, if it was known."""
        if self._told_at is not None:
            self._told_at = None
            self._logger.info(message, *arguments)
