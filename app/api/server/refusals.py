"""What was refused before a door was asked: counted always, logged once in a while."""

import logging
import time
from collections import Counter
from enum import StrEnum

logger = logging.getLogger(__name__)

LOG_EVERY_SECONDS = 60.0


class Refusal(StrEnum):
    """Why a connection or a request was refused or ended."""

    TOO_MANY_CONNECTIONS = "too_many_connections"
    TOO_MANY_OF_ONE_ADDRESS = "too_many_of_one_address"
    TOO_MANY_UNFINISHED = "too_many_unfinished_of_one_address"
    SLOW_HEAD = "slow_head"
    SLOW_BODY = "slow_body"
    SLOW_READER = "slow_reader"
    LARGE_HEAD = "large_head"
    LARGE_MESSAGE = "large_message"
    UNREADABLE = "unreadable"
    TOO_MANY_PIPELINED = "too_many_pipelined"
    TOO_MANY_PINGS = "too_many_pings"


class Refusals:
    """Counts of one process."""

    def __init__(self) -> None:
        self.counts: Counter[Refusal] = Counter()
        self._untold: Counter[Refusal] = Counter()
        self._told_at = -LOG_EVERY_SECONDS

    def note(self, refusal: Refusal, address: str) -> None:
        """Count one; the first is logged at once, and what follows within a minute by `tell`."""
        self.counts[refusal] += 1
        self._untold[refusal] += 1
        self.tell(f"; the last from {address}" if address else "")

    def tell(self, more: str = "") -> None:
        """Log what was not yet logged, if it is time to."""
        now = time.monotonic()
        if not self._untold or now - self._told_at < LOG_EVERY_SECONDS:
            return
        told = ", ".join(f"{count} {refusal.replace('_', ' ')}" for refusal, count in self._untold.most_common())
        logger.warning("refused or ended connections: %s%s", told, more, extra={"refused": dict(self._untold)})
        self._untold.clear()
        self._told_at = now


refusals = Refusals()
"""The counts of this process."""
