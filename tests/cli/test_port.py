import os
import socket

import pytest

from app.cli.port import check_free, listen, web_address
from app.kernel.errors import Refused


@pytest.fixture
def taken():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_refuses_a_taken_port_and_names_its_process(taken):
    with pytest.raises(Refused) as refusal:
        check_free("127.0.0.1", taken)
    assert str(refusal.value) == (
        f"Port {taken} of 127.0.0.1 is taken by process {os.getpid()}. "
        "Stop that one, or choose another port with --port."
    )


def test_refuses_an_address_of_another_machine():
    with pytest.raises(Refused, match=r"Cannot listen on 203\.0\.113\.1:"):
        check_free("203.0.113.1", 0)


def test_leaves_a_free_port_free():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    check_free("127.0.0.1", port)
    listen("127.0.0.1", port).close()


def test_shares_a_port_among_those_who_ask_to():
    with listen("127.0.0.1", 0, reuse_port=True) as first:
        port = first.getsockname()[1]
        listen("127.0.0.1", port, reuse_port=True).close()
        with pytest.raises(Refused):
            listen("127.0.0.1", port)


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),
        ("::", "http://[::1]:8000"),
        ("localhost", "http://localhost:8000"),
    ],
)
def test_tells_a_browser_where_to_go(host, address):
    assert web_address(host, 8000) == address
