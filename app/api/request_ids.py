"""Ids of requests: in every answer, in the log, and in the events that a request writes."""

import re
from itertools import count
from uuid import uuid4

# Looks like a UUID: random for each process, then counting; a random one for each request would cost ten times as much.
_PROCESS = str(uuid4())[:-12]
_requests = count(1)

REQUEST_ID_CHARACTERS = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}")


def request_id_from(given: str | None) -> str:
    """The caller's own request id if it is sane, else a new one."""
    if given is not None and REQUEST_ID_CHARACTERS.fullmatch(given):
        return given
    return f"{_PROCESS}{next(_requests):012x}"
