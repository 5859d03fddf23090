"""`--processes`: several that serve the same, kept running and ended by one."""

import itertools
import os
import signal
import socket
import sys

import httpx
import pytest

from app.cli import port as port_module
from app.cli.port import check_free, port_of, reserve
from app.kernel.errors import Refused
from tests.cli.running_several import Several, ask_each, metric
from tests.cli.test_main import quaestor

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds the processes in /proc")
TOO_LARGE = {"X-Large": "a" * 40_000}
NO_DATABASE = "one that is not there"
LARGE_HEADS = 'quaestor_refusals_total{reason="large_head"}'


@pytest.fixture
def start(tmp_path, fresh_migrated_url):
    started = []

    def start(*arguments, **settings):
        started.append(
            Several(tmp_path / f"log-{len(started)}", *arguments, **{"DATABASE_URL": fresh_migrated_url, **settings})
        )
        return started[-1]

    yield start
    for one in started:
        one.end()


def serve(start, count=3, **settings):
    return start("serve", "--processes", str(count), "--port", "0", **settings).until_ready()


@pytest.mark.thorough
def test_adds_up_what_is_counted_over_all_processes_while_one_is_killed(start, free_port):
    several = serve(start, QUAESTOR_METRICS_PORT=str(free_port))
    for answer in itertools.islice(ask_each(several.address, "/healthz", headers=TOO_LARGE), 30):
        assert answer.status_code == 431
    several.until(lambda: metric(several.metrics(), LARGE_HEADS) == 30)

    told = several.metrics()
    assert metric(told, "quaestor_processes") == 3
    for number in (1, 2, 3):
        assert metric(told, f'process_resident_memory_bytes{{process="{number}"}}') > 1_000_000
    several.until(lambda: metric(several.metrics(f"http://127.0.0.1:{free_port}"), LARGE_HEADS) == 30)

    # Of those that counted, one that is gone, and the one that follows it.
    victim = several.kill(2)
    seen = [metric(several.metrics(), LARGE_HEADS) for _ in range(20)]
    assert seen == [30] * 20
    several.until(lambda: several.children().get(2, victim) != victim)
    several.until(lambda: metric(several.metrics(), "quaestor_processes") == 3)
    for answer in itertools.islice(ask_each(several.address, "/healthz", headers=TOO_LARGE), 12):
        assert answer.status_code == 431
    several.until(lambda: metric(several.metrics(), LARGE_HEADS) == 42)
    assert "api-2 (process" in several.said()


@pytest.mark.thorough
def test_tells_in_the_log_which_process_it_was_and_each_gets_its_share(start):
    several = serve(start, 2)
    answers = ask_each(several.address, "/graphql?query={__typename}")
    several.until(
        lambda: (
            next(answers).status_code
            and {line.get("process") for line in several.lines() if line["message"] == "request"} == {1, 2}
        )
    )
    assert {line.get("process") for line in several.lines() if line["logger"] == "app.cli.run_several"} == {None}


@pytest.mark.thorough
def test_serves_on_ipv6(start):
    several = serve(start, 2, QUAESTOR_HOST="::1")
    assert several.address.startswith("http://[::1]:")
    assert next(ask_each(several.address, "/readyz")).status_code in {200, 503}  # As slow as the machine is.
    assert next(ask_each(several.address, "/healthz")).json()["status"] == "ok"


@pytest.mark.thorough
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_ends_all_in_an_orderly_way(start, number):
    several = serve(start, 2)
    children = several.children()
    several.process.send_signal(number)
    assert several.process.wait(60) == 0
    assert not any(alive(pid) for pid in children.values())
    assert "Traceback" not in several.said()
    assert "starting it again" not in several.said()
    check_free("127.0.0.1", int(several.address.rpartition(":")[2]))


@pytest.mark.thorough
def test_takes_all_along_when_it_is_killed(start):
    several = serve(start, 2)
    children = several.children()
    address = several.address
    several.process.kill()
    several.process.wait()
    several.until(lambda: not any(alive(pid) for pid in children.values()))
    check_free("127.0.0.1", int(address.rpartition(":")[2]))


@pytest.mark.thorough
def test_a_second_signal_hurries(start):
    several = serve(start, 2)
    frozen = several.children()[1]  # It does not do what it is asked.
    os.kill(frozen, signal.SIGSTOP)
    several.process.send_signal(signal.SIGTERM)
    several.until(lambda: several.children().keys() == {1})
    assert several.process.poll() is None
    several.process.send_signal(signal.SIGTERM)
    assert several.process.wait(10) == 0
    assert not alive(frozen)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("command", "changes", "code", "says"),
    [
        ("serve", {"QUAESTOR_PORT": "eighty"}, 2, "QUAESTOR_PORT is 'eighty': "),
        ("serve", {"QUAESTOR_SECRET_KEY": "too short"}, 2, "QUAESTOR_SECRET_KEY cannot be used"),
        ("serve", {"DATABASE_URL": NO_DATABASE}, 3, "DATABASE_URL: the database "),
        ("serve", {"QUAESTOR_CATALOG_FILE": "/nowhere.toml"}, 2, "QUAESTOR_CATALOG_FILE"),
        ("worker", {"QUAESTOR_SECRET_KEY": "too short"}, 2, "QUAESTOR_SECRET_KEY cannot be used"),
        ("worker", {"QUAESTOR_ENVIRONMENT": "LIVE"}, 2, "QUAESTOR_WEBHOOK_ALLOW_HTTP is true"),
    ],
)
def test_gives_up_with_the_exit_code_of_one(tmp_path, fresh_migrated_url, command, changes, code, says):
    changes = {
        name: fresh_migrated_url.replace("/test_", "/no_") if it == NO_DATABASE else it for name, it in changes.items()
    }
    settings = {
        "DATABASE_URL": fresh_migrated_url,
        "QUAESTOR_SECRET_KEY": "a key that only tests of several processes use",
        "QUAESTOR_WEBHOOK_ALLOW_HTTP": "true",
        "QUAESTOR_DATA_DIR": str(tmp_path / "none"),
        "QUAESTOR_PORT": "0",
        **changes,
    }
    ran = quaestor(command, "--processes", "3", **settings)
    assert ran.returncode == code, ran.stderr
    assert ran.stderr.count(says) == 1, ran.stderr
    alone = quaestor(command, **settings)
    assert (alone.returncode, alone.stderr.splitlines()[-1]) == (code, ran.stderr.splitlines()[0])


@pytest.mark.thorough
def test_gives_up_on_a_port_of_the_metrics_that_is_taken(tmp_path, fresh_migrated_url, taken_port):
    ran = quaestor(
        "serve",
        *("--processes", "2", "--port", "0"),
        DATABASE_URL=fresh_migrated_url,
        QUAESTOR_SECRET_KEY="a key that only tests of several processes use",
        QUAESTOR_METRICS_PORT=str(taken_port),
        QUAESTOR_DATA_DIR=str(tmp_path / "none"),
    )
    assert ran.returncode == 2
    assert ran.stderr == (
        f"QUAESTOR_METRICS_PORT is {taken_port}, and QUAESTOR_METRICS_HOST 127.0.0.1: it cannot be listened on there "
        "(Address already in use). Choose a port that is free; each process needs its own.\n"
    )


@pytest.mark.thorough
def test_refuses_a_port_that_is_taken_by_one_or_by_several(start, taken_port):
    ran = start("serve", "--processes", "2", "--port", str(taken_port))
    assert ran.process.wait(60) == 1
    assert ran.said().startswith(f"Port {taken_port} of 127.0.0.1 is taken by process {os.getpid()}. ")

    several = serve(start, 2)
    port = several.address.rpartition(":")[2]
    second = start("serve", "--processes", "2", "--port", port)
    assert second.process.wait(60) == 1
    assert second.said().startswith(f"Port {port} of 127.0.0.1 is taken by process ")


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("command", "variable"), [("serve", "QUAESTOR_METRICS_PORT"), ("worker", "QUAESTOR_WORKER_METRICS_PORT")]
)
def test_refuses_a_port_of_the_metrics_that_others_share(start, free_port, command, variable):
    settings = {variable: str(free_port), "QUAESTOR_PORT": "0"}
    start(command, "--processes", "2", **settings).until_ready()
    second = start(command, "--processes", "2", **settings)
    assert second.process.wait(60) == 2
    assert second.said().startswith(f"{variable} is {free_port}, and QUAESTOR_METRICS_HOST 127.0.0.1: ")


@pytest.mark.thorough
def test_refuses_a_port_that_several_wait_to_share(start):
    """Before any of them listens: the database is not there yet."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        database = f"postgresql://nobody@127.0.0.1:{silent.getsockname()[1]}/none"
        with reserve("127.0.0.1", 0) as free:
            port = str(port_of(free))
        first = start("serve", "--processes", "2", "--port", port, DATABASE_URL=database)
        first.until(first.children)
        for command in (["serve", "--processes", "2"], ["serve"], ["dev", "--processes", "2"]):
            second = start(*command, "--port", port)
            assert second.process.wait(60) == 1
            assert second.said().startswith(f"Port {port} of 127.0.0.1 is taken by another process. "), command
        assert "listening" not in first.said()
        assert first.process.poll() is None


def test_says_so_where_ports_cannot_be_shared(monkeypatch, free_port):
    monkeypatch.delattr(socket, "SO_REUSEPORT")
    with pytest.raises(Refused, match=r"^This system has no SO_REUSEPORT, so several processes cannot share a port: "):
        reserve("127.0.0.1", free_port)
    check_free("127.0.0.1", free_port)
    assert port_module.listen("127.0.0.1", free_port).close() is None


@pytest.mark.thorough
def test_refuses_no_processes_and_too_many(start):
    for count in ("0", "65", "many"):
        ran = quaestor("serve", "--processes", count)
        assert ran.returncode == 2
        assert "--processes" in ran.stderr


@pytest.mark.thorough
def test_finishes_a_request_that_is_under_way(start):
    """It asks for half a body, is told to end, and sends the rest."""
    several = serve(start, 2)
    host, port = several.address.removeprefix("http://").split(":")
    body = b'{"query": "{ __typename }"}'
    with socket.create_connection((host, int(port)), timeout=60) as client:
        client.sendall(
            b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\n\r\n" % len(body) + body[:5]
        )
        several.process.send_signal(signal.SIGTERM)
        several.until(lambda: "stopping" in several.said())
        client.sendall(body[5:])
        assert client.recv(1000).startswith(b"HTTP/1.1 ")
    assert several.process.wait(60) == 0


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.thorough
def test_the_other_processes_answer_while_one_starts_again(start):
    several = serve(start, 2)
    with httpx.Client(trust_env=False, timeout=60) as kept:
        for number in (1, 2):
            several.kill(number)
            for answer in itertools.islice(ask_each(several.address, "/healthz"), 20):
                assert answer.json()["status"] == "ok"
            several.until(lambda: metric(several.metrics(), "quaestor_processes") == 2)
        assert kept.get(f"{several.address}/healthz").status_code == 200
