"""`statement`: what GraphQL tells of a time."""

import pytest

from app.db.connection import fetchval
from app.kernel.clock import rfc3339
from app.statements import draw_statement as module
from app.statements.queries import read_totals
from tests.api.product.money import pounds

STATEMENT = """
    query ($id: ID!, $from: DateTime!, $to: DateTime, $by: BalanceDate, $first: Int, $after: String, $last: Int,
           $before: String) {
        statement(id: $id, from: $from, to: $to, by: $by) {
            of { ... on Ledger { id asset } ... on Wallet { id currency } }
            from to by isFinal opening { value } closing { value } debits { value } credits { value } entryCount
            entries(first: $first, after: $after, last: $last, before: $before) {
                nodes { direction amount { value } balanceAfter { value } }
                pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
            }
        }
    }
"""
LONG_AGO = "2026-01-01T00:00:00Z"


@pytest.fixture
def scene(ada_and_bob):
    return ada_and_bob


async def told(scene, account_id, begin=LONG_AGO, **more):
    data = await scene.client.data(STATEMENT, **{"id": account_id, "from": begin, **more})
    return data["statement"]


def amounts(statement):
    return [node["amount"]["value"] for node in statement["entries"]["nodes"]]


async def test_tells_balances_totals_and_entries(scene):
    for amount in ("30", "20"):
        await scene.done("postTransfer", amount=pounds(amount))
    statement = await told(scene, scene.payer)
    assert statement["of"] == {"id": scene.payer, "asset": "GBP"}
    assert (statement["by"], statement["isFinal"], statement["entryCount"]) == ("POSTED", True, 3)
    values = [statement[name]["value"] for name in ("opening", "credits", "debits", "closing")]
    assert values == ["0.00", "100.00", "50.00", "50.00"]
    assert amounts(statement) == ["20.00", "30.00", "100.00"]

    following = await told(scene, scene.payer, statement["to"])
    assert (following["opening"], following["entryCount"], following["from"]) == (
        {"value": "50.00"},
        0,
        statement["to"],
    )


async def test_pages_its_entries_both_ways(scene):
    for amount in ("3", "2", "1"):
        await scene.done("postTransfer", amount=pounds(amount))
    whole = await told(scene, scene.payer)
    page = await told(scene, scene.payer, to=whole["to"], first=2)
    assert (amounts(page), page["entries"]["pageInfo"]["hasNextPage"]) == (["1.00", "2.00"], True)
    after = page["entries"]["pageInfo"]["endCursor"]
    assert amounts(await told(scene, scene.payer, to=whole["to"], after=after)) == ["3.00", "100.00"]
    assert amounts(await told(scene, scene.payer, to=whole["to"], last=1)) == ["100.00"]


async def test_tells_of_value_dates(scene):
    await scene.done("postTransfer", amount=pounds("5"), effectiveAt="2026-02-02T00:00:00Z")
    span = {"begin": "2026-02-01T00:00:00Z", "to": "2026-03-01T00:00:00Z"}
    by_value = await told(scene, scene.payer, **span, by="EFFECTIVE")
    assert (by_value["closing"]["value"], by_value["isFinal"], amounts(by_value)) == ("-5.00", False, ["5.00"])
    assert (await told(scene, scene.payer, **span))["entryCount"] == 0


async def test_is_null_for_what_is_not_there_and_refuses_bad_arguments(scene):
    assert await told(scene, scene.customer_id.__str__()) is None
    assert (await scene.others.data(STATEMENT, **{"id": scene.payer, "from": LONG_AGO}))["statement"] is None
    now = rfc3339(await fetchval("SELECT clock_timestamp()"))
    for given, path in (
        ({"id": "x"}, "id"),
        ({"from": "yesterday"}, "from"),
        ({"from": "2999-01-01T00:00:00Z"}, "from"),
        ({"from": now, "to": now}, "to"),
        ({"to": "x"}, "to"),
    ):
        body = await scene.client.ask(STATEMENT, **{"id": scene.payer, "from": LONG_AGO, **given})
        [error] = body["errors"]
        assert (error["extensions"]["code"], error["extensions"]["path"]) == ("VALIDATION", [path])


PAGE = """query ($id: ID!, $from: DateTime!, $to: DateTime) { statement(id: $id, from: $from, to: $to) {
    to isFinal ...entries } } fragment entries on Statement { entries(first: 1) { nodes { amount { value } } } }"""


async def test_sums_nothing_for_who_wants_a_page_of_its_entries(scene, monkeypatch):
    await scene.done("postTransfer", amount=pounds("30"))
    summed = []

    async def note(*arguments):
        summed.append(arguments)
        return await read_totals(*arguments)

    monkeypatch.setattr(module, "read_totals", note)
    given = {"id": scene.payer, "from": LONG_AGO}
    page = (await scene.client.data(PAGE, **given))["statement"]
    assert [node["amount"]["value"] for node in page["entries"]["nodes"]] == ["30.00"]
    assert (page["isFinal"], summed) == (True, [])
    assert (await scene.others.data(PAGE, **given))["statement"] is None
    for name in ("opening { value }", "closing { value }", "debits { value }", "credits { value }", "entryCount"):
        summed.clear()
        whole = PAGE.replace("isFinal", name)
        assert (await scene.client.data(whole, **{**given, "to": page["to"]}))["statement"]["to"] == page["to"]
        assert len(summed) == 1, name
