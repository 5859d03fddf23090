import asyncio
import json

import httpx
import pytest

from app.api.graphql import open_streams, sse

HEADERS = {"Authorization": "API-Key k", "Accept": "text/event-stream"}
FOREVER = "subscription { counts(to: 1000000, every: 60) }"


@pytest.fixture
async def events(served):
    async def events(query, headers=HEADERS):
        """Every event as (name, data), comments as (None, None)."""
        async with (
            httpx.AsyncClient(trust_env=False, timeout=60) as client,
            client.stream("POST", f"http://{served}/graphql", json={"query": query}, headers=headers) as response,
        ):
            assert response.status_code == 200
            assert response.headers["content-type"].startswith("text/event-stream")
            name = None
            async for line in response.aiter_lines():
                if line.startswith("event: "):
                    name = line.removeprefix("event: ")
                elif line.startswith("data:"):
                    text = line.removeprefix("data:").strip()
                    yield name, json.loads(text) if text else None
                elif line == ":":
                    yield None, None

    return events


async def test_streams_every_event_and_completes(events):
    assert [event async for event in events("subscription { counts(to: 2) }") if event[0]] == [
        ("next", {"data": {"counts": 0}}),
        ("next", {"data": {"counts": 1}}),
        ("complete", None),
    ]


async def test_answers_a_query_as_one_event(events):
    assert [event async for event in events("{ book { id } }") if event[0]] == [
        ("next", {"data": {"book": {"id": "b1"}}}),
        ("complete", None),
    ]


async def test_tells_a_refusal_and_completes(events):
    [(name, body), end] = [event async for event in events("subscription { refuses }") if event[0]]
    assert name == "next"
    assert body["errors"][0]["extensions"]["code"] == "VALIDATION"
    assert end == ("complete", None)


async def test_says_something_while_nothing_happens(events, monkeypatch):
    monkeypatch.setattr(sse, "COMMENT_EVERY_SECONDS", 0.02)
    comments = 0
    async for name, _ in events(FOREVER):
        comments += name is None
        if comments == 3:
            break
    assert comments == 3


async def test_ends_the_stream_of_a_revoked_key(events, keys, monkeypatch):
    monkeypatch.setattr(open_streams, "ASK_EVERY_SECONDS", 0.02)
    heard = []
    async for name, body in events(FOREVER):
        if name:
            heard.append((name, body))
            keys.revoked = True
    assert [name for name, _ in heard] == ["next", "next", "complete"]
    assert heard[1][1]["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


@pytest.mark.parametrize(
    "body",
    [
        {"query": "{ nothing }"},
        {"query": "subscription {"},
        {"query": "subscription { counts }"},
        {"query": "subscription a { counts(to: 1) }", "operationName": "b"},
        {"query": "subscription { counts(to: 1) lent { id } }"},
    ],
)
async def test_tells_what_is_wrong_with_a_document_as_one_event(served, body):
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        response = await client.post(f"http://{served}/graphql", json=body, headers=HEADERS)
    assert (response.status_code, response.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    assert response.headers["cache-control"] == "no-store"
    comment, first, end, rest = response.text.split("\n\n")
    assert first.startswith("event: next\ndata: ")
    told = json.loads(first.removeprefix("event: next\ndata: "))
    assert told.keys() == {"errors"}
    assert {error["extensions"]["code"] for error in told["errors"]} == {"BAD_REQUEST"}
    assert (comment, end, rest) == (":", "event: complete\ndata:", "")


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [({"query": 7}, HEADERS, 400), ({"query": "{ book { id } }"}, {"Accept": "text/event-stream"}, 401)],
)
async def test_refuses_before_the_stream_begins(served, body, headers, status):
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        response = await client.post(f"http://{served}/graphql", json=body, headers=headers)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/json; charset=utf-8"


async def test_streams_a_subscription_if_any_accepted_type_can(events, served):
    several = {**HEADERS, "Accept": "application/graphql-response+json, application/json, text/event-stream;q=0.1"}
    told = [event async for event in events("subscription { counts(to: 1) }", several) if event[0]]
    assert told == [("next", {"data": {"counts": 0}}), ("complete", None)]
    none = {**HEADERS, "Accept": "*/*, text/event-stream;q=0"}
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        url, query = f"http://{served}/graphql", {"query": "subscription { counts(to: 1) }"}
        refused = await client.post(url, json=query, headers=none)
        answered = await client.post(url, json={"query": "{ book { id } }"}, headers=several)
    assert refused.status_code == 400
    assert "text/event-stream" in refused.json()["errors"][0]["message"]
    assert answered.headers["content-type"] == "application/graphql-response+json; charset=utf-8"


async def test_leaves_no_task_behind(events):
    before = len(asyncio.all_tasks())
    async for name, _ in events(FOREVER):
        if name:
            break
    async with asyncio.timeout(60):
        while len(asyncio.all_tasks()) > before:
            await asyncio.sleep(0.02)
