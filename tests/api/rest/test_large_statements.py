"""A statement of 100,000 entries, over REST in each format and over GraphQL page by page: in bounded memory."""

import asyncio
from pathlib import Path
from uuid import UUID

import pytest

from app.db.connection import pool
from app.statements.formats.table import FORMATS
from tests.statements.many_entries import ENTRIES, post_many

MEMORY_BYTES_MAX = 64_000_000
PAPER_BYTES_MAX = 300_000_000
"""A PDF keeps its pages until it is done."""
BYTES_OF_ENTRY_MIN = 50
WALLET = {"currency": "USD", "accounting_type": "LIABILITY", "decimal_places": 2, "allow_negative": True}
PAGE = """query ($id: ID!, $from: DateTime!, $to: DateTime!, $after: String) {
    statement(id: $id, from: $from, to: $to) { entries(first: 1000, after: $after) {
        nodes { direction amount { value } balanceAfter { value } postedAt transfer { reference } }
        pageInfo { hasNextPage endCursor } } } }"""


def resident_bytes():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4_096


async def streamed(rest, path, query):
    """Ask without keeping the answer: how many bytes and pieces came, and how much memory grew meanwhile."""
    before, peak, size, pieces, statuses = resident_bytes(), 0, 0, 0, []
    asked = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive():
        return asked.pop() if asked else await asyncio.Event().wait()

    async def send(message):
        nonlocal peak, size, pieces
        if message["type"] == "http.response.start":
            statuses.append(message["status"])
        size += len(message.get("body", b""))
        pieces += 1
        peak = max(peak, resident_bytes())

    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(b"authorization", f"API-Key {rest.api_key}".encode())],
    }
    await rest.application(scope, receive, send)
    assert statuses == [200]
    return size, pieces, peak - before


async def paged(rest, wallet_id):
    """The statement's entries over GraphQL: how many there were, and how much memory grew meanwhile."""
    before, peak, count, after, has_more = resident_bytes(), 0, 0, None, True
    variables = {"id": wallet_id, "from": "2026-01-01T00:00:00Z", "to": "2026-06-01T00:00:00Z"}
    while has_more:
        body = {"query": PAGE, "variables": {**variables, "after": after}}
        answer = (await rest.call("POST", "/graphql", body)).json()
        entries = answer["data"]["statement"]["entries"]
        count += len(entries["nodes"])
        after, has_more = entries["pageInfo"]["endCursor"], entries["pageInfo"]["hasNextPage"]
        peak = max(peak, resident_bytes())
    return count, peak - before


@pytest.mark.thorough
@pytest.mark.timeout(1_800)
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read from /proc")
async def test_streams_a_hundred_thousand_entries_in_bounded_memory(rest):
    wallets = [{**WALLET, "wallet_name": name} for name in ("v", "w")]
    body = {"account_type": "group", "account_reference": "a", "wallets": wallets}
    first, second = (one["wallet_id"] for one in (await rest.done("POST", "/api/v1/account", body))["wallets"])
    customer_id = UUID(rest.customer_id)
    await post_many(pool(), customer_id, UUID(first), UUID(second))

    for name in FORMATS:
        path, query = f"/api/v1/wallet/{second}/statement", f"from=2026-01-01&to=2026-06-01&format={name}"
        size, pieces, grown = await streamed(rest, path, query)
        print(f"{name}: {size:,} bytes in {pieces:,} pieces, memory grew by {grown:,} bytes")
        assert size > ENTRIES * BYTES_OF_ENTRY_MIN
        assert pieces > size / 200_000
        assert grown < (PAPER_BYTES_MAX if name == "pdf" else MEMORY_BYTES_MAX), name
    size, _, grown = await streamed(rest, "/v1/customer/journal", "format=hledger")
    assert size > ENTRIES * BYTES_OF_ENTRY_MIN
    assert grown < MEMORY_BYTES_MAX
    count, grown = await paged(rest, second)
    print(f"GraphQL: {count:,} entries, memory grew by {grown:,} bytes")
    assert count == ENTRIES
    assert grown < MEMORY_BYTES_MAX
