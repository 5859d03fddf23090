"""The outage of the brokers: logged when this process notices it, and when they answer again.

aiokafka logs every try of every connection, many of them a second. Its lines end here: they say that brokers are away,
and that they are back when no more come. The few others are passed on, each at most once a minute.
"""

import asyncio
import logging
import time

from app.kernel.outage import TELL_EVERY_SECONDS, Outage

logger = logging.getLogger(__name__)

QUIET_SECONDS = 5.0
"""Clients that reach no broker try again at least this often. So without their lines, brokers answer."""
LOOK_EVERY_SECONDS = 1.0
SHOWN_CHARACTERS_MAX = 300
AWAY = (
    "Unable connect",
    "Unable to connect",
    "Unable to update metadata",
    "NodeNotReadyError",
    "KafkaConnectionError",
    "NoBrokersAvailable",
    "RequestTimedOutError",
)
USUAL = (
    "CoordinatorNotAvailable",
    "NotCoordinator",
    "CoordinatorLoadInProgress",
    "LeaderNotAvailable",
    "NotLeaderForPartition",
    "UnknownTopicOrPartition",
    "auto-create initialization",
    "not found in cluster metadata",
    "Marking the coordinator dead",
    "ebalanc",
)
"""What clients say when topics are new, and whenever a group assigns its partitions anew."""


class BrokerWatch(logging.Handler):
    """Takes the lines of aiokafka. `is_joined` says whether this process is in its group: before, the error that it
    gets says more than these lines.
    """

    def __init__(self, servers: str) -> None:
        super().__init__()
        self.is_joined = False
        self._servers = servers
        self._outage = Outage(logger)
        self._noticed_at = 0.0
        self._reason = ""
        self.is_away = False
        """Whether no broker could be used when it was last tried."""
        self._told_at: dict[str, float] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Take one line."""
        text = record.getMessage()[:SHOWN_CHARACTERS_MAX]
        if any(words in text for words in AWAY):
            if self.is_joined:
                self.notice(text)
            else:
                self._reason = f" ({text})"
        elif not self.is_away and not any(words in text for words in USUAL):
            self._pass_on(record, text)

    def notice(self, reason: str) -> None:
        """They are away: log it, unless that was done recently."""
        self._noticed_at = time.monotonic()
        self.is_away = True
        self._outage.notice(
            "the brokers %s cannot be used: waiting for them; nothing is lost: %s%s",
            *(self._servers, reason, self._reason),
        )

    def answer(self) -> None:
        """They answer: log it, if they were away."""
        self.is_away = False
        self._reason = ""
        self._outage.end("the brokers %s answer again", self._servers)

    async def keep_watch(self) -> None:
        """Notice when they answer again, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY_SECONDS)
            if self.is_joined and time.monotonic() - self._noticed_at > QUIET_SECONDS:
                self.answer()

    def _pass_on(self, record: logging.LogRecord, text: str) -> None:
        now = time.monotonic()
        if now - self._told_at.get(record.msg, -TELL_EVERY_SECONDS) >= TELL_EVERY_SECONDS:
            self._told_at[record.msg] = now
            logger.warning("%s: %s", record.name, text)
