"""An omnibus ledger against its wallets: now, at any instant, exactly, and while money moves."""

import asyncio
import contextvars
from dataclasses import replace
from datetime import timedelta

import pytest

from app.accounts.close_wallet import CloseWallet, close_wallet
from app.accounts.safeguarding import read_safeguarding
from app.accounts.update_account import UpdateAccount, update_account
from app.db.connection import fetchval, pool
from app.db.identifiers import new_id
from app.db.transaction import transaction
from app.journal import horizon
from app.journal.post_transfer import PostTransfer
from app.journal.post_transfers import PostTransfers, post_transfers
from app.kernel.errors import Forbidden, Invalid, LimitExceeded
from tests.accounts.conftest import of_holder, opened, opened_wallet
from tests.bookkeeping import fund, gbp

POUND = 100


def pay(debit_id, credit_id, pounds, key):
    """A transfer of so many pounds."""
    return PostTransfer(debit_id=str(debit_id), credit_id=str(credit_id), amount=gbp(pounds), idempotency_key=key)


async def clock():
    return await fetchval("SELECT clock_timestamp()")


def told(read):
    """The values, as they are shown, and how many wallets."""
    return read.balance.value, read.wallets.value, read.difference.value, read.wallet_count


@pytest.fixture
async def ledger_id(actor, issue):
    """A ledger of many with a thousand pounds in it."""
    made = await issue(actor)
    await fund(actor.customer_id, made, 1_000 * POUND)
    return made


@pytest.fixture
def backed(actor, ledger_id):
    """Open an account that the ledger backs, with a wallet that holds so much; answers the wallet's id."""

    async def make(reference, pounds=0, *, backing=ledger_id, **wallet):
        more = {} if backing is None else {"backing_ledger_id": str(backing)}
        account = await opened(actor, reference, **more)
        made = await opened_wallet(actor, reference, currency="GBP", **wallet)
        if pounds:
            await fund(actor.customer_id, made.id, pounds * POUND)
        return account, made

    return make


async def test_compares_the_ledger_with_all_wallets_that_it_backs(actor, ledger_id, backed):
    assert told(await read_safeguarding(actor, ledger_id)) == ("1000.00", "0.00", "1000.00", 0)
    await backed("a", 300)
    await backed("b", 600)
    await opened_wallet(actor, "b", name="more", currency="GBP")
    await backed("not backed", 5_000, backing=None)

    before = await clock()
    read = await read_safeguarding(actor, ledger_id)
    assert told(read) == ("1000.00", "900.00", "100.00", 3)
    assert before < read.at < await clock()
    assert told(await read_safeguarding(actor, ledger_id, read.at)) == told(read)


async def test_shows_by_how_much_wallets_hold_more_than_the_ledger(actor, ledger_id, backed):
    await backed("a", 1_000)
    await backed("b", 1)
    read = await read_safeguarding(actor, ledger_id)
    assert told(read) == ("1000.00", "1001.00", "-1.00", 2)
    assert told(await read_safeguarding(actor, ledger_id, await clock())) == told(read)


async def test_counts_what_is_owed_and_nothing_against_it(actor, ledger_id, backed):
    _, paying = await backed("a", 300, allow_negative=True)
    _, own = await backed("b", accounting_type="ASSET")
    transfer = pay(own.id, paying.id, "200.00", "key")
    await post_transfers(actor, PostTransfers([transfer]))  # Raises the liability, and an asset that does not count.
    _, sink = await backed("c")
    below = pay(paying.id, sink.id, "700.00", "below zero")
    await post_transfers(actor, PostTransfers([below]))
    for at in (None, await clock()):
        assert told(await read_safeguarding(actor, ledger_id, at)) == ("1000.00", "700.00", "300.00", 2)


async def test_is_exact_at_38_digits_and_with_the_decimals_of_the_finest_wallet(actor, issue, backed):
    ledger_id = await issue(actor)
    most, third = 10**38 - 1, (10**38 - 1) // 3
    in_ledger = most - 1_000 * POUND  # The other ledger's pounds came from the same account.
    await fund(actor.customer_id, ledger_id, in_ledger)
    for number in range(3):
        _, wallet = await backed(f"coarse {number}", backing=ledger_id)
        await fund(actor.customer_id, wallet.id, third)
    _, fine = await backed("fine", backing=ledger_id, decimal_places=18)
    await fund(actor.customer_id, fine.id, most)

    expected = 3 * third * 10**16 + most
    for at in (None, await clock()):
        read = await read_safeguarding(actor, ledger_id, at)
        assert (read.balance.minor_units, read.balance.unit.scale) == (in_ledger, 2)
        assert (read.wallets.minor_units, read.wallets.unit.scale) == (expected, 18)
        assert (read.difference.minor_units, read.difference.unit.scale) == (in_ledger * 10**16 - expected, 18)


async def test_knows_every_instant(actor, ledger_id, backed):
    instants = [await clock()]
    _, wallet = await backed("a")
    instants.append(await clock())
    await fund(actor.customer_id, wallet.id, 300 * POUND)
    instants.append(await clock())
    await fund(actor.customer_id, ledger_id, 50 * POUND)
    instants.append(await clock())
    other = await opened_wallet(actor, "a", name="more", currency="GBP")
    await fund(actor.customer_id, other.id, 1 * POUND)
    long_ago = instants[0] - timedelta(days=300)
    for at, expected in zip(
        [long_ago, *instants, await clock()],
        [
            ("0.00", "0.00", "0.00", 0),
            ("1000.00", "0.00", "1000.00", 0),
            ("1000.00", "0.00", "1000.00", 1),
            ("1000.00", "300.00", "700.00", 1),
            ("1050.00", "300.00", "750.00", 1),
            ("1050.00", "301.00", "749.00", 2),
        ],
        strict=True,
    ):
        assert told(await read_safeguarding(actor, ledger_id, at)) == expected


async def test_counts_an_account_from_when_it_was_linked_until_it_was_not(actor, ledger_id, issue, backed):
    """Whatever is linked later changes no answer that was given."""
    account, _ = await backed("a", 300, backing=None)
    other_ledger_id = await issue(actor)
    unlinked = await clock()
    await update_account(actor, UpdateAccount(str(account.id), backing_ledger_id=str(ledger_id)))
    linked = await clock()
    await update_account(actor, UpdateAccount(str(account.id), backing_ledger_id=str(other_ledger_id)))
    moved = await clock()
    await update_account(actor, UpdateAccount(str(account.id), clear=("BACKING_LEDGER",)))
    gone = await clock()
    await update_account(actor, UpdateAccount(str(account.id), backing_ledger_id=str(ledger_id)))

    async def count(of, at=None):
        read = await read_safeguarding(actor, of, at)
        return read.wallets.value, read.wallet_count

    for at, here, there in (
        (unlinked, 0, 0),
        (linked, 1, 0),
        (moved, 0, 1),
        (gone, 0, 0),
        (await clock(), 1, 0),
        (None, 1, 0),
    ):
        assert await count(ledger_id, at) == (f"{here * 300}.00", here)
        assert await count(other_ledger_id, at) == (f"{there * 300}.00", there)


async def test_counts_a_wallet_until_it_was_closed(actor, ledger_id, backed):
    _, wallet = await backed("a")
    opened_at = await clock()
    await close_wallet(actor, CloseWallet(str(wallet.id)))
    assert (await read_safeguarding(actor, ledger_id)).wallet_count == 0
    assert (await read_safeguarding(actor, ledger_id, opened_at)).wallet_count == 1
    assert (await read_safeguarding(actor, ledger_id, await clock())).wallet_count == 0


async def test_takes_an_account_without_a_record_of_its_link_as_linked_from_its_creation(actor, ledger_id, backed):
    """A process of an older version opens accounts without one."""
    early = await clock()
    await backed("a", 300)
    await pool().execute("DELETE FROM account_backings")
    assert told(await read_safeguarding(actor, ledger_id, await clock()))[1:] == ("300.00", "700.00", 1)
    assert told(await read_safeguarding(actor, ledger_id, early))[1:] == ("0.00", "1000.00", 0)


async def test_refuses_the_future_one_holder_and_who_lacks_a_scope(actor, other_actor, ledger_id, backed, as_holder):
    await backed("a", 300)
    with pytest.raises(Invalid) as refused:
        await read_safeguarding(actor, ledger_id, await clock() + timedelta(minutes=1))
    assert refused.value.path == ("at",)
    with pytest.raises(Forbidden) as refused:
        await read_safeguarding(as_holder(actor, await of_holder(actor)), ledger_id)
    assert refused.value.required_scope is None
    for lacking, other in (("ledgers:read", "accounts:read"), ("accounts:read", "ledgers:read")):
        with pytest.raises(Forbidden) as refused:
            await read_safeguarding(replace(actor, scopes=frozenset({other, "*:*"})), ledger_id)
        assert refused.value.required_scope == lacking
    assert await read_safeguarding(other_actor, ledger_id) is None
    assert await read_safeguarding(other_actor, ledger_id, await clock()) is None
    assert await read_safeguarding(actor, new_id()) is None


async def test_shows_no_moment_between_two_sides_of_what_moves(actor, ledger_id, issue, backed):
    """Wallets pay each other, and money leaves a ledger and its wallet in one batch: no answer sees a half of it."""
    other_ledger_id = await issue(actor)
    wallets = [(await backed(f"a{number}", 100))[1].id for number in range(4)]
    far = (await backed("far", backing=other_ledger_id))[1].id
    is_over, moved = asyncio.Event(), 0

    async def move(number):
        nonlocal moved
        while not is_over.is_set():
            key = str(new_id())
            within = pay(wallets[number], wallets[number - 1], "1.00", f"{key} within")
            pounds = pay(ledger_id, other_ledger_id, "0.01", f"{key} ledger")
            with_it = pay(wallets[number], far, "0.01", f"{key} wallet")
            await post_transfers(actor, PostTransfers([within, pounds, with_it], atomic=True))
            moved += 1

    writers = [asyncio.create_task(move(number)) for number in range(4)]
    told_then = []
    while len({read.balance for read in told_then}) < 20:
        now, then = await read_safeguarding(actor, ledger_id), await read_safeguarding(actor, ledger_id, await clock())
        for read in (now, then):
            assert (read.difference.value, read.wallet_count) == ("600.00", 4)
        told_then.append(then)
    is_over.set()
    await asyncio.gather(*writers)
    assert moved >= 20
    for read in told_then:
        assert await read_safeguarding(actor, ledger_id, read.at) == read


async def test_waits_for_what_may_still_get_an_earlier_time(actor, ledger_id, backed, monkeypatch):
    account, _ = await backed("a", 300, backing=None)
    monkeypatch.setattr(horizon, "SETTLE_SECONDS_MAX", 0.2)
    stalled, go_on = asyncio.Event(), asyncio.Event()

    async def link_slowly():
        async with transaction() as tx:
            await tx.now()
            await tx.execute("UPDATE accounts SET backing_ledger_id = $2 WHERE id = $1", account.id, ledger_id)
            await tx.execute(
                "INSERT INTO account_backings VALUES ($1, $2, $3, $4)",
                actor.customer_id,
                account.id,
                ledger_id,
                await tx.now(),
            )
            stalled.set()
            await go_on.wait()

    linking = asyncio.get_running_loop().create_task(link_slowly(), context=contextvars.Context())
    await stalled.wait()
    at = await clock()
    with pytest.raises(LimitExceeded) as refused:
        await read_safeguarding(actor, ledger_id, at)
    assert refused.value.retry_after_seconds > 0
    assert (await read_safeguarding(actor, ledger_id)).wallet_count == 0
    go_on.set()
    await linking
    assert told(await read_safeguarding(actor, ledger_id, at)) == ("1000.00", "300.00", "700.00", 1)
