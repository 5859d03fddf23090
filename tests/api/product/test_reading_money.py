"""Transfers, holds, entries and balances as they are read: in full, by page, by one holder, and with few scopes."""

from dataclasses import replace
from uuid import UUID

import pytest
from starlette.applications import Starlette

from app.access.queries import is_still_valid
from app.api.graphql.http import graphql_routes
from app.api.graphql.schema import schema
from app.db.connection import fetchval
from app.kernel.clock import rfc3339
from tests.api.product.conftest import Client
from tests.api.product.money import pounds, small_scene
from tests.bookkeeping import fund

PARTY = """{ __typename ... on Ledger { id } ... on SystemAccount { id name } ... on UndisclosedParty { id } }"""
ENTRY = f"id direction amount {{ value }} balanceAfter {{ value }} sequence postedAt of {PARTY} transfer {{ id }}"


@pytest.fixture
async def scene(customer, other_customer, work):
    """Ada's two ledgers and Bob's, with money in them; nobody's are in the scene already."""
    made = await small_scene(customer, other_customer, work)
    for name in ("ada", "bob"):
        made.ids[f"{name}_holder"] = await customer.create_holder()
    await work()
    for name, owner in (("ada", "ada"), ("ada_too", "ada"), ("bob", "bob")):
        made.ids[name] = await customer.issue_ledger(holderId=made.ids[f"{owner}_holder"])
    await work()
    await fund(made.customer_id, UUID(made.ada), 5_000)
    return made


@pytest.fixture
async def as_actor(scene, settings):
    """A function that makes a client of an actor that differs so from the customer's own."""

    async def make(**differing):
        actor = replace(await scene.client.actor(), **differing)

        async def authenticate(_authorization):
            return actor

        return Client(Starlette(routes=graphql_routes(schema, settings, authenticate, is_still_valid)), "any")

    return make


@pytest.fixture
async def ada(scene, as_actor):
    """A client whose every request is Ada's."""
    return await as_actor(holder_id=UUID(scene.ada_holder), api_key_id=None, name="access_token")


async def test_tells_a_transfer_in_full(scene):
    made = await scene.done("postTransfer", debitId=scene.ada, creditId=scene.bob, amount=pounds("12.5"))
    told = await scene.client.data(
        f"""query ($id: ID!) {{ transfer(id: $id) {{
            id kind status amount {{ value minorUnits asset scale }} reference metadata postedAt
            debit {PARTY} credit {PARTY} entries {{ {ENTRY} }}
            reverses {{ id }} reversedBy {{ id }} hold {{ id }} payment {{ id }} }} }}""",
        id=made["id"],
    )
    ada, bob = ({"__typename": "Ledger", "id": scene.ids[name]} for name in ("ada", "bob"))
    common = {"amount": {"value": "12.50"}, "postedAt": made["postedAt"], "transfer": {"id": made["id"]}}
    number = UUID(made["id"]).int
    assert told["transfer"] == {
        "id": made["id"],
        "kind": "INTER_LEDGER",
        "status": "POSTED",
        "amount": {"value": "12.50", "minorUnits": "1250", "asset": "GBP", "scale": 2},
        "reference": "invoice 2026-117",
        "metadata": {"invoice": "2026-117"},
        "postedAt": made["postedAt"],
        "debit": ada,
        "credit": bob,
        "entries": [
            {
                "id": str(UUID(int=number | 1)),
                "direction": "DEBIT",
                "balanceAfter": {"value": "37.50"},
                "sequence": "2",
                "of": ada,
                **common,
            },
            {
                "id": str(UUID(int=number | 2)),
                "direction": "CREDIT",
                "balanceAfter": {"value": "12.50"},
                "sequence": "1",
                "of": bob,
                **common,
            },
        ],
        "reverses": None,
        "reversedBy": None,
        "hold": None,
        "payment": None,
    }


async def test_links_a_transfer_with_its_reversal_both_ways(scene):
    original = (await scene.done("postTransfer"))["id"]
    reversal = (await scene.done("reverseTransfer", transferId=original, reason="Paid twice."))["id"]
    told = await scene.client.data(
        """query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Transfer {
            kind status reference reverses { id status } reversedBy { id kind } } } }""",
        ids=[original, reversal],
    )
    assert told["nodes"] == [
        {
            "kind": "INTER_LEDGER",
            "status": "REVERSED",
            "reference": "invoice 2026-117",
            "reverses": None,
            "reversedBy": {"id": reversal, "kind": "REVERSAL"},
        },
        {
            "kind": "REVERSAL",
            "status": "POSTED",
            "reference": "Paid twice.",
            "reverses": {"id": original, "status": "REVERSED"},
            "reversedBy": None,
        },
    ]


async def test_tells_a_hold_in_full(scene):
    made = await scene.done("placeHold", amount=pounds("40"))
    await scene.done("captureHold", holdId=made["id"], amount=pounds("15"))
    told = await scene.client.data(
        f"""query ($id: ID!) {{ hold(id: $id) {{
            id status amount {{ value minorUnits asset scale }} debit {PARTY} credit {PARTY}
            expiresAt reference metadata createdAt updatedAt
            transfer {{ amount {{ value }} hold {{ id }} postedAt }} }} }}""",
        id=made["id"],
    )
    captured_at = told["hold"]["transfer"]["postedAt"]
    assert told["hold"] == {
        "id": made["id"],
        "status": "CAPTURED",
        "amount": {"value": "40.00", "minorUnits": "4000", "asset": "GBP", "scale": 2},
        "debit": {"__typename": "Ledger", "id": scene.payer},
        "credit": {"__typename": "Ledger", "id": scene.payee},
        "expiresAt": "2999-01-01T00:00:00.000000Z",
        "reference": "invoice 2026-117",
        "metadata": {"invoice": "2026-117"},
        "createdAt": made["createdAt"],
        "updatedAt": captured_at,
        "transfer": {"amount": {"value": "15.00"}, "hold": {"id": made["id"]}, "postedAt": captured_at},
    }


async def test_names_a_system_account_and_shows_nothing_else_of_it(scene):
    answer = await scene.client.data(
        f"""query ($id: ID!) {{ ledger(by: {{ id: $id }}) {{ entries {{ nodes {{
            transfer {{ kind debit {PARTY} entries {{ direction }} }} }} }} }} }}""",
        id=scene.gold,
    )
    ((transfer,),) = [[node["transfer"] for node in answer["ledger"]["entries"]["nodes"]]]
    vault_id = transfer["debit"]["id"]
    assert transfer == {
        "kind": "VIRTUAL_CREDIT",
        "debit": {"__typename": "SystemAccount", "id": vault_id, "name": "Vault of GOLD"},
        "entries": [{"direction": "CREDIT"}],
    }
    read = await scene.client.data(
        """query ($id: ID!) {
            node(id: $id) { __typename id ... on SystemAccount { name } }
            ledger(by: { id: $id }) { id }
            entries(filter: { ledgerId: $id }) { nodes { id } }
            transfers(filter: { ledgerId: $id }) { nodes { id } }
            holds(filter: { ledgerId: $id }) { nodes { id } }
        }""",
        id=vault_id,
    )
    assert read == {
        "node": {"__typename": "SystemAccount", "id": vault_id, "name": "Vault of GOLD"},
        "ledger": None,
        "entries": {"nodes": []},
        "transfers": {"nodes": []},
        "holds": {"nodes": []},
    }
    assert (await scene.others.data("query ($id: ID!) { node(id: $id) { id } }", id=vault_id))["node"] is None


async def test_shows_an_entry_by_its_derived_id(scene):
    made = await scene.done("postTransfer")
    debit, credit, neither = (str(UUID(int=UUID(made["id"]).int | bits)) for bits in (1, 2, 3))
    told = await scene.client.data(
        """query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on Entry {
            direction balanceAfter { value } transfer { id } } } }""",
        ids=[credit, debit, neither],
    )
    assert told["nodes"] == [
        {
            "__typename": "Entry",
            "id": credit,
            "direction": "CREDIT",
            "balanceAfter": {"value": "1.00"},
            "transfer": {"id": made["id"]},
        },
        {
            "__typename": "Entry",
            "id": debit,
            "direction": "DEBIT",
            "balanceAfter": {"value": "99.00"},
            "transfer": {"id": made["id"]},
        },
        None,
    ]


PAGE = "pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor node { id } } nodes { id }"


@pytest.mark.parametrize("field", ["transfers", "holds", "entries", "ledger"])
async def test_pages_forward_and_says_where_it_stands(scene, field):
    for name in ("postTransfer", "placeHold"):
        for _ in range(5):
            await scene.done(name)
    text = f"(first: 2, after: $after) {{ {PAGE} }}"
    within = f"ledger(by: {{ id: $id }}) {{ answer: entries{text} }}" if field == "ledger" else f"answer: {field}{text}"
    document = f"query ($id: ID!, $after: String) {{ {within} ledgers(filter: {{ ids: [$id] }}) {{ nodes {{ id }} }} }}"
    found, after, starts = [], None, []
    while True:
        body = await scene.client.data(document, id=scene.payer, after=after)
        page = body["ledger"]["answer"] if field == "ledger" else body["answer"]
        info = page["pageInfo"]
        assert page["nodes"] == [edge["node"] for edge in page["edges"]]
        assert info["hasPreviousPage"] is (after is not None)
        assert (info["startCursor"], info["endCursor"]) == (page["edges"][0]["cursor"], page["edges"][-1]["cursor"])
        found += [node["id"] for node in page["nodes"]]
        starts.append(info["startCursor"])
        after = info["endCursor"]
        if not info["hasNextPage"]:
            break
    # Two funded ledgers and the gold came before.
    expected = {"transfers": 8, "holds": 5, "entries": 13, "ledger": 6}[field]
    assert len(found) == len(set(found)) == expected
    assert len(starts) == len(set(starts))


async def test_pages_a_ledgers_entries_both_ways(scene):
    for _ in range(4):
        await scene.done("postTransfer")
    document = """query ($id: ID!, $first: Int, $after: String, $last: Int, $before: String, $filter: EntryFilter) {
        ledger(id: $id) { entries(first: $first, after: $after, last: $last, before: $before, filter: $filter) {
            nodes { sequence } pageInfo { startCursor hasNextPage hasPreviousPage } } } }"""

    async def page(**asked):
        found = (await scene.client.data(document, id=scene.payer, **asked))["ledger"]["entries"]
        told = found["pageInfo"]
        numbers = [int(one["sequence"]) for one in found["nodes"]]
        return numbers, (told["hasPreviousPage"], told["hasNextPage"]), told["startCursor"]

    newest, where, _ = await page(first=2)
    assert (newest, where) == ([5, 4], (False, True))
    oldest, where, start = await page(last=2)
    assert (oldest, where) == ([2, 1], (True, False))
    assert (await page(last=2, before=start))[:2] == ([4, 3], (True, True))
    assert (await page(last=9, filter={"direction": "CREDIT"}))[0] == [1]
    for wrong, name in (
        ({"first": 1, "last": 1}, "last"),
        ({"before": start}, "before"),
        ({"last": 1, "after": start}, "after"),
        ({"last": 1, "before": "abc"}, "before"),
        ({"last": 1, "filter": {"transferId": scene.payer}}, "last"),
    ):
        [refused] = (await scene.client.ask(document, id=scene.payer, **wrong))["errors"]
        assert (refused["extensions"]["code"], refused["extensions"]["path"][-1]) == ("VALIDATION", name)


async def test_narrows_one_ledgers_entries(scene):
    await scene.done("postTransfer")
    answer = await scene.client.data(
        """query ($id: ID!) { ledger(by: { id: $id }) {
            all: entries { nodes { direction amount { value } sequence } }
            debits: entries(filter: { direction: DEBIT }) { nodes { sequence } } } }""",
        id=scene.payer,
    )
    assert answer["ledger"] == {
        "all": {
            "nodes": [
                {"direction": "DEBIT", "amount": {"value": "1.00"}, "sequence": "2"},
                {"direction": "CREDIT", "amount": {"value": "100.00"}, "sequence": "1"},
            ]
        },
        "debits": {"nodes": [{"sequence": "2"}]},
    }


# ── balances ──

BALANCE_AT = "query ($id: ID!, $at: DateTime!) { ledger(by: { id: $id }) { balanceAt(at: $at) { value asset } } }"


async def test_tells_a_balance_at_an_instant(scene):
    made = await scene.done("postTransfer", amount=pounds("30"))
    for at, value in (
        ("1970-01-01T00:00:00Z", "0.00"),
        (made["postedAt"], "70.00"),
        (rfc3339(await fetchval("SELECT clock_timestamp()")), "70.00"),
    ):
        told = await scene.client.data(BALANCE_AT, id=scene.payer, at=at)
        assert told["ledger"]["balanceAt"] == {"value": value, "asset": "GBP"}, at


@pytest.mark.parametrize("at", ["2999-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "yesterday", ""])
async def test_refuses_an_instant_that_is_to_come_or_none(scene, at):
    body = await scene.client.ask(BALANCE_AT, id=scene.payer, at=at)
    (error,) = body["errors"]
    assert body["data"] == {"ledger": None}
    assert (error["extensions"]["code"], error["extensions"]["path"]) == ("VALIDATION", ["at"])


async def test_reads_the_balances_of_a_list_at_once(scene, monkeypatch):
    await scene.done("postTransfer", amount=pounds("30"))
    statements = []

    async def note(sql, *arguments):
        statements.append(sql)
        return await app_fetch(sql, *arguments)

    from app.journal import balances_at  # noqa: PLC0415 - patched here alone

    app_fetch = balances_at.fetch
    monkeypatch.setattr(balances_at, "fetch", note)
    now = rfc3339(await fetchval("SELECT clock_timestamp()"))
    told = await scene.client.data(
        """query ($ids: [ID!]!, $at: DateTime!) { ledgers(filter: { ids: $ids }) { nodes {
            id balanceAt(at: $at) { value } before: balanceAt(at: "2020-01-01T00:00:00Z") { value } } } }""",
        ids=[scene.payer, scene.payee, scene.ada],
        at=now,
    )
    assert {node["id"]: node["balanceAt"]["value"] for node in told["ledgers"]["nodes"]} == {
        scene.payer: "70.00",
        scene.payee: "30.00",
        scene.ada: "50.00",
    }
    assert {node["before"]["value"] for node in told["ledgers"]["nodes"]} == {"0.00"}
    # All at once; and once more, after what could still be on its way to so young an instant was waited for.
    assert len(statements) == 2


async def test_tells_the_trial_balance(scene):
    await scene.done("postTransfer", amount=pounds("30"))
    told = await scene.client.data("{ trialBalance { lines { asset scale debits credits } balanced at } }")
    assert told["trialBalance"].pop("at") <= rfc3339(await fetchval("SELECT clock_timestamp()"))
    assert told["trialBalance"] == {
        "lines": [
            {"asset": "GBP", "scale": 2, "debits": "180.00", "credits": "180.00"},
            {"asset": "GOLD", "scale": 4, "debits": "10.0000", "credits": "10.0000"},
        ],
        "balanced": True,
    }


# ── one holder ──


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


# ── scopes ──


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
