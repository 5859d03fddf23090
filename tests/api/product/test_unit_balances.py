"""What ledgers and wallets hold together, over GraphQL: the sum of what each of them says alone."""

from collections import Counter
from decimal import Decimal
from uuid import UUID

import pytest

from app.db.connection import fetchval
from app.kernel.clock import rfc3339
from tests.api.product.money import issue_virtual, pounds, small_scene
from tests.api.product.test_accounts import POST, create, wallet, wallet_id
from tests.bookkeeping import fund

LINE = "{ asset scale accountingType posted { value } held { value } available { value } count }"
BALANCES = f"""query ($holder: ID, $reference: String, $asset: [String!], $metadata: JSON, $at: DateTime,
    $by: BalanceDate) {{ balances(holderId: $holder, accountReference: $reference, asset: $asset, metadata: $metadata,
    at: $at, by: $by) {LINE} }}"""
OF_HOLDER = (
    f"query ($id: ID!, $at: DateTime, $by: BalanceDate) {{ holder(id: $id) {{ balances(at: $at, by: $by) {LINE} }} }}"
)
EACH = """query ($at: DateTime!, $by: BalanceDate) {
    ledgers { nodes { id holder { id } asset scale metadata balance { ...amounts }
        balanceAt(at: $at, by: $by) { value } } }
    wallets { nodes { id account { reference holder { id } } currency decimalPlaces accountingType metadata
        balance { ...amounts } balanceAt(at: $at, by: $by) { value } } } }
    fragment amounts on Balance { posted { value } held { value } available { value } }"""
LONG_AGO = "1999-01-01T00:00:00Z"


async def clock():
    return rfc3339(await fetchval("SELECT clock_timestamp()"))


@pytest.fixture
async def scene(customer, other_customer, work):
    """Ada's ledgers and wallets and others', with money, holds, and an overdraft limit, some of it backdated."""
    made = await small_scene(customer, other_customer, work)
    made.ids["ada"] = await customer.create_holder()
    await work()
    made.ids["hers"] = await customer.issue_ledger(holderId=made.ada, metadata={"brand": "north"})
    made.ids["euro"] = await customer.issue_ledger(holderId=made.ada, partnerProduct="PayrNet-EUR-1", asset="EUR")
    made.ids["whisky"] = await issue_virtual(customer, "WHISKY")
    await work()
    await fund(made.customer_id, UUID(made.hers), 5_000)
    await fund(made.customer_id, UUID(made.euro), 70)
    await create(customer, reference="own", type="CHART", wallets=[wallet("cash", "ASSET")])
    await create(
        customer,
        holderId=made.ada,
        wallets=[
            wallet("default", overdraftLimit="3.00", metadata={"brand": "north"}),
            wallet("spare"),
            wallet("f", "REVENUE"),
        ],
    )
    cash = await wallet_id(customer, "own", "cash")
    for name, value in (("default", "10.00"), ("spare", "0.50"), ("f", "0.05")):
        credit = await wallet_id(customer, "customer123", name)
        moved = {
            "debitId": cash,
            "creditId": credit,
            "amount": {"value": value, "asset": "USD"},
            "idempotencyKey": name,
        }
        assert (await customer.data(POST, input=moved))["postTransfer"]["__typename"] == "TransferSuccess"
    await made.done(
        "postTransfer", debitId=made.payer, creditId=made.hers, amount=pounds("7"), effectiveAt="2025-06-01T12:00:00Z"
    )
    await made.done("placeHold", debitId=made.hers, creditId=made.payee, amount=pounds("2"))
    return made


async def expected(client, wanted, *, at=None, by="POSTED"):
    """The lines as the sum of what each ledger and wallet says; `wanted` says of a node whether it counts."""
    each = await client.data(EACH, at=at or await clock(), by=by)
    nodes = [(one["asset"], one["scale"], None, one) for one in each["ledgers"]["nodes"]]
    nodes += [(one["currency"], one["decimalPlaces"], one["accountingType"], one) for one in each["wallets"]["nodes"]]
    sums, counts = {}, Counter()
    for asset, scale, kind, node in nodes:
        if not wanted(node):
            continue
        line = sums.setdefault((asset, scale, kind), Counter())
        counts[asset, scale, kind] += 1
        for name in ("posted", "held", "available"):
            value = node["balanceAt"]["value"] if at else node["balance"][name]["value"]
            line[name] += Decimal(value)
    return {
        key: (
            {name: str(line[name]) if name == "posted" or not at else None for name in ("posted", "held", "available")},
            counts[key],
        )
        for key, line in sums.items()
    }


def told(lines):
    return {
        (one["asset"], one["scale"], one["accountingType"]): (
            {name: one[name] and one[name]["value"] for name in ("posted", "held", "available")},
            one["count"],
        )
        for one in lines
    }


def holder_of(node):
    return (node.get("holder") or node.get("account", {}).get("holder") or {}).get("id")


FILTERS = {
    "all": ({}, lambda scene, node: True),
    "a holder's": ({"holder": "ada"}, lambda scene, node: holder_of(node) == scene.ada),
    "an account's": (
        {"reference": "customer123"},
        lambda scene, node: node.get("account", {}).get("reference") == "customer123",
    ),
    "of assets": (
        {"asset": ["gbp", "USD"]},
        lambda scene, node: node.get("asset", node.get("currency")) in {"GBP", "USD"},
    ),
    "of no asset": ({"asset": []}, lambda scene, node: False),
    "with metadata": ({"metadata": {"brand": "north"}}, lambda scene, node: node["metadata"].get("brand") == "north"),
    "of a holder with metadata": (
        {"holder": "ada", "metadata": {"brand": "north"}, "asset": ["GBP"]},
        lambda scene, node: node["metadata"].get("brand") == "north" and node.get("asset") == "GBP",
    ),
}


@pytest.mark.parametrize("name", FILTERS)
async def test_sums_what_each_says_alone(scene, name):
    given, wanted = FILTERS[name]
    given = {key: scene.ids.get(value, value) if key == "holder" else value for key, value in given.items()}

    def counts(node):
        return wanted(scene, node)

    now = await clock()
    lines = (await scene.client.data(BALANCES, **given))["balances"]
    assert told(lines) == await expected(scene.client, counts)
    assert len(lines) == len(told(lines))
    for by in ("POSTED", "EFFECTIVE"):
        lines = (await scene.client.data(BALANCES, **given, at=now, by=by))["balances"]
        assert told(lines) == await expected(scene.client, counts, at=now, by=by), by
    assert (await scene.client.data(BALANCES, **given, at=LONG_AGO))["balances"] == []
    middle = "2025-07-01T00:00:00Z"
    lines = (await scene.client.data(BALANCES, **given, at=middle, by="EFFECTIVE"))["balances"]
    assert told(lines) == await expected(scene.client, counts, at=middle, by="EFFECTIVE")


async def test_tells_a_holder_s_balances_of_many_holders_at_once(scene):
    one = (await scene.client.data(OF_HOLDER, id=scene.ada))["holder"]["balances"]
    assert one == (await scene.client.data(BALANCES, holder=scene.ada))["balances"]
    assert [(line["asset"], line["accountingType"], line["posted"]["value"], line["count"]) for line in one] == [
        ("EUR", None, "0.70", 1),
        ("GBP", None, "57.00", 1),
        ("USD", "LIABILITY", "10.50", 2),
        ("USD", "REVENUE", "0.05", 1),
    ]
    assert one[1]["available"] == {"value": "55.00"}
    assert one[2]["available"] == {"value": "13.50"}
    now = await clock()
    for by in ("POSTED", "EFFECTIVE"):
        then = (await scene.client.data(OF_HOLDER, id=scene.ada, at=now, by=by))["holder"]["balances"]
        assert then == (await scene.client.data(BALANCES, holder=scene.ada, at=now, by=by))["balances"]
    every = (await scene.client.data(f"{{ holders {{ nodes {{ id balances {LINE} }} }} }}"))["holders"]["nodes"]
    assert {node["id"]: node["balances"] for node in every} == {scene.ada: one, scene.client.customer_id: []}


@pytest.mark.parametrize("at", ["2999-01-01T00:00:00Z", "yesterday"])
@pytest.mark.parametrize("document", [BALANCES, OF_HOLDER])
async def test_refuses_an_instant_that_is_to_come_or_none(scene, document, at):
    body = await scene.client.ask(document, id=scene.ada, at=at)
    [error] = body["errors"]
    assert (error["extensions"]["code"], error["extensions"]["path"]) == ("VALIDATION", ["at"])


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"holder": "x"}, ["holderId"]),
        ({"reference": " "}, ["accountReference"]),
        ({"asset": ["USD", "dollars!"]}, ["asset", "1"]),
        ({"asset": ["USD"] * 1_001}, ["asset"]),
        ({"metadata": [1]}, ["metadata"]),
    ],
    ids=repr,
)
async def test_refuses_what_it_cannot_read(customer, given, path):
    [error] = (await customer.ask(BALANCES, **given))["errors"]
    assert (error["extensions"]["code"], error["extensions"]["path"]) == ("VALIDATION", path)


async def test_leaves_out_lines_of_which_the_scope_is_lacking(scene, as_actor):
    everything = (await scene.client.data(BALANCES))["balances"]
    for scope, is_wallet in (("ledgers:read", False), ("accounts:read", True)):
        narrow = await as_actor(scopes=frozenset({scope, "holders:read"}))
        kept = [line for line in everything if (line["accountingType"] is not None) is is_wallet]
        assert (await narrow.data(BALANCES))["balances"] == kept
        assert (await narrow.data(BALANCES, at=await clock()))["balances"] == [
            {**line, "held": None, "available": None} for line in kept
        ]
        of_ada = (await narrow.data(OF_HOLDER, id=scene.ada))["holder"]["balances"]
        assert {line["accountingType"] is not None for line in of_ada} == {is_wallet}
    blind = await as_actor(scopes=frozenset({"holders:read"}))
    for document in (BALANCES, OF_HOLDER):
        [error] = (await blind.ask(document, id=scene.ada))["errors"]
        assert error["extensions"]["requiredScope"] == "ledgers:read"
    [error] = (await (await as_actor(scopes=frozenset({"ledgers:read"}))).ask(BALANCES, reference="own"))["errors"]
    assert error["extensions"]["requiredScope"] == "accounts:read"


async def test_shows_one_holder_its_own_and_another_customer_nothing(scene, as_actor, other_customer):
    hers = (await scene.client.data(BALANCES, holder=scene.ada))["balances"]
    ada = await as_actor(holder_id=UUID(scene.ada), api_key_id=None, name="access_token")
    assert (await ada.data(BALANCES))["balances"] == hers
    assert (await ada.data(BALANCES, holder=scene.client.customer_id))["balances"] == []
    assert (await ada.data(BALANCES, reference="own"))["balances"] == []
    for given in ({}, {"holder": scene.ada}, {"reference": "customer123"}):
        assert (await other_customer.data(BALANCES, **given))["balances"] == []


ACTIVITY = """query ($id: ID!, $from: DateTime!, $to: DateTime!, $zone: String!) { ledger(id: $id) {
    activity(from: $from, to: $to, interval: HOUR, timeZone: $zone) {
        from opening { value } debits { value } credits { value } closing { value asset } entryCount } } }"""


async def test_tells_the_activity_of_a_ledger_and_of_a_wallet(scene):
    now = await clock()
    told = await scene.client.data(
        ACTIVITY, id=scene.hers, **{"from": "2026-01-01T00:10:00Z"}, to="2026-01-01T02:00:00Z", zone="Asia/Kolkata"
    )
    assert [bucket["from"] for bucket in told["ledger"]["activity"]] == [
        f"2026-01-01T{minute}:00.000000Z" for minute in ("00:10", "00:30", "01:30")
    ]
    cash = await wallet_id(scene.client, "own", "cash")
    document = """query ($hers: ID!, $cash: ID!, $from: DateTime!, $to: DateTime!) {
        ledger(id: $hers) { activity(from: $from, to: $to, interval: MONTH) { ...bucket } }
        wallet(id: $cash) { activity(from: $from, to: $to) { ...bucket } } }
        fragment bucket on ActivityBucket { opening { value } debits { value } credits { value }
            closing { value asset } entryCount }"""
    since = rfc3339(await fetchval("SELECT clock_timestamp() - interval '1 minute'"))
    told = await scene.client.data(document, hers=scene.hers, cash=cash, **{"from": since}, to=now)

    def total(buckets):
        sums = {name: str(sum(Decimal(one[name]["value"]) for one in buckets)) for name in ("debits", "credits")}
        return sums, buckets[0]["opening"]["value"], buckets[-1]["closing"], sum(one["entryCount"] for one in buckets)

    assert total(told["ledger"]["activity"]) == (
        {"debits": "0.00", "credits": "57.00"},
        "0.00",
        {"value": "57.00", "asset": "GBP"},
        2,
    )
    assert total(told["wallet"]["activity"]) == (
        {"debits": "10.55", "credits": "0.00"},
        "0.00",
        {"value": "10.55", "asset": "USD"},
        3,
    )


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"to": "2999-01-01T00:00:00Z", "from": "2998-12-31T23:00:00Z"}, ["to"]),
        ({"from": "never"}, ["from"]),
        ({"to": "never"}, ["to"]),
        ({"from": "2026-01-02T00:00:00Z"}, ["to"]),
        ({"from": "2025-01-01T00:00:00Z"}, ["interval"]),
        ({"zone": "Europe/Atlantis"}, ["timeZone"]),
    ],
    ids=repr,
)
async def test_refuses_activity_that_it_cannot_tell(scene, given, path):
    asked = {"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z", "zone": "UTC", **given}
    body = await scene.client.ask(ACTIVITY, id=scene.hers, **asked)
    [error] = body["errors"]
    assert (error["extensions"]["code"], error["extensions"]["path"]) == ("VALIDATION", path)
    assert body["data"] == {"ledger": None}


async def test_prices_what_they_cost(customer):
    """Fifty sums over all, or ten activities, are too much for one document."""
    sums = " ".join(f"a{n}: balances {{ count }}" for n in range(50))
    [error] = (await customer.ask(f"{{ {sums} }}"))["errors"]
    assert "objects" in error["message"]
    bucket = "{ opening { value } debits { value } credits { value } closing { value } }"
    span = 'from: "2026-01-01T00:00:00Z", to: "2026-01-02T00:00:00Z"'
    for first, refused in ((5, False), (20, True)):
        body = await customer.ask(f"{{ ledgers(first: {first}) {{ nodes {{ activity({span}) {bucket} }} }} }}")
        assert ("errors" in body) is refused, first
