"""The port of the API: taking it, and finding who has it."""

import contextlib
import errno
import os
import socket
from contextlib import AbstractContextManager
from pathlib import Path

from app.kernel.errors import Refused
from app.settings import Settings, metrics_port_taken

BACKLOG = 2048
LISTENING = "0A"  # The state's number in /proc/net/tcp.


def listen(host: str, port: int, *, reuse_port: bool = False) -> socket.socket:
    """A listening socket. With `reuse_port` several processes share the port, and the kernel shares out connections.

    :raises Refused: the port is taken, or the address is not this machine's.
    """
    listener = bind(host, port, reuse_port=reuse_port)
    try:
        listener.listen(BACKLOG)
    except OSError as problem:
        listener.close()
        raise Refused(_explain(problem, host, port)) from problem
    return listener


def bind(host: str, port: int, *, reuse_port: bool = False) -> socket.socket:
    """A socket that has the port, but gets no connections until it listens. With port 0 it has any that is free.

    :raises Refused: the port is taken, or the address is not this machine's.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as problem:
        raise Refused(
            f"Cannot listen on {host}: {problem}. Set QUAESTOR_HOST to an address of this machine."
        ) from problem
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if reuse_port:
            _share_port(listener)
        listener.bind(address)
    except OSError as problem:
        listener.close()
        raise Refused(_explain(problem, host, port)) from problem
    return listener


def reserve(host: str, port: int) -> socket.socket:
    """Take a port for several processes: a socket that keeps it for them while none of them listens.

    Whoever reserves it as well, or listens alone, is refused, even before the first process listens.

    :raises Refused: the port is taken, or cannot be shared on this system.
    """
    # Of two that reserve at once only one can listen. That one gives way to the lasting socket while it still listens.
    with listen(host, port) as alone:
        _share_port(alone)
        reserved = bind(host, port_of(alone), reuse_port=True)
        # Without this, others could take the port as long as nobody listens. The processes share it all the same.
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
    return reserved


def reserve_for_metrics(settings: Settings, port: int | None, variable: str) -> AbstractContextManager[object]:
    """Take the port of the metrics that this variable says for several processes, during the block; none if unset.

    :raises WrongSetting: it is taken.
    """
    if port is None:
        return contextlib.nullcontext()
    try:
        return reserve(settings.metrics_host, port)
    except Refused as refused:
        if not isinstance(refused.__cause__, OSError):
            raise
        raise metrics_port_taken(variable, port, settings.metrics_host, refused.__cause__) from refused


def port_of(listener: socket.socket) -> int:
    """The port that a socket has."""
    port: int = listener.getsockname()[1]
    return port


def check_free(host: str, port: int) -> None:
    """Fail early, before anything is started.

    :raises Refused: the port is taken, or the address is not this machine's.
    """
    listen(host, port).close()


def web_address(host: str, port: int) -> str:
    """The address for a browser on this machine, such as `http://127.0.0.1:8000`."""
    named = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - translated, not listened on
    return f"http://[{named}]:{port}" if ":" in named else f"http://{named}:{port}"


def _share_port(listener: socket.socket) -> None:
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    except (AttributeError, OSError) as problem:  # Python of such a system does not know the name.
        listener.close()
        raise Refused(
            "This system has no SO_REUSEPORT, so several processes cannot share a port: leave out --processes and "
            "--reuse-port, and start several on ports of their own, behind a proxy."
        ) from problem


def _explain(problem: OSError, host: str, port: int) -> str:
    if problem.errno != errno.EADDRINUSE:
        return f"Cannot listen on {host}:{port}: {problem.strerror}. Set QUAESTOR_HOST and QUAESTOR_PORT."
    pid = _listener_of(port)
    whom = f"process {pid}" if pid is not None else "another process"
    return (
        f"Port {port} of {host} is taken by {whom}. Stop that one, or choose another one: "
        "--port NUMBER, or QUAESTOR_PORT=NUMBER in the environment, also before `make run`."
    )


def _listener_of(port: int) -> int | None:
    """The process that listens on a port, if this system lets us find out."""
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with contextlib.suppress(OSError):
            for line in Path(table).read_text(encoding="ascii").splitlines()[1:]:
                fields = line.split()
                if fields[3] == LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                    inodes.add(f"socket:[{fields[9]}]")
    if not inodes:
        return None
    return next((pid for pid in _process_ids() if _has_open(pid, inodes)), None)


def _process_ids() -> list[int]:
    return [int(entry) for entry in os.listdir("/proc") if entry.isdigit()]  # noqa: PTH208 - names are all we want


def _has_open(pid: int, names: set[str]) -> bool:
    with contextlib.suppress(OSError):
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                if str(descriptor.readlink()) in names:
                    return True
    return False
