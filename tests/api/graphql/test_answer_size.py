import json

import orjson
import pytest

from app.api.encoding import encode_json
from app.api.graphql import answer_size
from app.api.graphql.answer_size import AnswerTooLarge, can_exceed, encode_within
from app.api.graphql.context import Context
from app.api.graphql.execution.documents import Documents
from app.api.graphql.operations import Operations
from app.api.graphql.requests import GraphQLRequest
from app.api.graphql.schema import schema
from app.api.graphql.webhooks import ATTEMPTS_ASSUMED
from app.settings import load_settings
from tests.api.graphql.execution.compared import ACTOR
from tests.api.graphql.library import SCHEMA
from tests.api.graphql.library_types import NOON

BODIES = [
    {"data": None},
    {"data": {}},
    {"data": {"a": [], "b": {}, "c": [[], [1, [2]], {}]}},
    {"errors": [{"message": "é", "path": ["a", 1]}], "data": {"at": NOON, "large": [2**70, 1], "text": 'a"b'}},
    {"data": {"page": {"nodes": [{"id": str(n), "tags": {"a": n}} for n in range(1_200)], "total": 1_200}}},
    {"data": {"page": {"nodes": [{"id": n, "inner": [{"b": n}] * (n % 3)} for n in range(20)]}}},
    {"data": [{"deep": {"list": [1]}}, {"deep": {"list": []}}, 7, None, {"deep": None}]},
]


@pytest.mark.parametrize("body", BODIES)
def test_writes_what_is_written_at_once(body):
    whole = encode_json(body)
    assert json.loads(encode_json(encode_within(body, len(whole)))) == json.loads(whole)
    members = sum(len(encode_json(member)) for member in body.values())
    encode_within(body, members)
    with pytest.raises(AnswerTooLarge):
        encode_within(body, members - 1)


@pytest.mark.parametrize("nested", [False, True])
def test_gives_up_before_much_more_is_built(monkeypatch, nested):
    text = "a" * 10_000
    item = {f"a{n}": text for n in range(100)}
    items = [{"page": [dict(item)]} if nested else dict(item) for _ in range(300)]
    written = []
    monkeypatch.setattr(
        answer_size, "encode_json", lambda value: written.append(len(orjson.dumps(value))) or orjson.dumps(value)
    )
    with pytest.raises(AnswerTooLarge):
        encode_within({"data": items}, 1_000_000)
    assert sum(written) < 10_000_000  # Of 300 MB.


def test_looks_only_at_what_can_be_that_large():
    assert not can_exceed(2_500, 10_000_000)
    assert can_exceed(2_501, 10_000_000)


def cost_of(made, query):
    return Documents(made._schema, hide_suggestions=False).prepare(query).operation(None)._measure.cost.evaluate({})


@pytest.mark.parametrize(
    ("selected", "cost"),
    [
        ("id", 0),
        ("id title pages", 0),
        ("other: id", 1),
        ("metadata", 10),
        ("a: metadata b: metadata", 22),
        ("... on Book { metadata } ...F", 20),
    ],
)
def test_counts_large_fields_and_aliases(selected, cost):
    fragment = "fragment F on Book { metadata }" if "F" in selected else ""
    assert cost_of(SCHEMA, f"{{ books(first: 7) {{ nodes {{ {selected} }} }} }} {fragment}") == 1 + 7 * (1 + cost)


@pytest.mark.parametrize(("selected", "cost"), [("data", 10), ("type", 0), ("previous", 10)])
def test_counts_what_is_large_in_our_schema(selected, cost):
    assert cost_of(schema, f"{{ events(first: 3) {{ nodes {{ {selected} }} }} }}") == 1 + 3 * (1 + cost)


def test_counts_the_bodies_of_deliveries():
    query = """{ webhookDeliveries(first: 3) { nodes { %s } } }"""
    assert cost_of(schema, query % "requestBody") == 1 + 3 * 11
    assert cost_of(schema, query % "attempts { responseBody }") == 1 + 3 * (1 + ATTEMPTS_ASSUMED * 11)


def answered(query, bytes_max, *, is_fast=True):
    settings = load_settings(answer_bytes_max=bytes_max, fast_execution=is_fast)
    operations = Operations(SCHEMA, settings)

    async def run():
        return await operations.run(operations.prepare(GraphQLRequest(query, None, {})), Context(ACTOR, settings, "r"))

    return run


PAGE = "{ books(first: 5) { nodes { " + " ".join(f"a{n}: metadata" for n in range(120)) + " } } }"


@pytest.mark.parametrize("is_fast", [True, False])
async def test_answers_up_to_the_limit_and_refuses_beyond_it_with_the_limit(is_fast):
    whole = await answered(PAGE, 1_000_000, is_fast=is_fast)()
    size = len(encode_json(whole.body["data"]))
    assert size > 10_000
    just_under = await answered(PAGE, size, is_fast=is_fast)()
    assert json.loads(encode_json(just_under.body)) == json.loads(encode_json(whole.body))
    beyond = await answered(PAGE, size - 1, is_fast=is_fast)()
    assert beyond.executed
    assert beyond.body == {
        "data": None,
        "errors": [
            {
                "message": f"The answer is larger than {size - 1:,} bytes: ask for smaller pages, or for fewer fields.",
                "extensions": {"code": "ANSWER_TOO_LARGE"},
            }
        ],
    }


async def test_says_of_a_mutation_that_it_was_carried_out():
    query = (
        "mutation { lend { ... on LendSuccess { book { "
        + " ".join(f"a_name_as_long_as_any_that_a_client_may_make_{n}: metadata" for n in range(190))
        + " } } } }"
    )
    refused = await answered(query, 10_000)()
    [error] = refused.body["errors"]
    assert refused.body["data"] is None
    assert error["extensions"] == {"code": "ANSWER_TOO_LARGE"}
    assert error["message"].endswith(
        "What the mutation does was done, or refused: ask again with the same idempotency key."
    )


async def test_bounds_each_answer_of_a_subscription():
    query = (
        "subscription { lent { "
        + " ".join(f"a_name_as_long_as_any_that_a_client_may_make_{n}: metadata" for n in range(190))
        + " } }"
    )
    operations = Operations(SCHEMA, settings := load_settings(answer_bytes_max=10_000))
    ready = operations.prepare(GraphQLRequest(query, None, {}))
    answers = [answer async for answer in operations.stream(ready, Context(ACTOR, settings, "r"))]
    assert [answer.body["errors"][0]["extensions"]["code"] for answer in answers] == ["ANSWER_TOO_LARGE"] * 2
