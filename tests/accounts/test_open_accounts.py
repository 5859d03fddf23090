import asyncio

import pytest

from app.accounts.open_accounts import Opened, open_accounts
from app.accounts.orders import CreateWallet, Order
from app.db.connection import fetch
from app.db.transaction import transaction
from app.kernel.actor import Actor, Via
from app.kernel.errors import DuplicateReference, Forbidden, IdempotencyMismatch, Invalid, NotFound
from tests.accounts.conftest import new_account, new_wallet, stored, told


async def carried_out(actor, *commands):
    async with transaction() as tx:
        return await open_accounts(tx, actor.customer_id, [Order(actor, command) for command in commands])


def ends(outcomes):
    """What came of each: its code and path, or whether it was there before."""
    return [
        ("replayed" if one.replayed else "created") if isinstance(one, Opened) else (one.code.value, ".".join(one.path))
        for one in outcomes
    ]


async def test_carries_out_each_command_in_its_order(actor):
    outcomes = await carried_out(
        actor,
        new_account("a", new_wallet(), new_wallet("savings")),
        CreateWallet("a", new_wallet("third")),
        CreateWallet("a", new_wallet("savings")),
        CreateWallet("later", new_wallet()),
        new_account("a"),
        new_account("a", new_wallet("savings"), new_wallet()),
        new_account("later"),
        CreateWallet("later", new_wallet()),
    )
    assert ends(outcomes) == [
        "created",
        "created",
        "replayed",
        ("NOT_FOUND", "account_reference"),
        ("DUPLICATE_REFERENCE", "reference"),
        "replayed",
        "created",
        "created",
    ]
    assert [wallet.name for wallet in outcomes[5].wallets] == ["savings", "default"]
    assert outcomes[2].wallets == [outcomes[0].wallets[1]]
    assert outcomes[4].existing_id == str(outcomes[0].account.id)
    assert await stored() == {
        "accounts": 2,
        "wallets": 4,
        "wallet_changes": 4,
        "posting_accounts": 4,
        "idempotency_keys": 0,
        "events": 6,
        "unnumbered_events": 6,
    }


async def test_writes_one_event_for_each_that_is_new_in_the_order_of_the_commands(actor):
    await carried_out(actor, new_account("a", new_wallet(), new_wallet("b")), new_account("c"), new_account("a"))
    assert await told() == ["account.created", "account.created", "wallet.created", "wallet.created"]
    rows = await fetch(
        "SELECT resource_type, resource_version, via, actor, request_id, body::jsonb ->> 'type' AS type FROM events"
    )
    assert {(row["resource_version"], row["via"], row["actor"], row["request_id"]) for row in rows} == {
        (1, "graphql", "api_key:test", "request-1")
    }
    assert all(row["type"].startswith(row["resource_type"]) for row in rows)


async def test_tells_each_event_by_the_actor_of_its_command(actor):
    kafka = Actor(actor.customer_id, frozenset({"*"}), Via.KAFKA, "kafka", request_id="topic-0-17")
    async with transaction() as tx:
        await open_accounts(
            tx, actor.customer_id, [Order(kafka, new_account("k", new_wallet())), Order(actor, new_account("g"))]
        )
    rows = await fetch("SELECT type, via, request_id FROM events ORDER BY id")
    assert [(row["type"], row["via"], row["request_id"]) for row in rows] == [
        ("account.created", "kafka", "topic-0-17"),
        ("account.created", "graphql", "request-1"),
        ("wallet.created", "kafka", "topic-0-17"),
    ]


async def test_leaves_nothing_of_what_is_refused(actor):
    outcomes = await carried_out(
        actor,
        new_account("a", new_wallet(currency="usd"), idempotency_key="k1"),
        new_account("b", holder_id="0197a7de-0000-7000-8000-000000000000", idempotency_key="k2"),
        CreateWallet("nobody", new_wallet(), idempotency_key="k3"),
        new_account("c", new_wallet(), new_wallet()),
    )
    assert ends(outcomes) == [
        ("VALIDATION", "wallets.0.currency"),
        ("NOT_FOUND", "holder_id"),
        ("NOT_FOUND", "account_reference"),
        ("VALIDATION", "wallets.1"),
    ]
    assert set((await stored()).values()) == {0}


async def test_gives_a_refused_commands_key_to_the_next_that_uses_it(actor):
    outcomes = await carried_out(
        actor,
        CreateWallet("a", new_wallet(), idempotency_key="k"),
        new_account("a"),
        CreateWallet("a", new_wallet("other"), idempotency_key="k"),
    )
    assert ends(outcomes) == [("NOT_FOUND", "account_reference"), "created", "created"]
    [row] = await fetch("SELECT operation, key, resource_id FROM idempotency_keys")
    assert (row["operation"], row["key"], row["resource_id"]) == ("createWallet", "k", outcomes[2].wallets[0].id)


async def test_refuses_a_key_with_other_content_and_replays_it_with_the_same(actor):
    first = new_account("a", new_wallet(), idempotency_key="k")
    other = new_account("b", idempotency_key="k")
    assert ends(await carried_out(actor, first, other, first)) == [
        "created",
        ("IDEMPOTENCY_MISMATCH", "idempotency_key"),
        "replayed",
    ]
    before = await stored()
    [mismatch, replay] = await carried_out(actor, other, first)
    assert isinstance(mismatch, IdempotencyMismatch)
    assert replay.replayed
    assert await stored() == before


async def test_binds_a_new_key_of_a_known_account_to_that_account(actor):
    [made] = await carried_out(actor, new_account("a"))
    [replay] = await carried_out(actor, new_account("a", idempotency_key="new"))
    assert replay.account == made.account
    assert [row["resource_id"] for row in await fetch("SELECT resource_id FROM idempotency_keys")] == [made.account.id]


async def test_takes_the_same_content_however_it_is_written(actor):
    one = new_account("a", new_wallet("x", metadata={"n": 1.0, "b": 2, "a": 1}), new_wallet(), metadata={})
    same = new_account(" a ", new_wallet(), new_wallet("x ", metadata={"a": 1, "b": 2.0, "n": 1}))
    assert ends(await carried_out(actor, one, same)) == ["created", "replayed"]


@pytest.mark.parametrize(
    ("more", "other"),
    [
        ({"type": "CHART"}, {}),
        ({"metadata": {"a": 1}}, {}),
        ({"wallets": (new_wallet(),)}, {}),
        ({"wallets": (new_wallet(),)}, {"wallets": (new_wallet(decimal_places=3),)}),
        ({"wallets": (new_wallet(),)}, {"wallets": (new_wallet(accounting_type="ASSET"),)}),
        ({"wallets": (new_wallet(),)}, {"wallets": (new_wallet(allow_negative=True),)}),
        ({"wallets": (new_wallet(),)}, {"wallets": (new_wallet(metadata={"a": 1}),)}),
        ({"wallets": (new_wallet(),)}, {"wallets": (new_wallet("other"),)}),
    ],
)
async def test_refuses_a_reference_with_other_content(actor, more, other):
    [made] = await carried_out(actor, new_account("a", **more))
    before = await stored()
    [refusal] = await carried_out(actor, new_account("a", **other))
    assert isinstance(refusal, DuplicateReference)
    assert refusal.existing_id == str(made.account.id)
    assert await stored() == before


async def test_takes_the_same_wallet_once_though_its_account_came_with_it(actor):
    await carried_out(actor, new_account("a", new_wallet()))
    [same, other] = await carried_out(
        actor, CreateWallet("a", new_wallet()), CreateWallet("a", new_wallet(decimal_places=0))
    )
    assert same.replayed
    assert isinstance(other, DuplicateReference)
    assert (other.path, other.existing_id) == (("wallet", "name"), str(same.wallets[0].id))


async def test_has_the_same_references_for_each_customer(actor, other_actor):
    [one] = await carried_out(actor, new_account("a", new_wallet()))
    [other] = await carried_out(other_actor, new_account("a", new_wallet()))
    assert not other.replayed
    assert one.account.id != other.account.id
    [refused] = await carried_out(other_actor, CreateWallet("only-mine", new_wallet()))
    assert isinstance(refused, NotFound)


@pytest.mark.parametrize(
    ("command", "path"),
    [
        (new_account(" "), "reference"),
        (new_account("x" * 256), "reference"),
        (new_account("a", type="GENERAL"), "type"),
        (new_account("a", holder_id="7"), "holder_id"),
        (new_account("a", backing_ledger_id="7"), "backing_ledger_id"),
        (new_account("a", metadata=[]), "metadata"),
        (new_account("a", new_wallet("")), "wallets.0.name"),
        (new_account("a", new_wallet(), new_wallet("b", "U")), "wallets.1.currency"),
        (new_account("a", new_wallet(currency="USD-EUR")), "wallets.0.currency"),
        (new_account("a", new_wallet(currency="ÄÖ")), "wallets.0.currency"),
        (new_account("a", new_wallet(accounting_type="DEBT")), "wallets.0.accounting_type"),
        (new_account("a", new_wallet(decimal_places=-1)), "wallets.0.decimal_places"),
        (new_account("a", new_wallet(decimal_places=19)), "wallets.0.decimal_places"),
        (new_account("a", new_wallet(decimal_places=True)), "wallets.0.decimal_places"),
        (new_account("a", new_wallet(decimal_places="2")), "wallets.0.decimal_places"),
        (new_account("a", new_wallet(metadata=7)), "wallets.0.metadata"),
        (new_account("a", *[new_wallet(str(number)) for number in range(1_001)]), "wallets"),
        (new_account("a", idempotency_key=" "), "idempotency_key"),
        (CreateWallet("", new_wallet()), "account_reference"),
        (CreateWallet("a", new_wallet("\x00")), "wallet.name"),
    ],
)
async def test_refuses_what_is_malformed(actor, command, path):
    [refusal] = await carried_out(actor, command)
    assert isinstance(refusal, Invalid)
    assert refusal.path == tuple(path.split("."))
    assert set((await stored()).values()) == {0}


@pytest.mark.parametrize("places", [0, 18])
async def test_takes_any_currency_and_decimals_of_the_range(actor, places):
    [outcome] = await carried_out(actor, new_account("a", new_wallet(currency="POINTS2026", decimal_places=places)))
    assert outcome.wallets[0].unit.scale == places


async def test_asks_for_the_scope(actor):
    reader = Actor(actor.customer_id, frozenset({"accounts:read"}), Via.REST, "reader")
    [refusal] = await carried_out(reader, new_account("a"))
    assert isinstance(refusal, Forbidden)
    assert refusal.required_scope == "accounts:write"
    assert set((await stored()).values()) == {0}


async def test_takes_as_many_statements_for_a_thousand_as_for_one(actor):
    async def statements(*commands):
        async with transaction() as tx:
            seen = []
            tx.connection.add_query_logger(seen.append)
            await open_accounts(tx, actor.customer_id, [Order(actor, command) for command in commands])
            await asyncio.sleep(0)  # The last one is told of in the loop's next round.
            tx.connection.remove_query_logger(seen.append)
            return [record.query.split()[:3] for record in seen if "pg_catalog" not in record.query]

    await statements(new_account("first", new_wallet(), idempotency_key="first"))  # The driver learns of our types.
    one = await statements(new_account("one", new_wallet(), idempotency_key="one"))
    many = [new_account(f"many-{number}", new_wallet(), idempotency_key=f"{number}") for number in range(1_000)]
    assert await statements(*many) == one
    assert len(one) == 5
