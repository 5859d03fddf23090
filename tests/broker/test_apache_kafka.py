"""The broker that tests and developers use: it keeps what it acknowledged, and does not outlive who started it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from uuid import UUID

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.helpers import create_ssl_context

from app.embedded.leftovers import all_processes
from broker import apache_kafka
from broker.apache_kafka import ApacheKafka
from broker.jars import NoBroker, jars_folder
from tests.free_ports import free_port

pytestmark = pytest.mark.kafka

ROOT = Path(__file__).parents[2]


@pytest.fixture
def server(kafka, tmp_path):
    """One of its own, beside the one that all share."""
    made = ApacheKafka(tmp_path, port=free_port(), controller_port=free_port())
    yield made
    made.stop()


async def send(server, value):
    async with AIOKafkaProducer(bootstrap_servers=server.url, acks="all") as producer:
        await producer.send_and_wait("kept", value)


async def read_first(server):
    async with AIOKafkaConsumer(bootstrap_servers=server.url, auto_offset_reset="earliest") as consumer:
        consumer.assign([TopicPartition("kept", 0)])
        return (await consumer.getone()).value


async def test_keeps_what_it_acknowledged_when_it_is_killed(server):
    server.start(timeout_seconds=300)
    await send(server, b"once")
    os.kill(server.pid, signal.SIGKILL)
    server._child.wait(60)
    server._child = None
    server.start(timeout_seconds=300)
    assert await read_first(server) == b"once"


async def test_lets_in_who_knows_the_password_over_tls(kafka):
    secure = kafka._secure
    async with AIOKafkaProducer(
        bootstrap_servers=f"127.0.0.1:{secure.port}",
        security_protocol="SASL_SSL",
        sasl_mechanism="SCRAM-SHA-512",
        sasl_plain_username=secure.user,
        sasl_plain_password=secure.password,
        ssl_context=create_ssl_context(cafile=str(kafka.files / "certificate.pem")),
    ) as producer:
        await producer.send_and_wait("over-tls", b"in")


def test_formats_its_files_under_an_id_that_begins_with_a_dash(kafka, monkeypatch, tmp_path):
    monkeypatch.setattr(apache_kafka, "uuid4", lambda: UUID(int=0xF8 << 120))
    ApacheKafka(tmp_path, port=free_port(), controller_port=free_port()).prepare()
    [properties] = tmp_path.rglob("meta.properties")
    assert "cluster.id=-" in properties.read_text()


def test_tells_what_to_install_where_maven_is_missing(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(NoBroker, match=r"no `mvn` here \(on Debian and Ubuntu: apt-get install .*maven\)"):
        jars_folder()


def test_runs_as_a_command_which_ends_it_when_told_or_killed(kafka, tmp_path):
    for number, code in ((signal.SIGTERM, 0), (signal.SIGKILL, -signal.SIGKILL)):
        port = free_port()
        command = [sys.executable, "-m", "broker", "--folder", tmp_path, "--port", str(port)]
        running = subprocess.Popen(
            [*command, "--controller-port", str(free_port())], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        said = []
        while not said or " ready on " not in said[-1]:
            said.append(running.stdout.readline())
            assert said[-1], f"it ended: {said}"
        assert f"127.0.0.1:{port}" in said[-1]
        running.send_signal(number)
        running.stdout.close()
        assert running.wait(120) == code
        until_gone(ApacheKafka(tmp_path, port=port, controller_port=0))


def until_gone(server):
    while any(server._is_ours(process) for process in all_processes()):
        time.sleep(0.05)
