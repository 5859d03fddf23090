"""Proving the books: those of all customers or of one, large ones in ranges, and while others are posting."""

import asyncio
from itertools import cycle

import pytest

from app.db.connection import fetchval
from app.db.identifiers import new_id
from app.events.number_events import number_events
from app.journal.amounts import exact
from app.journal.carry_out_batch import Done
from app.journal.coalescer import Coalescer
from app.journal.instructions import Post
from app.kernel.errors import NotFound
from app.proof import prove_accounts
from app.proof.prove_books import prove_books
from tests.bookkeeping import GBP, open_account

WRITERS = 8


async def test_proves_the_rich_books_of_several_customers(books):
    told = []

    proof = await prove_books(tell=told.append)

    assert proof.findings.kept == []
    assert proof.is_proven
    counts = proof.counts
    assert (counts.customers, counts.ledgers, counts.payments) == (2, 16, 20)
    assert counts.transfers == await fetchval("SELECT count(*) FROM transfers")
    assert counts.entries == 2 * counts.transfers
    assert counts.accounts == await fetchval("SELECT count(*) FROM posting_accounts")
    assert counts.holds == await fetchval("SELECT count(*) FROM holds")
    assert counts.events == await fetchval("SELECT count(*) FROM events")
    assert counts.idempotency_keys == await fetchval("SELECT count(*) FROM idempotency_keys")
    assert told[0] == f"customer 1 ({books.customer_id}): accounts and entries"


async def test_proves_one_customer_alone(unguarded):
    await unguarded.damage("UPDATE posting_accounts SET sequence = 7 WHERE customer_id <> '{customer_id}'")

    proof = await prove_books(unguarded.books.customer_id)

    assert (proof.is_proven, proof.counts.customers) == (True, 1)


async def test_proves_an_installation_without_customers(database):
    proof = await prove_books()

    assert (proof.is_proven, proof.counts.customers) == (True, 0)


async def test_knows_who_is_no_customer(books):
    with pytest.raises(NotFound):
        await prove_books(new_id())


async def test_proves_ranges_of_accounts_one_after_another(books, monkeypatch):
    monkeypatch.setattr(prove_accounts, "ENTRIES_PER_RANGE", 5)
    told = []

    proof = await prove_books(books.customer_id, tell=told.append)

    assert proof.is_proven
    assert proof.counts.accounts == await fetchval(
        "SELECT count(*) FROM posting_accounts WHERE customer_id = $1", books.customer_id
    )
    assert proof.counts.entries == 2 * proof.counts.transfers
    assert len([text for text in told if text.endswith(" entries") and " accounts, " in text]) > 3


@pytest.mark.thorough
async def test_proves_while_others_are_posting(books, monkeypatch):
    """No false alarm: what is proven is one snapshot, over all of its statements. And writers are not held up by it."""
    monkeypatch.setattr(prove_accounts, "ENTRIES_PER_RANGE", 5)
    customer_id, is_over, posted = books.customer_id, asyncio.Event(), 0
    accounts = [await open_account(customer_id, balance=1_000_000) for _ in range(4)]
    processes = [Coalescer(), Coalescer()]

    async def write(number):
        nonlocal posted
        for step in cycle(range(4)):
            if is_over.is_set():
                return
            sides = accounts[step], accounts[(step + 1 + number % 3) % 4]
            post = Post(
                actor=books.actor,
                resource_id=new_id(),
                key=None,
                debit_id=sides[0],
                credit_id=sides[1],
                amount=exact(1 + number, GBP),
            )
            (outcome,) = await processes[number % 2].submit(customer_id, [post])
            assert isinstance(outcome, Done)
            posted += 1

    async def number():
        while not is_over.is_set():
            await number_events(customer_id)
            await asyncio.sleep(0)

    writers = [asyncio.create_task(write(one)) for one in range(WRITERS)] + [asyncio.create_task(number())]
    entries, posted_meanwhile = [], 0
    while len(set(entries)) < 5 or not posted_meanwhile:
        before = posted
        proof = await prove_books(customer_id)
        assert proof.findings.kept == []
        posted_meanwhile += posted - before
        entries.append(proof.counts.entries)
    is_over.set()
    await asyncio.gather(*writers)
    for process in processes:
        await process.close()

    assert sorted(entries) == entries
    assert (await prove_books(customer_id)).is_proven


@pytest.mark.thorough
async def test_keeps_so_many_findings_of_each_rule_and_counts_the_others(unguarded):
    await unguarded.damage(
        "UPDATE transfers SET credit_balance_after = credit_balance_after + 1 + abs(hashtext(id::text));"
        "UPDATE idempotency_keys SET resource_id = gen_random_uuid()"
    )
    transfers = await fetchval("SELECT count(*) FROM transfers")
    keys = await fetchval("SELECT count(*) FROM idempotency_keys WHERE operation = 'placeHold'")

    proof = await prove_books(kept_max=3)

    kept = [one.rule for one in proof.findings.kept]
    assert (proof.findings.counts["entry-balance"], kept.count("entry-balance")) == (transfers, 3)
    assert (proof.findings.counts["key-hold"], kept.count("key-hold")) == (keys, 3)


async def test_finds_the_same_in_ranges_of_accounts(unguarded, monkeypatch):
    await unguarded.damage(
        "UPDATE transfers SET amount_minor_units = 3051 WHERE id = '{transfer}';"
        "DELETE FROM posting_accounts WHERE id IN ('{first}', '{gold}')"
    )
    whole = (await prove_books(kept_max=1_000)).findings

    monkeypatch.setattr(prove_accounts, "ENTRIES_PER_RANGE", 5)

    assert (await prove_books(kept_max=1_000)).findings.counts == whole.counts
    assert whole.counts["account-exists"] == 2
