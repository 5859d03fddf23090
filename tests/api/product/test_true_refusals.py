"""What a refusal says is true once it is told, and a key means what its content means."""

import hashlib
import json
from decimal import Decimal
from uuid import UUID

import orjson
import pytest

from app.db.connection import fetch, fetchval
from tests.api.product.money import issue_virtual
from tests.bookkeeping import fund, nothing_changes

REFUSAL = "... on Error { code message path } ... on ConflictError { status existingId }"
FUNDS = "... on InsufficientFundsError { lackingId available { value } }"
POST = f"""mutation ($input: PostTransferInput!) {{ answer: postTransfer(input: $input) {{
    __typename {REFUSAL} {FUNDS} ... on TransferSuccess {{ replayed transfer {{ id metadata }} }} }} }}"""
HOLD = f"mutation ($input: PlaceHoldInput!) {{ answer: placeHold(input: $input) {{ __typename {REFUSAL} }} }}"
VIRTUAL = f"""mutation ($input: VirtualMovementInput!) {{ answer: DIRECTIONVirtualLedger(input: $input) {{
    __typename {REFUSAL} }} }}"""
BATCH = f"""mutation ($input: PostTransfersInput!) {{ answer: postTransfers(input: $input) {{ __typename
    ... on TransfersSuccess {{ results {{ __typename {REFUSAL} {FUNDS} }} }}
    ... on BatchRefusedError {{ message index cause {{ __typename {REFUSAL} {FUNDS} }} }} }} }}"""


def transfer(debit_id, credit_id, key="key-1", value="1.00", **more):
    return {
        "debitId": debit_id,
        "creditId": credit_id,
        "idempotencyKey": key,
        "amount": {"value": value, "asset": "GBP"},
        **more,
    }


@pytest.fixture
async def payer(customer, work):
    ledger_id = await customer.issue_ledger()
    await work()
    await fund(UUID(customer.customer_id), UUID(ledger_id), 1_000)
    return ledger_id


@pytest.fixture
async def payee(customer, work):
    ledger_id = await customer.issue_ledger()
    await work()
    return ledger_id


@pytest.fixture
async def unusable(customer, work, payee):
    """A ledger by each status in which it is not open."""
    closed = await customer.issue_ledger()
    await work()
    document = "mutation ($id: ID!) { closeLedger(input: {ledgerId: $id}) { __typename } }"
    assert (await customer.data(document, id=closed))["closeLedger"]["__typename"] == "LedgerSuccess"
    declined = await customer.issue_ledger(jurisdiction="BR")
    await work()
    return {"CLOSED": closed, "DECLINED": declined, "PENDING": await customer.issue_ledger()}


@pytest.mark.parametrize("document", [POST, HOLD], ids=["transfer", "hold"])
async def test_tells_the_status_of_a_ledger_that_is_not_open(customer, payer, unusable, document):
    for status, ledger_id in unusable.items():
        for sides, path in (((payer, ledger_id), "creditId"), ((ledger_id, payer), "debitId")):
            answer = (await customer.data(document, input=transfer(*sides)))["answer"]
            assert answer == {
                "__typename": "ConflictError",
                "code": "INVALID_STATE",
                "message": f"{ledger_id} is {status}: only a ledger that is OK sends and receives.",
                "path": ["input", path],
                "status": status,
                "existingId": None,
            }
    assert await fetchval("SELECT count(*) FROM holds") == 0
    assert await fetchval("SELECT count(*) FROM idempotency_keys WHERE key = 'key-1'") == 0


@pytest.mark.parametrize("atomic", [False, True])
async def test_tells_the_statuses_within_a_batch(customer, payer, payee, unusable, atomic):
    several = [transfer(payer, payee, "key-0")]
    several += [transfer(payer, ledger_id, f"key-{status}") for status, ledger_id in unusable.items()]
    answer = (await customer.data(BATCH, input={"transfers": several, "atomic": atomic}))["answer"]
    if atomic:
        assert (answer["index"], answer["cause"]["status"]) == (1, "CLOSED")
        assert "is CLOSED" in answer["message"]
    else:
        assert [one.get("status") for one in answer["results"]] == [None, "CLOSED", "DECLINED", "PENDING"]


async def test_tells_it_of_a_reversal(customer, payer, payee):
    posted = (await customer.data(POST, input=transfer(payer, payee, value="10.00")))["answer"]["transfer"]["id"]
    await customer.data("mutation ($id: ID!) { closeLedger(input: {ledgerId: $id}) { __typename } }", id=payer)
    reverse = f"""mutation ($id: ID!) {{ reverseTransfer(input: {{transferId: $id, idempotencyKey: "r"}}) {{
        {REFUSAL} }} }}"""
    answer = (await customer.data(reverse, id=posted))["reverseTransfer"]
    assert (answer["code"], answer["status"], answer["path"]) == ("INVALID_STATE", "CLOSED", ["input", "transferId"])


@pytest.mark.parametrize("verb", ["credit", "debit", "hold on", "hold for"])
async def test_tells_it_of_a_closed_virtual_ledger(customer, verb):
    closed, other = await issue_virtual(customer, "GOLD"), await issue_virtual(customer, "GOLD")
    amount = {"value": "1.5", "asset": "GOLD"}
    for key in ("filled", "emptied"):
        direction = {"filled": "credit", "emptied": "debit"}[key]
        moved = {"ledgerId": closed, "amount": amount, "idempotencyKey": key}
        assert (await customer.data(VIRTUAL.replace("DIRECTION", direction), input=moved))["answer"] == {
            "__typename": "TransferSuccess"
        }
    document = "mutation ($id: ID!) { closeLedger(input: {ledgerId: $id}) { __typename } }"
    assert (await customer.data(document, id=closed))["closeLedger"]["__typename"] == "LedgerSuccess"

    if verb in {"credit", "debit"}:
        moved = {"ledgerId": closed, "amount": amount, "idempotencyKey": "key-1"}
        document, sent, path = VIRTUAL.replace("DIRECTION", verb), moved, "ledgerId"
    else:
        sides = (closed, other) if verb == "hold on" else (other, closed)
        document, sent = HOLD, transfer(*sides, amount=amount)
        path = "debitId" if verb == "hold on" else "creditId"
    async with nothing_changes():
        answer = (await customer.data(document, input=sent))["answer"]
    assert answer == {
        "__typename": "ConflictError",
        "code": "INVALID_STATE",
        "message": f"{closed} is CLOSED: only a ledger that is OK sends and receives.",
        "path": ["input", path],
        "status": "CLOSED",
        "existingId": None,
    }


async def test_says_what_is_available_after_an_atomic_batch_was_refused(customer, payer, payee):
    """The first two items would leave 2.00 of the 10.00; nothing of that is done."""
    several = [transfer(payer, payee, f"key-{number}", "4.00") for number in range(3)]
    answer = (await customer.data(BATCH, input={"transfers": several, "atomic": True}))["answer"]
    message = f"{payer} has 10.00 GBP available, of which the items before this one would leave 2.00."
    assert answer == {
        "__typename": "BatchRefusedError",
        "message": f"Nothing was done: item 2 was refused. {message}",
        "index": 2,
        "cause": {
            "__typename": "InsufficientFundsError",
            "code": "INSUFFICIENT_FUNDS",
            "message": message,
            "path": ["input", "transfers", "2", "debitId"],
            "lackingId": payer,
            "available": {"value": "10.00"},
        },
    }
    balance = await customer.data("query ($id: ID) { ledger(id: $id) { balance { available { value } } } }", id=payer)
    assert balance["ledger"]["balance"]["available"]["value"] == "10.00"
    alone = [transfer(payer, payee, "key-9", "11.00")]
    answer = (await customer.data(BATCH, input={"transfers": alone, "atomic": True}))["answer"]
    assert answer["cause"]["message"] == f"{payer} has 10.00 GBP available."


async def test_says_what_is_available_after_the_items_that_were_posted(customer, payer, payee):
    several = [transfer(payer, payee, f"key-{number}", "4.00") for number in range(3)]
    answer = (await customer.data(BATCH, input={"transfers": several}))["answer"]
    assert [one["__typename"] for one in answer["results"]] == ["TransferSuccess"] * 2 + ["InsufficientFundsError"]
    assert answer["results"][2]["available"] == {"value": "2.00"}


async def test_says_that_two_items_share_a_key(customer, payer, payee):
    several = [transfer(payer, payee, "key-1", "4.00"), transfer(payer, payee, "key-1", "5.00")]
    answer = (await customer.data(BATCH, input={"transfers": several, "atomic": True}))["answer"]
    assert answer["cause"]["message"].startswith("Two items of this batch have this idempotency key")
    assert await fetchval("SELECT count(*) FROM idempotency_keys WHERE key = 'key-1'") == 0


SAME_NUMBERS = ['{"n": 1}', '{"n": 1.0}', '{"n": 10e-1}']


@pytest.mark.parametrize("first", SAME_NUMBERS)
async def test_knows_a_number_however_it_is_written(customer, payer, payee, first):
    async def post(metadata):
        sent = orjson.dumps({"query": POST, "variables": {"input": transfer(payer, payee, metadata="METADATA")}})
        response = await customer.post(
            content=sent.replace(b'"METADATA"', metadata.encode()), headers={"Content-Type": "application/json"}
        )
        return response.json()["data"]["answer"]

    made = await post(first)
    assert made["replayed"] is False
    for again in SAME_NUMBERS:
        answer = await post(again)
        assert (answer["replayed"], answer["transfer"]["id"]) == (True, made["transfer"]["id"])
    assert (await post('{"n": 1.5}'))["code"] == "IDEMPOTENCY_MISMATCH"


async def test_keeps_keys_of_when_a_number_was_hashed_as_written(customer, payer, payee):
    made = (await customer.data(POST, input=transfer(payer, payee, metadata={"n": 2.0})))["answer"]["transfer"]["id"]
    content = ("postTransfer", (payer, payee, "1e0 GBP", None, {"n": 2.0}))
    hashed = hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).digest()
    await fetch("UPDATE idempotency_keys SET command_hash = $1 WHERE key = 'key-1'", hashed)
    answer = (await customer.data(POST, input=transfer(payer, payee, metadata={"n": 2.0})))["answer"]
    assert (answer["replayed"], answer["transfer"]["id"]) == (True, made)


EXACT = ["0.1", "1e2", "123456.789", "9223372036854775807", "9007199254740993", "0.30000000000000004", "1.7976e18"]
LOST = [
    *("0.12345678901234567", "9007199254740993.0", "9223372036854775808", "123456789012345678901234567890"),
    *("1e-400", "1.00000000000000000001", "1e400"),
]


@pytest.mark.parametrize("number", EXACT)
async def test_gives_back_the_number_that_was_sent(customer, payer, payee, number):
    for given, document, key in _ways(number, payer, payee):
        response = await customer.post(content=document, headers={"Content-Type": "application/json"})
        answer = response.json(parse_float=str, parse_int=str)["data"]["answer"]
        assert answer["__typename"] == "TransferSuccess", (given, answer)
        told = answer["transfer"]["metadata"]["n"]
        assert Decimal(told) == Decimal(number), (given, told, key)


@pytest.mark.parametrize("number", EXACT)
async def test_tells_the_same_number_in_events(customer, payee, number):
    document = """mutation ($id: ID!, $metadata: JSON!) { updateLedger(input: {ledgerId: $id, metadata: $metadata}) {
        __typename } }"""
    sent = orjson.dumps({"query": document, "variables": {"id": payee, "metadata": {"n": "N"}}})
    await customer.post(content=sent.replace(b'"N"', number.encode()), headers={"Content-Type": "application/json"})
    [row] = await fetch("SELECT body FROM events WHERE type = 'ledger.updated'")
    told = json.loads(row["body"], parse_float=str, parse_int=str)["data"]["metadata"]["n"]
    assert Decimal(told) == Decimal(number)


@pytest.mark.parametrize("number", LOST)
async def test_refuses_a_number_of_which_digits_would_be_lost(customer, payer, payee, number):
    before = await fetchval("SELECT count(*) FROM transfers")
    for given, document, _ in _ways(number, payer, payee):
        response = await customer.post(content=document, headers={"Content-Type": "application/json"})
        body = response.json()
        if "data" in body:
            answer = body["data"]["answer"]
            assert (answer["code"], answer["path"]) == ("VALIDATION", ["input", "metadata"]), (given, answer)
            assert "write it as text" in answer["message"]
        else:
            assert body["errors"][0]["extensions"]["code"] == "BAD_REQUEST", (given, body)  # No JSON number at all.
    assert await fetchval("SELECT count(*) FROM transfers") == before


def _ways(number, payer, payee):
    """The bodies of requests that send it: as a variable, and in the document."""
    sent = orjson.dumps({"query": POST, "variables": {"input": transfer(payer, payee, "v", metadata={"n": "N"})}})
    yield "variable", sent.replace(b'"N"', number.encode()), "v"
    literal = (
        f'{{debitId: "{payer}", creditId: "{payee}", idempotencyKey: "l", '
        f'amount: {{value: "1.00", asset: "GBP"}}, metadata: {{n: {number}}}}}'
    )
    text = POST.replace("($input: PostTransferInput!)", "").replace("$input", literal)
    yield "literal", orjson.dumps({"query": text}), "l"
