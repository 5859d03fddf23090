"""Every refusal of value dates and of closing the books: its type, its code, its path, and that nothing changed."""

import pytest
from graphql import get_named_type

from app.access.note_last_use import finish_noting_last_use
from tests.api.product.conftest import Client
from tests.api.product.money import GRAPH, MUTATIONS
from tests.bookkeeping import nothing_changes

CLOSED, LATER = "2001-12-31T12:00:00.000000Z", "2001-12-31T12:00:00.000001Z"
CLOSE = """mutation ($input: CloseBooksInput!) { closeBooks(input: $input) { __typename
    ... on Error { code message path } ... on ConflictError { status } ... on ForbiddenError { requiredScope }
    ... on BooksSuccess { closedThrough replayed } } }"""
INVALID, CONFLICT = ("ValidationError", "VALIDATION"), ("ConflictError", "INVALID_STATE")
KEYED = ("IdempotencyError", "IDEMPOTENCY_MISMATCH")
BAD_INSTANTS = {
    "in the future": "2999-01-01T00:00:00Z",
    "a date": "2025-10-31",
    "without a zone": "2025-10-31T12:00:00",
    "finer than microseconds": "2025-10-31T12:00:00.0000001Z",
    "that does not exist": "2025-02-30T12:00:00Z",
    "before 1970": "1969-12-31T23:59:59Z",
    "blank": "",
}
DATED = sorted(
    name
    for name in MUTATIONS
    if "effectiveAt" in get_named_type(GRAPH.mutation_type.fields[name].args["input"].type).fields
)
OF_CLOSING = {
    **{f"through {how}": ({"through": value}, INVALID, "through") for how, value in BAD_INSTANTS.items()},
    "less than is closed": ({"through": "2001-12-31T11:59:59.999999Z"}, CONFLICT, "through"),
    "a blank reason": ({"reason": " "}, INVALID, "reason"),
    "a long reason": ({"reason": "r" * 256}, INVALID, "reason"),
    "a blank key": ({"idempotencyKey": " "}, INVALID, "idempotencyKey"),
    "a long key": ({"idempotencyKey": "k" * 256}, INVALID, "idempotencyKey"),
    "a key with another instant": ({"idempotencyKey": "taken", "through": LATER}, KEYED, "idempotencyKey"),
    "a key with another reason": ({"idempotencyKey": "taken", "reason": "Another."}, KEYED, "idempotencyKey"),
}


@pytest.fixture(scope="module")
async def scene(shared_scene):
    """Whose books are closed."""
    closed = await close(shared_scene, idempotencyKey="taken")
    assert closed == {"__typename": "BooksSuccess", "closedThrough": CLOSED, "replayed": False}
    return shared_scene


async def close(scene, client=None, **given):
    answer = (await (client or scene.client).data(CLOSE, input={"through": CLOSED, **given}))["closeBooks"]
    await finish_noting_last_use()
    return answer


def test_knows_what_takes_a_value_date():
    assert DATED == ["captureHold", "creditVirtualLedger", "debitVirtualLedger", "postTransfer"]


@pytest.mark.parametrize("how", BAD_INSTANTS)
@pytest.mark.parametrize("name", DATED)
async def test_refuses_a_value_date(scene, name, how):
    async with nothing_changes():
        refusal = await scene.call(name, effectiveAt=BAD_INSTANTS[how])
    assert (refusal["__typename"], refusal["code"], refusal["path"]) == (*INVALID, ["input", "effectiveAt"])


@pytest.mark.parametrize("value", [CLOSED, "1970-01-01T00:00:00Z"])
@pytest.mark.parametrize("name", DATED)
async def test_refuses_a_value_date_in_closed_books(scene, name, value):
    async with nothing_changes():
        refusal = await scene.call(name, effectiveAt=value)
    assert (refusal["__typename"], refusal["code"], refusal["path"]) == (*CONFLICT, ["input", "effectiveAt"])
    assert refusal["status"] == "BOOKS_CLOSED"
    assert f"closed through {CLOSED}" in refusal["message"]


@pytest.mark.parametrize("case", OF_CLOSING)
async def test_refuses_to_close_the_books(scene, case):
    given, (type_name, code), argument = OF_CLOSING[case]
    async with nothing_changes():
        refusal = await close(scene, **given)
    assert (refusal["__typename"], refusal["code"], refusal["path"]) == (type_name, code, ["input", argument])
    assert len(refusal["message"]) > 10


async def test_asks_for_the_scope(scene):
    made = await scene.client.data(
        """mutation { createApiKey(input: { name: "writes", scopes: ["transfers:write", "transfers:read"] }) {
            ... on ApiKeySuccess { key } } }"""
    )
    narrow = Client(scene.client.application, made["createApiKey"]["key"])
    await close(scene, narrow)  # The key's first use is noted, and that is a change.
    async with nothing_changes():
        refusal = await close(scene, narrow)
    assert (refusal["__typename"], refusal["requiredScope"]) == ("ForbiddenError", "books:write")
