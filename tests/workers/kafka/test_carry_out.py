"""Batches of messages on a real database, without a broker."""

import json

import asyncpg
import pytest

from app.db.connection import fetch, fetchval, pool
from tests.workers.kafka.conftest import count
from tests.workers.kafka.one_partition import Door, record
from workers.kafka import carry_out
from workers.kafka.figures import Done

pytestmark = pytest.mark.postgres15

WALLET = {"wallet_name": "default", "currency": "USD", "accounting_type": "LIABILITY", "decimal_places": 2}


def account(reference, *wallets, **more):
    return {
        "operation": "create_account",
        "account_type": "group",
        "account_reference": reference,
        "wallets": list(wallets),
        **more,
    }


def wallet(reference, **more):
    return {"operation": "create_wallet", "account_reference": reference, **WALLET, **more}


@pytest.fixture
def door(customer_id):
    return Door(customer_id)


async def test_answers_with_every_field_of_the_body(door):
    [answer] = await door.carry_out(account("customer123", WALLET, metadata={"tier": 1}))
    account_told, [wallet_told] = answer.pop("account"), answer.pop("wallets")
    at = answer.pop("occurred_at")
    assert answer == {
        "request": {"topic": "in", "partition": 0, "offset": 0},
        "operation": "create_account",
        "account_reference": "customer123",
        "status": "success",
        "replayed": False,
        "errors": [],
    }
    changes = {"version": 1, "created_at": at, "last_modified_at": at}
    account_id = str(await fetchval("SELECT id FROM accounts"))
    assert account_told == {
        "account_id": account_id,
        "account_type": "group",
        "account_reference": "customer123",
        "metadata": {"tier": 1},
        **changes,
    }
    assert wallet_told == {
        "wallet_id": str(await fetchval("SELECT id FROM wallets")),
        "account_id": account_id,
        "account_reference": "customer123",
        **WALLET,
        "allow_negative": False,
        "balance": {"posted": 0, "held": 0, "available": 0},
        "metadata": {},
        **changes,
    }
    text = bytes(await fetchval("SELECT body FROM message_answers"))
    assert b'"balance":{"posted":0.00,"held":0.00,"available":0.00}' in text


async def test_tells_events_which_message_asked_and_through_which_door(door):
    await door.carry_out(account("customer123"))
    [event] = await fetch("SELECT type, via, actor, request_id FROM events")
    assert tuple(event) == ("account.created", "kafka", "kafka:in", "in/0/0")


async def test_carries_a_message_out_once_and_shows_the_answer_until_it_arrived(door):
    [first] = await door.carry_out(account("customer123"))
    [second] = await door.carry_out(account("customer123"))
    assert second == first
    assert (await count("accounts"), await count("events")) == (1, 1)
    assert (door.counted(Done.SUCCESS), door.counted(Done.KNOWN)) == (1, 1)

    await door.batches.carry_out([record(account("customer456"), 1)], arrived=[record(b"", 0).place])
    assert await door.carry_out(account("customer123")) == []


async def test_answers_a_repeated_command_as_a_replay(door):
    first, second = await door.carry_out(account("customer123", WALLET), account("customer123", WALLET))
    assert (first["replayed"], second["replayed"]) == (False, True)
    assert second["account"] == first["account"]
    assert await count("accounts") == 1


async def test_keeps_the_order_of_a_key(door):
    answers = await door.carry_out(
        wallet("customer123"),
        account("customer123"),
        wallet("customer123"),
        wallet("customer123", decimal_places=3),
        account("customer123", metadata={"other": True}),
    )
    assert [answer["errors"] and answer["errors"][0]["code"] for answer in answers] == [
        "NOT_FOUND", [], [], "DUPLICATE_REFERENCE", "DUPLICATE_REFERENCE",
    ]  # fmt: skip
    assert [answer["status"] for answer in answers] == ["error", "success", "success", "error", "error"]
    assert (await count("accounts"), await count("wallets")) == (1, 1)


async def test_refuses_one_command_and_burdens_no_other(door):
    answers = await door.carry_out(
        account("a"), account("b", {**WALLET, "decimal_places": 19}), account("c", {**WALLET, "currency": "usd"})
    )
    assert [answer["status"] for answer in answers] == ["success", "error", "error"]
    assert [answer["errors"][0]["path"] for answer in answers[1:]] == [
        ["wallets", "0", "decimal_places"],
        ["wallets", "0", "currency"],
    ]
    assert [answer["errors"][0]["code"] for answer in answers[1:]] == ["VALIDATION"] * 2
    assert door.buried == []
    assert await count("accounts") == 1


async def test_buries_what_is_no_command_and_answers_it(door):
    answers = await door.carry_out(
        b"{", None, account("a"), {"operation": "x", "account_reference": "b"}, key=b"the key"
    )
    assert [answer["status"] for answer in answers] == ["error", "error", "success", "error"]
    assert [answer["account_reference"] for answer in answers] == [None, None, "a", "b"]
    assert [(offset, code) for offset, code, _ in door.buried] == [
        (0, "VALIDATION"), (1, "VALIDATION"), (3, "VALIDATION"),
    ]  # fmt: skip
    assert door.buried[2][2].startswith("operation: There is no such operation: give one of create_account")
    assert door.counted(Done.NO_COMMAND) == 3
    keys = await fetch("SELECT key FROM message_answers ORDER BY message_offset")
    assert [bytes(row["key"]) for row in keys] == [b"the key", b"the key", b"a", b"b"]


async def test_gives_an_answer_without_key_the_place_of_the_message(door):
    await door.carry_out(b"{")
    assert bytes(await fetchval("SELECT key FROM message_answers")) == b"in/0/0"


async def test_binds_an_idempotency_key_of_a_header(door):
    key = [("idempotency-key", b"key-1")]
    [first] = await door.carry_out(account("customer123"), headers=key)
    [second] = await door.carry_out(account("customer123"), first=1, headers=key)
    [third] = await door.carry_out(account("customer456"), first=2, headers=key)
    assert (first["replayed"], second["replayed"]) == (False, True)
    [error] = third["errors"]
    assert (error["code"], error["path"]) == ("IDEMPOTENCY_MISMATCH", ["idempotency-key"])


async def test_finds_the_one_message_that_spoils_a_batch(door, monkeypatch):
    """A fault of ours in one command: the others go on, and it is answered too."""
    real = carry_out.open_accounts

    async def spoiled(tx, customer_id, orders):
        if any(order.command.reference == "bad" for order in orders):
            await tx.execute("SELECT 1 / 0")
        return await real(tx, customer_id, orders)

    monkeypatch.setattr(carry_out, "open_accounts", spoiled)
    answers = await door.carry_out(account("a"), account("b"), account("bad"), account("c"), account("d"))
    assert [answer["status"] for answer in answers] == ["success", "success", "error", "success", "success"]
    assert answers[2]["errors"][0]["code"] == "INTERNAL"
    assert [(offset, code) for offset, code, _ in door.buried] == [(2, "INTERNAL")]
    assert door.counted(Done.FAILED) == 1
    assert await count("accounts") == 4
    assert (await door.carry_out(account("bad"), first=2))[0]["errors"][0]["code"] == "INTERNAL"


async def test_leaves_a_database_that_is_away_to_the_caller(door, monkeypatch):
    async def lost(*_):
        raise asyncpg.ConnectionDoesNotExistError("connection was closed")

    monkeypatch.setattr(carry_out, "open_accounts", lost)
    with pytest.raises(asyncpg.ConnectionDoesNotExistError):
        await door.carry_out(account("a"))
    assert (await count("message_sources"), await count("message_answers")) == (0, 0)
    monkeypatch.undo()
    [answer] = await door.carry_out(account("a"))
    assert answer["status"] == "success"


async def test_buries_once_what_is_done_again(door):
    messages = [record(b"{", 0)]
    await pool().execute("ALTER TABLE message_sources RENAME TO away")
    try:
        with pytest.raises(asyncpg.UndefinedTableError):
            await door.batches.carry_out(messages)
    finally:
        await pool().execute("ALTER TABLE away RENAME TO message_sources")
    assert len(await door.batches.carry_out(messages)) == 1
    assert len(door.buried) == 1


async def test_opens_many_accounts_in_a_fixed_number_of_statements(door, monkeypatch):
    await door.carry_out(account("first", WALLET))
    [answer, *rest] = await door.carry_out(*(account(f"a{n}", WALLET) for n in range(500)), first=1)
    assert {one["status"] for one in (answer, *rest)} == {"success"}
    assert (await count("accounts"), await count("wallets"), await count("message_answers")) == (501, 501, 501)


async def test_keeps_the_order_of_each_of_many_keys_in_transactions_side_by_side(door):
    messages = []
    for number in range(200):
        reference = f"customer-{number % 40}"
        value = account(reference) if number < 40 else wallet(reference, wallet_name=f"wallet-{number}")
        messages.append(record(value, number, key=reference.encode()))
    answers = await door.batches.carry_out(messages)
    assert [answer.place.offset for answer in answers] == list(range(200))
    assert {json.loads(answer.body)["status"] for answer in answers} == {"success"}
    assert (await count("accounts"), await count("wallets")) == (40, 160)
    assert await door.batches.carry_out(messages) == answers


async def test_does_together_what_collided_side_by_side(door):
    """Two keys speak of one account, in either order: both wait for the other until the database ends one."""
    messages = [
        record(account(f"customer-{(number * 7) % 30}", WALLET), number, key=f"key-{number}".encode())
        for number in range(200)
    ]
    answers = [json.loads(answer.body) for answer in await door.batches.carry_out(messages)]
    assert {answer["status"] for answer in answers} == {"success"}
    assert [answer["replayed"] for answer in answers].count(False) == 30
    assert await count("accounts") == 30
