"""Ports for servers that tests start: free now, and not given to anybody else before the server listens."""

import itertools
import os
import random
import socket

# Below the range from which the system takes the ports of outgoing connections and of `bind` to port 0.
FIRST, LAST = 10_000, 32_000

_candidates = itertools.cycle(random.Random(os.urandom(8)).sample(range(FIRST, LAST), LAST - FIRST))


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
