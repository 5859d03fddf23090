import os
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.cli.port import check_free, listen, port_of, reserve, web_address
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
        "Stop that one, or choose another one: --port NUMBER, or QUAESTOR_PORT=NUMBER in the environment, also before "
        "`make run`."
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


@pytest.mark.parametrize("take", [reserve, listen, check_free])
def test_keeps_a_reserved_port_for_those_who_share_it(take):
    with reserve("127.0.0.1", 0) as reserved:
        port = port_of(reserved)
        with pytest.raises(Refused, match=f"^Port {port} of 127.0.0.1 is taken by another process"):
            take("127.0.0.1", port)
        with listen("127.0.0.1", port, reuse_port=True), listen("127.0.0.1", port, reuse_port=True):
            with pytest.raises(Refused, match=f"^Port {port} of 127.0.0.1 is taken by process {os.getpid()}"):
                take("127.0.0.1", port)
            socket.create_connection(("127.0.0.1", port), timeout=10).close()
        with pytest.raises(Refused):
            take("127.0.0.1", port)
    reserve("127.0.0.1", port).close()


@pytest.mark.thorough
def test_lets_one_alone_reserve_a_port_of_many_that_try_at_once():
    with reserve("127.0.0.1", 0) as free:
        port = port_of(free)
    for _ in range(20):
        with ThreadPoolExecutor(8) as threads:
            tried = list(threads.map(try_to_reserve, [port] * 8))
        reserved = [one for one in tried if one is not None]
        for one in reserved:
            one.close()
        assert len(reserved) == 1


def try_to_reserve(port):
    try:
        return reserve("127.0.0.1", port)
    except Refused:
        return None


def test_reserves_a_port_with_connections_that_have_just_ended():
    with listen("127.0.0.1", 0) as listener:
        port = port_of(listener)
        with socket.create_connection(("127.0.0.1", port)) as client:
            listener.accept()[0].close()
            client.recv(1)
    reserve("127.0.0.1", port).close()
