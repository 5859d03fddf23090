"""The examples of accounts on all pages tell one story: run one after the other, each is done or a replay."""

import json
import re
from pathlib import Path

import pytest

from app.db.connection import fetchval
from tests.workers.kafka.one_partition import Door

DOCS = Path(__file__).parents[3] / "docs"
PAGES = ("kafka.md", "accounts.md", "rest.md")
BLOCK = re.compile(r"^```(json|graphql|sh)\n(.*?)^```", re.MULTILINE | re.DOTALL)
POSTED = re.compile(r"/api/v1/(account|wallet)/?\".*?-d '(.*?)'", re.DOTALL)
KEY = re.compile(r"Idempotency-Key: ([^\"]+)\"")


def examples(page):
    """The examples that open accounts and wallets, in their order: the door, and what is sent."""
    for language, text in BLOCK.findall((DOCS / page).read_text(encoding="utf-8")):
        if language == "json" and '"operation"' in text and '"status"' not in text:
            yield "kafka", text
        elif language == "graphql" and "createAccount(" in text:
            yield "graphql", text
        elif language == "sh" and POSTED.search(text) and "WALLET_ID" not in text:
            yield "rest", text


async def done(rest, door, kind, text):
    """Whether this example was a replay."""
    if kind == "kafka":
        key = [("Idempotency-Key", b"open-456")] if "customer456" in text else []
        [answer] = await door.carry_out(text.encode(), first=next(door.numbers), headers=key)
        assert answer["status"] == "success", answer
        return answer["replayed"]
    if kind == "graphql":
        answer = (await rest.call("POST", "/graphql", {"query": text})).json()
        assert "account" in answer["data"]["createAccount"], answer
        return answer["data"]["createAccount"]["replayed"]
    path, body = POSTED.search(text).groups()
    key = KEY.search(text)
    response = await rest.call("POST", f"/api/v1/{path}", json.loads(body), key=key and key[1])
    assert response.status_code == 201, response.text
    return response.headers.get("idempotent-replayed") == "true"


@pytest.mark.parametrize("order", [PAGES, PAGES[::-1]], ids=str)
async def test_the_pages_tell_one_story(rest, order):
    door = Door(rest.customer_id)
    door.numbers = iter(range(100))
    told = [one for page in order for one in examples(page)]
    assert [kind for kind, _ in told].count("kafka") == 3
    assert [kind for kind, _ in told].count("graphql") == 2
    assert [kind for kind, _ in told].count("rest") >= 3
    first = [one for one in told if "wallet" not in re.findall(r"/api/v1/(\w+)", one[1])]
    again = [await done(rest, door, *one) for one in first]
    assert again.count(False) == 3, "two accounts, and one wallet of its own message"
    for one in told:
        await done(rest, door, *one)
    assert {await done(rest, door, *one) for one in told} == {True}
    assert await fetchval("SELECT count(*) FROM accounts") == 2
