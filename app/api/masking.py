"""Our own failures as clients of every door see them: masked, and logged with the request id."""

import logging

from app.db.not_written import NotWritten
from app.kernel.outage import Outage

logger = logging.getLogger("quaestor.api")

BAD_REQUEST = "BAD_REQUEST"
UNAUTHENTICATED = "UNAUTHENTICATED"
INTERNAL = "INTERNAL"
TIMEOUT = "TIMEOUT"
ANSWER_TOO_LARGE = "ANSWER_TOO_LARGE"
UNAVAILABLE = "UNAVAILABLE"
"""Codes beside those of `ErrorCode`: no verb refuses with them."""

INTERNAL_MESSAGE = (
    "Something went wrong on our side. Whether anything happened is unknown: "
    "ask again with the same idempotency key, and quote the request id if it stays."
)


def timed_out_message(seconds: float) -> str:
    """The message where an answer took longer than that."""
    return (
        f"No answer within {seconds:g} seconds. Whether anything happened is unknown: "
        "ask again with the same idempotency key."
    )


def log_failure(what: str, error: BaseException, request_id: str) -> None:
    """Log what a client is told as `INTERNAL`."""
    logger.error("%s (request %s)", what, request_id, exc_info=error, extra={"request_id": request_id})


_refused_writes = Outage(logger)


def log_not_written(what: str, refusal: NotWritten, request_id: str) -> None:
    """Log what a client is told as `UNAVAILABLE`: only the first of many."""
    _refused_writes.notice("%s (request %s): %s", what, request_id, refusal)
