"""Transfers, holds, entries and balances as they are read: in full, by page, by one holder, and with few scopes."""

from uuid import UUID

import pytest

from tests.api.product.money import pounds

PARTY = """{ __typename ... on Ledger { id } ... on SystemAccount { id name } ... on UndisclosedParty { id } }"""
ENTRY = f"id direction amount {{ value }} balanceAfter {{ value }} sequence postedAt of {PARTY} transfer {{ id }}"


@pytest.fixture
def scene(ada_and_bob):
    return ada_and_bob


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
