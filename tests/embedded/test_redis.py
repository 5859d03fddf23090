import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from app.embedded.leftovers import find_process
from app.embedded.redis import EmbeddedRedis


@pytest.fixture
def server(tmp_path):
    made = EmbeddedRedis(tmp_path / "data")
    yield made
    made.stop()


def ask(server, words):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(60)
        connection.connect(server.url.removeprefix("unix://"))
        connection.sendall(f"{words}\r\n".encode())
        return connection.recv(1000)


def test_keeps_its_data_from_one_start_to_the_next(server):
    server.start()
    assert ask(server, "SET kept 42") == b"+OK\r\n"
    server.stop()
    server.start()
    assert ask(server, "GET kept") == b"$2\r\n42\r\n"


def test_keeps_what_it_acknowledged_when_it_is_killed(server):
    server.start()
    assert ask(server, "SET kept 42") == b"+OK\r\n"
    os.kill(server.pid, signal.SIGKILL)
    server._child.wait(60)
    server._child = None
    server.start()
    assert ask(server, "GET kept") == b"$2\r\n42\r\n"


def test_writes_each_second_and_listens_only_on_its_socket(server):
    server.start()
    assert b"appendonly\r\n$3\r\nyes" in ask(server, "CONFIG GET appendonly")
    assert b"appendfsync\r\n$8\r\neverysec" in ask(server, "CONFIG GET appendfsync")
    assert b"port\r\n$1\r\n0" in ask(server, "CONFIG GET port")
    assert Path(server.url.removeprefix("unix://")).stat().st_mode & 0o777 == 0o700


def test_ends_one_that_a_dead_run_left_and_drops_its_socket(server):
    server.prepare()
    orphan = subprocess.Popen(server.launch().arguments, stdout=subprocess.DEVNULL)
    while not server.accepts(orphan.pid):
        assert orphan.poll() is None
    server.start()
    assert orphan.wait(60) == 0
    assert ask(server, "PING") == b"+PONG\r\n"


def test_prefers_a_server_on_path_unless_it_is_too_old(server, tmp_path, monkeypatch):
    server.prepare()
    real = server.launch().arguments[0]
    folder = tmp_path / "bin"
    folder.mkdir()
    found = folder / "redis-server"
    monkeypatch.setenv("PATH", str(folder))
    for version, program in (("6.2.7", str(found)), ("6.0.16", real)):
        found.write_text(f"#!{sys.executable}\nprint('Redis server v={version} sha=00000000:0 malloc=libc bits=64')\n")
        found.chmod(0o755)
        assert server.launch().arguments[0] == program


def test_leaves_no_process_and_no_socket_when_stopped(server):
    server.start()
    pid = server.pid
    server.stop()
    assert find_process(pid) is None
    assert list((server.data_folder / "sockets").iterdir()) == []
