"""A database that an earlier version filled has no freezes and no limits, and goes on; an earlier version beside this
one posts nothing that a freeze forbids.
"""

from uuid import UUID

import asyncpg
import pytest

from app.accounts.create_wallet import create_wallet
from app.accounts.orders import CreateAccount, CreateWallet, NewWallet, Order, check_order
from app.accounts.queries import find_wallet
from app.controls.freeze import FreezeParty, freeze
from app.controls.set_overdraft_limit import SetOverdraftLimit, set_overdraft_limit
from app.db import migrate as module
from app.db.connection import close_database, fetchrow, open_database, pool
from app.db.identifiers import new_id
from app.db.migrate import migrate, migrations
from app.journal.coalescer import close_coalescer
from app.journal.post_transfer import PostTransfer, post_transfer
from app.journal.transfer_queries import find_transfer
from app.kernel.actor import worker_actor
from app.kernel.errors import InvalidState
from app.ledgers.queries import find_ledger
from app.partners.read_catalog import load_catalog
from app.proof.control_rules import CONTROL_RULES
from app.proof.prove_books import prove_books
from app.settings import load_settings
from tests.bookkeeping import gbp

pytestmark = pytest.mark.postgres15

WALLET = NewWallet("default", "USD", "LIABILITY", 2, allow_negative=True, metadata={"a": 1.0})
# As the version before this one hashed these commands.
HASH_OF_WALLET = "f098946911fca55f23be2b1e2305089f0959a8a4b3b0704354c33db57fa1c036"
HASH_OF_ACCOUNT = "639ec735004731e11c63a6a9fc1f6e4d466a4c784c020ddd310439f4e6add5c5"
FILL = """
    INSERT INTO customers VALUES ($1, 'Example', now());
    INSERT INTO feeds (customer_id) VALUES ($1);
    INSERT INTO posting_accounts (customer_id, id, book, asset, scale, normal_side, is_open, allow_negative, held,
                                  debits, credits, sequence, last_posted_at)
    VALUES ($1, $2, 'BANK', 'GBP', 2, 'CREDIT', true, true, 0, 30, 0, 1, now()),
           ($1, $3, 'BANK', 'GBP', 2, 'CREDIT', true, false, 0, 0, 30, 1, now()),
           ($1, $5, 'WALLET', 'USD', 2, 'CREDIT', true, true, 0, 0, 0, 0, NULL);
    INSERT INTO ledgers (customer_id, id, type, is_virtual, asset_class, asset, scale, status, primary_uses,
                         assets_owned_by, jurisdiction, partner_product, iban_status, created_at, updated_at)
    SELECT $1, id, 'OMNIBUS', false, 'CURRENCY', 'GBP', 2, 'OK', '{}', 'ME', 'GB', 'PayrNet-GBP-1', 'NOT_REQUESTED',
           now(), now() FROM unnest(ARRAY[$2, $3]::uuid[]) AS id;
    INSERT INTO transfers (customer_id, id, kind, amount_minor_units, asset, scale, debit_id, debit_sequence,
                           debit_balance_after, credit_id, credit_sequence, credit_balance_after, posted_at)
    VALUES ($1, $4, 'INTER_LEDGER', 30, 'GBP', 2, $2, 1, -30, $3, 1, 30, now() - interval '1 second');
    INSERT INTO accounts (customer_id, id, type, reference, content_hash, created_at, updated_at)
    VALUES ($1, $6, 'GROUP', 'customer123', decode(repeat('ab', 32), 'hex'), now(), now());
    INSERT INTO wallets (customer_id, id, account_id, account_reference, name, currency, accounting_type,
                         decimal_places, allow_negative, metadata, content_hash, created_at, updated_at)
    VALUES ($1, $5, $6, 'customer123', 'default', 'USD', 'LIABILITY', 2, true, '{"a": 1}', decode($7, 'hex'), now(),
            now())
"""
# As the version before this one writes the totals of a batch, and opens an account.
TOTALS_OF_EARLIER = "UPDATE posting_accounts SET debits = debits + $2, sequence = sequence + 1 WHERE id = $1"
CREDITS_OF_EARLIER = "UPDATE posting_accounts SET credits = credits + $2, sequence = sequence + 1 WHERE id = $1"


@pytest.fixture
async def filled(fresh_url):
    """A database of the version before this one with ledgers, a transfer and a wallet, migrated; answers the ids."""
    known = migrations()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, "migrations", lambda: [one for one in known if one.name < "0015"])
        await migrate(fresh_url)
    ids = [new_id() for _ in range(6)]
    connection = await asyncpg.connect(fresh_url)
    text = FILL
    for number, value in enumerate([*map(str, ids), HASH_OF_WALLET], 1):
        text = text.replace(f"${number}", f"'{value}'")
    await connection.execute(text)
    await connection.close()
    await migrate(fresh_url)
    await open_database(fresh_url, pool_size=5, application_name="quaestor-tests")
    yield ids
    await close_coalescer()
    await close_database()


def moved(debit_id, credit_id, value, key):
    return PostTransfer(debit_id=str(debit_id), credit_id=str(credit_id), amount=gbp(value), idempotency_key=key)


async def test_goes_on_with_what_an_earlier_version_filled(filled):
    customer_id, payer, payee, transfer_id, wallet_id, _ = filled
    actor = worker_actor(customer_id)
    ledger, wallet = await find_ledger(actor, payee), await find_wallet(actor, wallet_id)
    for party in (ledger, wallet):
        assert (party.freeze, party.overdraft_limit_minor_units) == (None, 0)
    assert (await find_transfer(actor, transfer_id)).is_forced is False
    assert ledger.available_minor_units == 30

    replayed = await create_wallet(actor, CreateWallet("customer123", WALLET))
    await post_transfer(actor, moved(payee, payer, "0.10", "a"))
    await freeze(actor, FreezeParty(str(payee), "Court order."))
    with pytest.raises(InvalidState, match="FROZEN"):
        await post_transfer(actor, moved(payee, payer, "0.10", "b"))

    assert (replayed[0].id, replayed[1]) == (wallet_id, True)
    found = {one.rule for one in (await prove_books()).findings.kept}
    assert not found & {rule.name for rule in CONTROL_RULES}
    assert "account-floor" not in found


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (CreateWallet("customer123", WALLET, "k"), HASH_OF_WALLET),
        (
            CreateAccount(
                "GROUP", "customer123", metadata={"b": 2}, wallets=(WALLET, NewWallet("x", "EUR", "ASSET", 0))
            ),
            HASH_OF_ACCOUNT,
        ),
    ],
)
def test_knows_the_commands_of_an_earlier_version_again(command, expected):
    assert check_order(Order(worker_actor(UUID(int=7)), command)).content_hash.hex() == expected


async def test_lets_an_earlier_version_move_nothing_that_is_frozen(filled):
    customer_id, payer, payee, *_ = filled
    actor = worker_actor(customer_id)
    await freeze(actor, FreezeParty(str(payee), "Court order."))

    for statement in (TOTALS_OF_EARLIER, CREDITS_OF_EARLIER):
        with pytest.raises(asyncpg.CheckViolationError, match="posting_accounts_frozen"):
            await pool().execute(statement, payee, 1)
        await pool().execute(statement, payer, 1)


async def test_lets_an_earlier_version_go_no_further_than_the_limit(filled):
    customer_id, _, payee, *_ = filled
    catalog = load_catalog(load_settings())
    await set_overdraft_limit(worker_actor(customer_id), SetOverdraftLimit(str(payee), gbp("1.00")), catalog=catalog)

    await pool().execute(TOTALS_OF_EARLIER, payee, 130)
    with pytest.raises(asyncpg.CheckViolationError, match="posting_accounts_floor"):
        await pool().execute(TOTALS_OF_EARLIER, payee, 1)
    assert (await fetchrow("SELECT debits FROM posting_accounts WHERE id = $1", payee))["debits"] == 130
