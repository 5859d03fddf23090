"""A port of their own for metrics and health."""

import asyncio
import socket

import httpx
import pytest

from app.api.operations.metrics import process_counts
from app.api.operations.operations_port import listen_for_operations, serve_operations
from app.settings import Settings, WrongSetting
from tests.free_ports import free_port

KEY = "a-key-of-the-metrics"


async def ask(port, path, **options):
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        return await client.get(f"http://127.0.0.1:{port}{path}", **options)


async def test_answers_metrics_and_health_and_nothing_else(database):
    port = free_port()
    async with serve_operations(
        Settings(), listen_for_operations("127.0.0.1", port, "QUAESTOR_METRICS_PORT"), process_counts()
    ):
        healthy = await ask(port, "/healthz")
        assert (healthy.status_code, healthy.json()["status"]) == (200, "ok")
        scraped = await ask(port, "/metrics")
        assert scraped.status_code == 200
        assert "quaestor_unnumbered_events 0.0" in scraped.text.splitlines()
        assert (await ask(port, "/readyz")).status_code in {200, 503}  # As slow as the machine is.
        assert (await ask(port, "/graphql")).status_code == 404
    with pytest.raises(httpx.ConnectError):
        await ask(port, "/healthz")


async def test_asks_for_the_key_where_there_is_one(database):
    port = free_port()
    settings = Settings(QUAESTOR_METRICS_KEY=KEY)
    async with serve_operations(
        settings, listen_for_operations("127.0.0.1", port, "QUAESTOR_METRICS_PORT"), process_counts()
    ):
        assert (await ask(port, "/metrics")).status_code == 401
        assert (await ask(port, "/metrics", headers={"Authorization": f"Bearer {KEY}"})).status_code == 200


async def test_redirects_nobody(database):
    """A redirect would say plain http behind a proxy with TLS."""
    port = free_port()
    listener = listen_for_operations("127.0.0.1", port, "QUAESTOR_METRICS_PORT")
    async with serve_operations(Settings(), listener, process_counts()):
        assert (await ask(port, "/metrics/")).status_code == 404


async def test_ends_with_the_block_though_a_client_stays(database):
    port = free_port()
    async with asyncio.timeout(60):
        async with serve_operations(
            Settings(), listen_for_operations("127.0.0.1", port, "QUAESTOR_METRICS_PORT"), process_counts()
        ):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n")  # And no more.
            await writer.drain()
        writer.close()


def test_names_the_variable_where_the_port_is_taken():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(WrongSetting, match=f"^QUAESTOR_WORKER_METRICS_PORT is {port}, and QUAESTOR_METRICS_HOST"):
            listen_for_operations("127.0.0.1", port, "QUAESTOR_WORKER_METRICS_PORT")


def test_lets_processes_share_the_port_as_they_share_the_api():
    port = free_port()
    first, second = (
        listen_for_operations("127.0.0.1", port, "QUAESTOR_METRICS_PORT", reuse_port=True) for _ in range(2)
    )
    first.close()
    second.close()
