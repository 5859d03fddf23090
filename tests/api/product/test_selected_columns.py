"""A page reads only the columns that its selection needs; each field is the same alone as among all others."""

import re

import pytest
from graphql import is_leaf_type, is_required_argument
from graphql.type import get_named_type

from app.api.graphql.schema import schema
from app.ledgers import queries

TYPES = schema._schema.type_map
ARGUMENTS = {"balanceAt": '(at: "2020-01-01T00:00:00Z")'}


def selection(name, field, depth=2):
    """The field with all leaves below it, as far down as `depth`; None where there are none."""
    arguments = ARGUMENTS.get(name, "")
    if not arguments and any(is_required_argument(argument) for argument in field.args.values()):
        return None
    inner = get_named_type(field.type)
    if is_leaf_type(inner):
        return name + arguments
    below = [selection(*each, depth - 1) for each in getattr(inner, "fields", {}).items()] if depth else []
    chosen = " ".join(filter(None, below))
    return f"{name}{arguments} {{ {chosen} }}" if chosen else None


LEDGER = {name: selection(name, field) for name, field in TYPES["Ledger"].fields.items()}
HOLDER = {name: f"holder {{ {selection(name, field, 1)} }}" for name, field in TYPES["Holder"].fields.items()}
FIELDS = {name: text for name, text in LEDGER.items() if text} | {
    f"holder.{name}": text for name, text in HOLDER.items() if "None" not in text
}


async def nodes(client, fields):
    query = f"{{ ledgers(first: 5) {{ nodes {{ {fields} }} edges {{ node {{ {fields} }} }} }} }}"
    page = (await client.data(query))["ledgers"]
    assert [edge["node"] for edge in page["edges"]] == page["nodes"]
    return page["nodes"]


@pytest.fixture
async def ledgers(customer, work):
    """One with a holder and everything else, one without, one that waits for its holder."""
    await customer.issue_ledger(holderId=await customer.create_holder())
    await work()
    await customer.issue_ledger()
    await customer.issue_ledger(holderId=await customer.create_holder())


async def test_answers_each_field_alone_as_among_all_others(customer, ledgers):
    whole = await nodes(customer, " ".join(FIELDS.values()))
    assert len(whole) == 3
    for name, text in FIELDS.items():
        field = name.partition(".")[0]
        for alone, among in zip(await nodes(customer, text), whole, strict=True):
            if among[field] is None or "." not in name:
                assert alone == {field: among[field]}, name
            else:
                assert alone[field].items() <= among[field].items(), name


async def test_answers_nothing_but_cursors_and_the_page(customer, ledgers):
    whole = (await customer.data("{ ledgers { edges { cursor node { id } } pageInfo { startCursor endCursor } } }"))[
        "ledgers"
    ]
    cursors = [edge["cursor"] for edge in whole["edges"]]
    assert (whole["pageInfo"]["startCursor"], whole["pageInfo"]["endCursor"]) == (cursors[0], cursors[-1])
    alone = await customer.data("{ ledgers { edges { cursor } totalCount } }")
    assert alone == {"ledgers": {"edges": [{"cursor": cursor} for cursor in cursors], "totalCount": 3}}
    by_update = "orderBy: {field: UPDATED_AT}"
    ordered = (await customer.data(f"{{ ledgers({by_update}) {{ edges {{ cursor node {{ id }} }} }} }}"))["ledgers"][
        "edges"
    ]
    rest = await customer.data(f'{{ ledgers({by_update}, after: "{ordered[0]["cursor"]}") {{ nodes {{ id }} }} }}')
    assert rest == {"ledgers": {"nodes": [edge["node"] for edge in ordered[1:]]}}


async def test_reads_only_what_is_selected(customer, ledgers, monkeypatch):
    statements = []
    fetch = queries.fetch

    async def noted(sql, *arguments):
        statements.append(sql)
        return await fetch(sql, *arguments)

    monkeypatch.setattr(queries, "fetch", noted)
    for _ in range(3):
        await nodes(customer, "status holder { name }")
    assert len(statements) == 3
    for sql in statements:
        read = re.findall(r"\b[lh]\.\w+", sql.partition("FROM")[0])
        assert read == ["l.id", "l.holder_id", "l.status", "l.created_at", "l.updated_at", "h.id", "h.name"]
