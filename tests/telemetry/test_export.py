"""Spans reach a real collector over HTTP; one that hangs or is away costs spans, and nothing else."""

import asyncio
import importlib.metadata
import logging
import os
import threading
from pathlib import Path

import pytest

from app.kernel.tracing import Kind, span_at_door, span_within, tracing
from app.settings import SIBLING_FOLDER, SIBLING_NUMBER, load_settings
from app.telemetry.export import QUEUE_MAX, Traces
from tests.free_ports import free_port

SPANS = QUEUE_MAX * 3


def traces(endpoint, **more):
    settings = load_settings(telemetry=True, telemetry_traces_per_second_max=1_000_000, otlp_endpoint=endpoint, **more)
    return Traces(settings, "quaestor-api")


@pytest.fixture(autouse=True)
async def _nothing_is_sent_any_more():
    """What one test still sends at its end would be told of in the log of the next."""
    yield
    for thread in threading.enumerate():
        if thread.name == "traces":
            await asyncio.to_thread(thread.join)


def record(count):
    for number in range(count):
        with span_at_door(f"door {number}", Kind.SERVER, None):
            pass


async def test_sends_spans_and_what_the_process_is(collector):
    async with traces(collector.url):
        with span_at_door("door", Kind.SERVER, None), span_within("inner", Kind.CLIENT) as inner:
            inner.set("count", 3)
    assert not tracing.is_on
    await collector.got(lambda spans: len(spans) == 2)
    door, inner = collector.spans.one("door"), collector.spans.one("inner")
    assert (inner.parent_id, inner.trace_id, inner.kind) == (door.id, door.trace_id, "client")
    assert (door.parent_id, door.kind, inner.values) == (None, "server", {"count": 3})
    said = door.resource
    assert (said["service.name"], said["service.version"]) == ("quaestor-api", importlib.metadata.version("quaestor"))
    assert (said["process.pid"], said["deployment.environment.name"]) == (os.getpid(), "PLAYLIVE")
    assert said["telemetry.sdk.name"] == "opentelemetry"
    assert "quaestor.process" not in said


async def test_says_which_of_several_processes_it_is_and_what_operators_add(collector, monkeypatch, tmp_path):
    monkeypatch.setenv(SIBLING_NUMBER, "3")
    monkeypatch.setenv(SIBLING_FOLDER, str(Path(tmp_path)))
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "cloud.region=eu-west-1")
    async with traces(collector.url):
        record(1)
    await collector.got(bool)
    said = collector.spans[0].resource
    assert (said["quaestor.process"], said["cloud.region"]) == (3, "eu-west-1")


async def test_sends_the_headers_that_the_collector_asks_for(collector):
    async with traces(f"{collector.url}/", otlp_headers="X-Key=a%20secret, x-team = ledger"):
        record(1)
    await collector.got(bool)
    assert (collector.headers[0]["x-key"], collector.headers[0]["x-team"]) == ("a secret", "ledger")


@pytest.mark.thorough
async def test_goes_on_while_the_collector_is_away_and_says_so_once(caplog):
    caplog.set_level(logging.INFO)
    address = f"http://127.0.0.1:{free_port()}"
    lost = f"traces cannot be sent to {address}, and are lost"
    async with traces(address):
        record(SPANS)
        while lost not in caplog.messages:
            await asyncio.sleep(0.01)
    assert caplog.messages.count(lost) == 1
    assert not [one for one in caplog.records if one.levelname == "ERROR" or one.exc_info]


@pytest.mark.thorough
async def test_goes_on_and_ends_while_the_collector_hangs(collector):
    collector.hold = asyncio.Event()
    async with traces(collector.url):
        record(SPANS)
        await collector.asked.wait()
        record(SPANS)
    assert not tracing.is_on
    assert collector.spans == []
    collector.hold.set()


@pytest.mark.parametrize("status", [400, 503])
async def test_loses_what_the_collector_refuses(collector, caplog, status):
    collector.status = status
    async with traces(collector.url):
        record(1)
        while not [one for one in caplog.records if "traces cannot be sent" in one.getMessage()]:
            await asyncio.sleep(0.01)
        collector.status = 200
        record(1)
        await collector.got(lambda spans: len(spans) == 1)
    assert not [one for one in caplog.records if one.levelname == "ERROR"]


async def test_keeps_no_more_than_its_queue_holds(collector):
    collector.hold = asyncio.Event()
    async with traces(collector.url):
        record(SPANS)
        await collector.asked.wait()
        record(SPANS)
        collector.hold.set()
        collector.hold = None
        await collector.got(bool)
    assert 0 < len(collector.spans) < 2 * SPANS


async def test_records_nothing_where_the_sdk_is_switched_off(collector, monkeypatch, caplog):
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    async with traces(collector.url):
        assert not tracing.is_on
    assert [one.getMessage() for one in caplog.records] == [
        "OTEL_SDK_DISABLED is set: no traces are recorded, although QUAESTOR_TELEMETRY is true"
    ]
