"""What a connection may send, keep and leave waiting, before any door is asked."""

from typing import NamedTuple

from app.settings import Settings

REQUEST_TARGET_BYTES_MAX = 16_384
HEADER_BYTES_MAX = 32_768  # Names and values together.
HEADERS_MAX = 100
SLICE_BYTES = 16_384  # What arrives at once is read in pieces of this size, so that it is judged in time.
PIPELINED_REQUESTS_MAX = 16
LATE_BODY_BYTES_MAX = 1_000_000  # For a body that comes after its request was answered.

WEBSOCKET_MESSAGE_BYTES_MAX = 1_000_000
WEBSOCKET_FIRST_MESSAGES_BYTES_MAX = 16_384  # Until a socket has said who it is.
ALLOW_LARGE_MESSAGES = "quaestor.allow_large_messages"
"""An extension of a socket's scope: a function to call when the client is known."""
WEBSOCKET_FRAGMENTS_MAX = 1_000
WEBSOCKET_SLICE_BYTES = 2_048
PINGS_AT_ONCE_MAX = 100
PINGS_PER_SECOND_MAX = 10.0  # One in ten seconds is what clients send.
TOO_MANY_PINGS = f"At most {PINGS_AT_ONCE_MAX} pings at once and {PINGS_PER_SECOND_MAX:g} a second."

HEAD_SECONDS = 20.0  # From the connection, or from the first byte of a later request.
BODY_PART_BYTES = 65_536  # Within `BODY_SECONDS` a body must end, or this much more of it must come.
BODY_SECONDS = 35.0  # Longer than the doors wait for a body: their message is clearer.
IDLE_SECONDS = 75.0  # Longer than balancers keep connections, so that they close an idle one.
STALL_SECONDS = 30.0  # Within this time a client must take so much of what waits for it:
STALL_BYTES = 65_536
CLOSING_SECONDS = 10.0
LINGER_SECONDS = 2.0

UNFINISHED_PER_ADDRESS_MAX = 100


class Limits(NamedTuple):
    """How many connections one process keeps. An unfinished one has not sent the whole head of a request."""

    connections_max: int
    per_address_max: int | None
    unfinished_per_address_max: int = UNFINISHED_PER_ADDRESS_MAX
    head_seconds: float = HEAD_SECONDS
    body_seconds: float = BODY_SECONDS
    idle_seconds: float = IDLE_SECONDS
    stall_seconds: float = STALL_SECONDS
    closing_seconds: float = CLOSING_SECONDS

    @classmethod
    def of(cls, settings: Settings) -> "Limits":
        """Those that the settings ask for."""
        return cls(settings.connections_max, settings.connections_per_address_max)
