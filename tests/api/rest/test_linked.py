"""What REST tells of money that moved otherwise: reversals and holds, made over GraphQL."""

from tests.api.rest.conftest import RestClient

TRANSACTIONS, LEDGERS = "/v1/customer/transactions", "/v1/customer/ledgers"
REVERSE = """mutation ($input: ReverseTransferInput!) { reverseTransfer(input: $input) {
    ... on TransferSuccess { transfer { id } } ... on Error { message } } }"""
PLACE = """mutation ($input: PlaceHoldInput!) { placeHold(input: $input) {
    ... on HoldSuccess { hold { id } } ... on Error { message } } }"""
CAPTURE = """mutation ($input: CaptureHoldInput!) { captureHold(input: $input) {
    ... on HoldSuccess { hold { transfer { id } } } ... on Error { message } } }"""


def gold(value):
    return {"value": value, "asset": "GOLD"}


async def test_names_a_reversal_and_what_it_reverses(customer):
    rest = RestClient(customer.application, customer.api_key, customer.customer_id)
    payer, payee = await rest.gold(10), await rest.gold()
    sent = {"ledger_from_id": payer, "ledger_to_id": payee, "amount": 5}
    original = (await rest.done("POST", f"{TRANSACTIONS}/inter-ledger", sent, key="a"))["transaction_id"]

    async def told(transaction_id):
        return await rest.done("GET", f"{TRANSACTIONS}/{transaction_id}")

    async def reverse(key, **more):
        answer = await customer.data(REVERSE, input={"idempotencyKey": key, "transferId": original, **more})
        return answer["reverseTransfer"]["transfer"]["id"]

    before = await told(original)
    assert not {"reverses_transaction_id", "reversed_by_transaction_ids", "hold_id"} & before.keys()
    first = await reverse("b", amount=gold("2"))
    assert (await told(first))["reverses_transaction_id"] == original
    assert (await told(original))["reversed_by_transaction_ids"] == [first]
    second = await reverse("c")

    whole = await told(original)

    assert whole["reversed_by_transaction_ids"] == [first, second]
    assert (whole["transaction_status"], whole["reversed_amount"]) == ("transaction-status-reversed", "5.0000")
    assert await rest.done("GET", TRANSACTIONS, params={"idempotency_key": "a"}) == whole


async def test_tells_what_is_held_and_what_captured_it(customer):
    rest = RestClient(customer.application, customer.api_key, customer.customer_id)
    payer, payee = await rest.gold(10), await rest.gold()
    held = {"idempotencyKey": "a", "debitId": payer, "creditId": payee, "amount": gold("4")}
    hold = (await customer.data(PLACE, input=held))["placeHold"]["hold"]["id"]
    told = await rest.ledger(payer)
    assert told["balance"] == {"posted": "10.0000", "held": "4.0000", "available": "6.0000", "sequence": "1"}
    assert (told["amount"], told["decimal_places"], told["is_virtual"], told["is_settled"]) == (
        "10.0000",
        4,
        True,
        True,
    )

    captured = (await customer.data(CAPTURE, input={"idempotencyKey": "b", "holdId": hold}))["captureHold"]["hold"]

    transaction = await rest.done("GET", f"{TRANSACTIONS}/{captured['transfer']['id']}")
    assert transaction["hold_id"] == hold
    [last, first] = await rest.done("GET", f"{LEDGERS}/{payer}/entries")
    assert (last["balance_after"], last["sequence"]) == ("6.0000", "2")
    assert (first["balance_after"], first["sequence"]) == ("10.0000", "1")
