"""Several mutations of money in one request: each sees what those before it did."""

import pytest

from tests.api.product.money import key, pounds, small_scene

BALANCES = "debit { ... on Ledger { balance { posted { value } held { value } } } }"


@pytest.fixture
async def scene(customer, other_customer, work):
    return await small_scene(customer, other_customer, work)


@pytest.mark.parametrize("uses", [1, 3])
async def test_shows_each_mutation_what_the_ones_before_it_did(scene, uses):
    """A document that was sent before is run otherwise than a new one."""
    for use in range(uses):
        await _move_three_times(scene, paid=use * 2, held=use * 30)


async def _move_three_times(scene, *, paid, held):
    told = await scene.client.data(
        f"""mutation ($first: PostTransferInput!, $hold: PlaceHoldInput!, $second: PostTransferInput!) {{
            first: postTransfer(input: $first) {{ ... on TransferSuccess {{ transfer {{ {BALANCES} }} }} }}
            hold: placeHold(input: $hold) {{ ... on HoldSuccess {{ hold {{ {BALANCES} }} }} }}
            second: postTransfer(input: $second) {{ ... on TransferSuccess {{ transfer {{ {BALANCES} }}
                query {{ ledger(by: {{ id: "{scene.payer}" }}) {{ balance {{ posted {{ value }} }} }} }} }} }}
        }}""",
        first=scene.baseline("postTransfer"),
        hold={**scene.baseline("placeHold"), "amount": pounds("30.00")},
        second=scene.baseline("postTransfer"),
    )

    def balance(found):
        return found["debit"]["balance"]["posted"]["value"], found["debit"]["balance"]["held"]["value"]

    assert balance(told["first"]["transfer"]) == (f"{99 - paid}.00", f"{held}.00")
    assert balance(told["hold"]["hold"]) == (f"{99 - paid}.00", f"{held + 30}.00")
    assert balance(told["second"]["transfer"]) == (f"{98 - paid}.00", f"{held + 30}.00")
    assert told["second"]["query"]["ledger"]["balance"]["posted"]["value"] == f"{98 - paid}.00"


async def test_shows_a_transfer_as_reversed_after_its_reversal_in_the_same_request(scene):
    posting = scene.baseline("postTransfer")
    transfer = await scene.done("postTransfer", **posting)
    told = await scene.client.data(
        """mutation ($again: PostTransferInput!, $reversal: ReverseTransferInput!) {
            before: postTransfer(input: $again) { ... on TransferSuccess { transfer { status reversedBy { id } } } }
            reversal: reverseTransfer(input: $reversal) { ... on TransferSuccess { transfer {
                id reverses { status reversedBy { id } } } } }
            after: postTransfer(input: $again) { ... on TransferSuccess { transfer { status reversedBy { id } } } }
        }""",
        again=posting,
        reversal={"idempotencyKey": key(), "transferId": transfer["id"]},
    )
    reversal_id = told["reversal"]["transfer"]["id"]
    assert told["before"]["transfer"] == {"status": "POSTED", "reversedBy": None}
    assert told["reversal"]["transfer"]["reverses"] == {"status": "REVERSED", "reversedBy": {"id": reversal_id}}
    assert told["after"]["transfer"] == {"status": "REVERSED", "reversedBy": {"id": reversal_id}}


async def test_goes_on_after_a_refusal(scene):
    told = await scene.client.data(
        """mutation ($good: PostTransferInput!, $bad: PostTransferInput!, $last: PostTransferInput!) {
            a: postTransfer(input: $good) { __typename }
            b: postTransfer(input: $bad) { __typename }
            c: postTransfer(input: $last) { __typename }
        }""",
        good=scene.baseline("postTransfer"),
        bad={**scene.baseline("postTransfer"), "amount": pounds("1000.00")},
        last=scene.baseline("postTransfer"),
    )
    assert [told[name]["__typename"] for name in "abc"] == [
        "TransferSuccess",
        "InsufficientFundsError",
        "TransferSuccess",
    ]
    assert await scene.balance(scene.payer) == ("98.00", "0.00", "98.00")
