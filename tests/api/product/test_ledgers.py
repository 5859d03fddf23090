"""Lists and single ledgers as GraphQL shows them."""

import pytest

PAGE = """
    query ($first: Int, $after: String, $last: Int, $before: String, $orderBy: LedgerOrder, $filter: LedgerFilter) {
        ledgers(first: $first, after: $after, last: $last, before: $before, orderBy: $orderBy, filter: $filter) {
            nodes { id }
            edges { cursor node { id } }
            pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
            totalCount
        }
    }
"""


@pytest.fixture
async def ledger_ids(customer):
    """Five ledgers, newest first."""
    return [await customer.issue_ledger(metadata={"n": number}) for number in range(5)][::-1]


def ids_of(page):
    return [node["id"] for node in page["nodes"]]


async def test_pages_forward(customer, ledger_ids):
    page = (await customer.data(PAGE, first=2))["ledgers"]
    assert ids_of(page) == ledger_ids[:2]
    assert [edge["node"]["id"] for edge in page["edges"]] == ledger_ids[:2]
    assert page["pageInfo"] == {
        "hasNextPage": True,
        "hasPreviousPage": False,
        "startCursor": page["edges"][0]["cursor"],
        "endCursor": page["edges"][1]["cursor"],
    }
    assert page["totalCount"] == 5
    middle = (await customer.data(PAGE, first=2, after=page["pageInfo"]["endCursor"]))["ledgers"]
    assert ids_of(middle) == ledger_ids[2:4]
    assert (middle["pageInfo"]["hasNextPage"], middle["pageInfo"]["hasPreviousPage"]) == (True, True)
    last = (await customer.data(PAGE, first=2, after=middle["pageInfo"]["endCursor"]))["ledgers"]
    assert ids_of(last) == ledger_ids[4:]
    assert (last["pageInfo"]["hasNextPage"], last["totalCount"]) == (False, 5)
    empty = (await customer.data(PAGE, first=2, after=last["pageInfo"]["endCursor"]))["ledgers"]
    assert (ids_of(empty), empty["pageInfo"]["hasNextPage"], empty["pageInfo"]["startCursor"]) == ([], False, None)


async def test_pages_backward(customer, ledger_ids):
    page = (await customer.data(PAGE, last=2))["ledgers"]
    assert ids_of(page) == ledger_ids[3:]
    assert (page["pageInfo"]["hasNextPage"], page["pageInfo"]["hasPreviousPage"]) == (False, True)
    before = (await customer.data(PAGE, last=2, before=page["pageInfo"]["startCursor"]))["ledgers"]
    assert ids_of(before) == ledger_ids[1:3]
    assert (before["pageInfo"]["hasNextPage"], before["pageInfo"]["hasPreviousPage"]) == (True, True)
    first = (await customer.data(PAGE, last=2, before=before["pageInfo"]["startCursor"]))["ledgers"]
    assert ids_of(first) == ledger_ids[:1]
    assert first["pageInfo"]["hasPreviousPage"] is False


async def test_orders_by_the_last_change(customer, ledger_ids):
    await customer.data(
        "mutation ($id: ID!) { updateLedger(input: { ledgerId: $id, metadata: { a: 1 } }) { __typename } }",
        id=ledger_ids[2],
    )
    order = {"field": "UPDATED_AT", "direction": "DESC"}
    page = (await customer.data(PAGE, orderBy=order))["ledgers"]
    assert ids_of(page) == [ledger_ids[2], *ledger_ids[:2], *ledger_ids[3:]]
    order["direction"] = "ASC"
    assert ids_of((await customer.data(PAGE, orderBy=order))["ledgers"]) == ids_of(page)[::-1]


async def test_refuses_a_cursor_in_another_order(customer, ledger_ids):
    page = (await customer.data(PAGE, first=1))["ledgers"]
    body = await customer.ask(PAGE, after=page["pageInfo"]["endCursor"], orderBy={"field": "UPDATED_AT"})
    assert [(e["extensions"]["code"], e["extensions"]["path"]) for e in body["errors"]] == [("VALIDATION", ["after"])]


async def test_takes_its_default_size_where_null_is_given(customer, ledger_ids):
    assert ids_of((await customer.data(PAGE, first=None))["ledgers"]) == ledger_ids


async def test_finds_what_changed_since_an_instant(customer, ledger_ids, work):
    before = (await customer.data("{ ledgers(first: 1) { nodes { updatedAt } } }"))["ledgers"]["nodes"][0]["updatedAt"]
    since = {"changedSince": before}
    assert ids_of((await customer.data(PAGE, filter=since))["ledgers"]) == ledger_ids[:1]
    await work()
    assert ids_of((await customer.data(PAGE, filter=since))["ledgers"]) == ledger_ids


async def test_takes_ibans_and_sort_codes_as_people_write_them(customer, work):
    ledger_id = await customer.issue_ledger(asset="gbp")
    await work()
    shown = "{ iban ukBankAccount { sortCode accountNumber } }"
    ledger = (await customer.data(f"query ($id: ID!) {{ ledger(by: {{ id: $id }}) {shown} }}", id=ledger_id))["ledger"]
    iban, code = ledger["iban"], ledger["ukBankAccount"]["sortCode"]
    spaced = " ".join(iban[at : at + 4] for at in range(0, len(iban), 4)).lower()
    dashed = {
        "sortCode": f"{code[:2]}-{code[2:4]}-{code[4:]}",
        "accountNumber": ledger["ukBankAccount"]["accountNumber"],
    }
    for key in ({"iban": spaced}, {"ukBankAccount": dashed}, {"id": ledger_id.upper()}):
        found = await customer.data("query ($by: LedgerKey!) { ledger(by: $by) { id } }", by=key)
        assert found["ledger"] == {"id": ledger_id}
    for wanted in ({"byIban": spaced}, {"byUkBankAccount": dashed}, {"asset": ["gbp"]}):
        assert ids_of((await customer.data(PAGE, filter=wanted))["ledgers"]) == [ledger_id]


async def test_lists_the_ledgers_of_a_holder(customer, work):
    holder_id, other = await customer.create_holder(), await customer.create_holder()
    ledger_ids = [await customer.issue_ledger(holderId=holder_id) for _ in range(3)][::-1]
    await customer.issue_ledger(holderId=other)
    document = """query ($id: ID!, $after: String, $filter: LedgerFilter) { holder(id: $id) {
        ledgers(first: 2, after: $after, filter: $filter) { nodes { id } pageInfo { hasNextPage endCursor } totalCount }
    } }"""
    page = (await customer.data(document, id=holder_id))["holder"]["ledgers"]
    assert (ids_of(page), page["pageInfo"]["hasNextPage"], page["totalCount"]) == (ledger_ids[:2], True, 3)
    rest = (await customer.data(document, id=holder_id, after=page["pageInfo"]["endCursor"]))["holder"]["ledgers"]
    assert (ids_of(rest), rest["pageInfo"]["hasNextPage"]) == (ledger_ids[2:], False)
    none = (await customer.data(document, id=holder_id, filter={"virtual": True}))["holder"]["ledgers"]
    assert (ids_of(none), none["totalCount"]) == ([], 0)


async def test_reads_on_in_the_answer_of_a_mutation(customer):
    answer = await customer.data(
        """mutation { issueVirtualLedger(input: { asset: "GOLD" }) {
            ... on LedgerSuccess { ledger { id } query { ledgers { nodes { id } totalCount } viewer { customerName } } }
        } }"""
    )
    made = answer["issueVirtualLedger"]
    assert made["query"] == {
        "ledgers": {"nodes": [{"id": made["ledger"]["id"]}], "totalCount": 1},
        "viewer": {"customerName": "Example Ltd"},
    }


async def test_offers_the_products_and_assets_of_this_environment(customer):
    answer = await customer.data("{ partnerProducts { name asset environments partner { ref name } } assets { code } }")
    partner = {"ref": "payrnet", "name": "PayrNet"}
    assert answer["partnerProducts"] == [
        {"name": "PayrNet-GBP-1", "asset": "GBP", "environments": ["PLAYLIVE", "LIVE"], "partner": partner},
        {"name": "PayrNet-EUR-1", "asset": "EUR", "environments": ["PLAYLIVE", "LIVE"], "partner": partner},
    ]
    currencies = ["GBP", "EUR", "AUD", "CHF", "CAD", "SEK", "USD", "NOK", "NZD", "JPY"]
    assert [asset["code"] for asset in answer["assets"]] == [*currencies, "GOLD", "GOLDBLOC", "WHISKY"]
