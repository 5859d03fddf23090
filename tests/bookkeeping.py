"""Posting accounts, money in them, and proof that a refusal changed nothing. For the tests of everything that posts."""

import contextlib

from app.db.connection import fetch, fetchrow, fetchval
from app.db.identifiers import new_id
from app.db.transaction import transaction
from app.journal.amounts import AmountText, exact
from app.journal.coalescer import Coalescer
from app.journal.instructions import Post
from app.journal.posting_accounts import Book, NewPostingAccount, NormalSide, open_posting_accounts
from app.journal.system_accounts import open_system_account
from app.kernel.actor import worker_actor
from app.kernel.errors import DomainError
from app.kernel.money import Unit

GBP = Unit("GBP", 2)


def gbp(value):
    """An amount of pounds as it is sent."""
    return AmountText(value, "GBP")


async def open_account(
    customer_id,
    *,
    book=Book.BANK,
    unit=GBP,
    normal_side=NormalSide.CREDIT,
    holder_id=None,
    is_open=True,
    allow_negative=False,
    balance=0,
):
    """A posting account as a ledger (or wallet) would have it, with so many minor units in it; answers its id."""
    account = NewPostingAccount(
        id=new_id(),
        book=book,
        unit=unit,
        normal_side=normal_side,
        holder_id=holder_id,
        is_open=is_open,
        allow_negative=allow_negative,
    )
    async with transaction() as tx:
        await open_posting_accounts(tx, customer_id, [account])
    if balance:
        await fund(customer_id, account.id, balance)
    return account.id


async def fund(customer_id, account_id, minor_units):
    """Move so many minor units into an account, from a system account that stands for the world outside."""
    row = await fetchrow("SELECT * FROM posting_accounts WHERE customer_id = $1 AND id = $2", customer_id, account_id)
    unit = Unit(row["asset"], row["scale"])
    system_key = f"settlement:tests-{row['book']}-{unit.asset}-{unit.scale}"
    async with transaction() as tx:
        await open_system_account(tx, customer_id, system_key, name="Tests", book=Book(row["book"]), unit=unit)
    system_id = await fetchval(
        "SELECT id FROM system_accounts WHERE customer_id = $1 AND system_key = $2", customer_id, system_key
    )
    sides = (system_id, account_id) if row["normal_side"] == "CREDIT" else (account_id, system_id)
    posting = Post(
        actor=worker_actor(customer_id),
        resource_id=new_id(),
        key=None,
        debit_id=sides[0],
        credit_id=sides[1],
        amount=exact(minor_units, unit),
        system_id=system_id,
    )
    (outcome,) = await Coalescer().submit(customer_id, [posting])
    if isinstance(outcome, DomainError):
        raise outcome


async def balance_of(customer_id, account_id):
    """Posted and held minor units, and the number of entries."""
    row = await fetchrow("SELECT * FROM posting_accounts WHERE customer_id = $1 AND id = $2", customer_id, account_id)
    sign = 1 if row["normal_side"] == "CREDIT" else -1
    return sign * (row["credits"] - row["debits"]), row["held"], row["sequence"]


ROW = "t::text || t.xmin::text"
ROW_OF_KEY = "(to_jsonb(t) - 'last_used_at')::text"
"""When a key was last used is noted in the background, at any time after it was."""


async def every_row():
    """Every row of every table, as text."""
    tables = await fetch("SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
    rows_of = (
        f"SELECT '{name}' AS name, array_agg({ROW_OF_KEY if name == 'api_keys' else ROW}) AS rows FROM {name} AS t"
        for (name,) in tables
    )
    return {row["name"]: sorted(row["rows"] or []) for row in await fetch(" UNION ALL ".join(rows_of))}


@contextlib.asynccontextmanager
async def nothing_changes():
    """Not one row of any table differs after the block, nor was one written again."""
    before = await every_row()
    yield
    after = await every_row()
    for table, rows in before.items():
        assert after[table] == rows, f"rows of {table} differ"
