"""A receiver in a thread of its own: its TLS and its resets are the system's, whatever event loop sends."""

import contextlib
import socket
import threading

SECONDS_MAX = 60


@contextlib.contextmanager
def taking(talk, *, connections=1):
    """Takes so many connections, one after another, and lets `talk` have each; gives the port. It ends after them."""

    def serve():
        for _ in range(connections):
            taken, _ = listener.accept()
            taken.settimeout(SECONDS_MAX)
            with taken, contextlib.suppress(OSError):
                talk(taken)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(SECONDS_MAX)
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            thread.join()


def end(connection):
    """Say that no more comes, and wait for the other side: to close with something unread would reset."""
    socket.socket.shutdown(connection, socket.SHUT_WR)
    while socket.socket.recv(connection, 65_536):
        pass
