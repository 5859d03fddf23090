"""Ports for servers that tests start: free now, and not given to anybody else before the server listens."""

import itertools
import os
import random
import socket
from collections.abc import Iterator

# Below the range from which the system takes the ports of outgoing connections and of `bind` to port 0.
FIRST, LAST = 10_000, 32_000


def _shuffled() -> Iterator[int]:
    return itertools.cycle(random.Random(os.urandom(8)).sample(range(FIRST, LAST), LAST - FIRST))


_candidates = _shuffled()


def _shuffle_again() -> None:
    global _candidates  # noqa: PLW0603 - one for each process
    _candidates = _shuffled()


# A process that is forked would look for free ports in the same order as its siblings, at the same time.
os.register_at_fork(after_in_child=_shuffle_again)


def free_port() -> int:
    """A port of loopback that nobody listens on, other than those answered before in this process."""
    while True:
        port = next(_candidates)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
