"""Transfers, holds, entries and balances as one holder reads them, and a key with few scopes."""

from uuid import UUID

import pytest

from app.db.connection import fetchval

PARTY = """{ __typename ... on Ledger { id } ... on SystemAccount { id name } ... on UndisclosedParty { id } }"""
ENTRY = f"id direction amount {{ value }} balanceAfter {{ value }} sequence postedAt of {PARTY} transfer {{ id }}"


@pytest.fixture
def scene(ada_and_bob):
    return ada_and_bob


async def test_shows_one_holder_its_own_sides_only(scene, ada):
    mine = (await scene.done("postTransfer", debitId=scene.ada, creditId=scene.bob))["id"]
    own = (await scene.done("postTransfer", debitId=scene.ada, creditId=scene.ada_too))["id"]
    theirs = (await scene.done("postTransfer", debitId=scene.payer, creditId=scene.bob))["id"]
    held = (await scene.done("placeHold", debitId=scene.ada, creditId=scene.payee))["id"]
    not_held = (await scene.done("placeHold", debitId=scene.payer, creditId=scene.bob))["id"]
    told = await ada.data(
        f"""query ($mine: ID!, $theirs: ID!, $held: ID!, $notHeld: ID!, $ids: [ID!]!, $bob: ID!, $holder: ID!) {{
            mine: transfer(id: $mine) {{ debit {PARTY} credit {PARTY} entries {{ id }} }}
            theirs: transfer(id: $theirs) {{ id }}
            transfers {{ nodes {{ id debit {{ __typename }} credit {{ __typename }} }} }}
            entries {{ nodes {{ transfer {{ id }} direction }} }}
            hold(id: $held) {{ debit {PARTY} credit {PARTY} }}
            notHeld: hold(id: $notHeld) {{ id }}
            holds {{ nodes {{ id }} }}
            nodes(ids: $ids) {{ id }}
            ofBob: transfers(filter: {{ ledgerId: $bob }}) {{ nodes {{ id }} }}
            entriesOfBob: entries(filter: {{ ledgerId: $bob }}) {{ nodes {{ id }} }}
            entriesOfHolder: entries(filter: {{ holderId: $holder }}) {{ nodes {{ id }} }}
        }}""",
        mine=mine,
        theirs=theirs,
        held=held,
        notHeld=not_held,
        ids=[mine, theirs, *(str(UUID(int=UUID(mine).int | bits)) for bits in (1, 2))],
        bob=scene.bob,
        holder=scene.bob_holder,
    )
    debit_of_mine = str(UUID(int=UUID(mine).int | 1))
    assert told["mine"] == {
        "debit": {"__typename": "Ledger", "id": scene.ada},
        "credit": {"__typename": "UndisclosedParty", "id": scene.bob},
        "entries": [{"id": debit_of_mine}],
    }
    funded = told["transfers"]["nodes"][-1]["id"]
    assert told["transfers"]["nodes"] == [
        {"id": own, "debit": {"__typename": "Ledger"}, "credit": {"__typename": "Ledger"}},
        {"id": mine, "debit": {"__typename": "Ledger"}, "credit": {"__typename": "UndisclosedParty"}},
        {"id": funded, "debit": {"__typename": "SystemAccount"}, "credit": {"__typename": "Ledger"}},
    ]
    assert [(node["transfer"]["id"], node["direction"]) for node in told["entries"]["nodes"]] == [
        (own, "CREDIT"),
        (own, "DEBIT"),
        (mine, "DEBIT"),
        (funded, "CREDIT"),
    ]
    assert told["hold"] == {
        "debit": {"__typename": "Ledger", "id": scene.ada},
        "credit": {"__typename": "UndisclosedParty", "id": scene.payee},
    }
    assert told["holds"] == {"nodes": [{"id": held}]}
    assert told["nodes"] == [{"id": mine}, None, {"id": debit_of_mine}, None]
    for nothing in ("theirs", "notHeld"):
        assert told[nothing] is None
    for empty in ("ofBob", "entriesOfBob", "entriesOfHolder"):
        assert told[empty] == {"nodes": []}


async def test_shows_one_holder_no_trial_balance_and_no_system_account(ada, scene):
    body = await ada.ask("{ trialBalance { balanced } }")
    (error,) = body["errors"]
    assert (error["extensions"]["code"], error["extensions"]["requiredScope"]) == ("FORBIDDEN", None)
    systems = await fetchval("SELECT array_agg(id) FROM system_accounts WHERE customer_id = $1", scene.customer_id)
    told = await ada.data("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=[str(one) for one in systems])
    assert told["nodes"] == [None] * len(systems)


async def test_shows_no_ledger_to_who_may_not_read_ledgers(scene, as_actor):
    made = await scene.done("postTransfer")
    narrow = await as_actor(scopes=frozenset({"transfers:read"}))
    told = await narrow.data(
        f"query ($id: ID!) {{ transfer(id: $id) {{ debit {PARTY} credit {PARTY} entries {{ of {PARTY} }} }} }}",
        id=made["id"],
    )
    payer, payee = ({"__typename": "UndisclosedParty", "id": scene.ids[name]} for name in ("payer", "payee"))
    assert told["transfer"] == {"debit": payer, "credit": payee, "entries": [{"of": payer}, {"of": payee}]}


async def test_answers_who_may_only_write_with_the_transfer_and_nothing_behind_it(scene, as_actor):
    narrow = await as_actor(scopes=frozenset({"transfers:write"}))
    baseline = scene.baseline("creditVirtualLedger")
    body = await narrow.ask(
        f"""mutation ($input: VirtualMovementInput!) {{ creditVirtualLedger(input: $input) {{ ... on TransferSuccess {{
            transfer {{ kind amount {{ value }} debit {PARTY} credit {{ __typename }} entries {{ id }}
                reverses {{ id }} hold {{ id }} payment {{ id }} }} }} }} }}""",
        input=baseline,
    )
    told = body["data"]["creditVirtualLedger"]["transfer"]
    vault = await fetchval(
        "SELECT id FROM system_accounts WHERE customer_id = $1 AND system_key = 'vault:GOLD'", scene.customer_id
    )
    assert "errors" not in body
    assert told == {
        "kind": "VIRTUAL_CREDIT",
        "amount": {"value": "1.0000"},
        "debit": {"__typename": "UndisclosedParty", "id": str(vault)},
        "credit": {"__typename": "UndisclosedParty"},
        "entries": [],
        "reverses": None,
        "hold": None,
        "payment": None,
    }


async def test_leaves_out_what_is_beyond_the_scopes_and_answers_the_rest(scene, as_actor):
    payment = (await scene.done("simulateIncomingPayment"))["id"]
    transfer_id = str(await fetchval("SELECT id FROM transfers WHERE payment_id = $1", UUID(payment)))
    whole = await scene.client.data(
        "query ($id: ID!) { transfer(id: $id) { kind payment { id } } }",
        id=transfer_id,
    )
    assert whole["transfer"] == {"kind": "PAYMENT_IN", "payment": {"id": payment}}
    narrow = await as_actor(scopes=frozenset({"transfers:read"}))
    body = await narrow.ask("query ($id: ID!) { transfer(id: $id) { kind payment { id } } }", id=transfer_id)
    assert body["data"]["transfer"] == {"kind": "PAYMENT_IN", "payment": None}
    (error,) = body["errors"]
    assert error["path"] == ["transfer", "payment"]
    assert (error["extensions"]["code"], error["extensions"]["requiredScope"]) == ("FORBIDDEN", "payments:read")
