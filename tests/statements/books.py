"""Postings for the tests of statements and exports."""

from datetime import timedelta

from app.journal.posting_accounts import Book, NormalSide
from app.statements.draw_statement import Span
from app.statements.spool import Spool
from app.statements.spool_statement import spool_statement
from tests.bookkeeping import GBP, open_account
from tests.journal.orders import Amount, carry_out, made, post

TICK = timedelta(microseconds=1)


async def open_wallets(actor, unit, count=2):
    """Wallets of both sides that may fall below zero, in this unit."""
    sides = (NormalSide.CREDIT, NormalSide.DEBIT)
    return [
        await open_account(
            actor.customer_id, book=Book.WALLET, unit=unit, normal_side=sides[number % 2], allow_negative=True
        )
        for number in range(count)
    ]


async def move(actor, debit_id, credit_id, minor_units, unit=GBP, **more):
    """One transfer of so many minor units."""
    amount = Amount(minor_units, unit.scale, unit.asset)
    return made(*await carry_out(actor, post(actor, debit_id, credit_id, amount=amount, **more)))


async def drawn(actor, account_id, *span):
    """A statement and its lines."""
    with Spool() as spool:
        statement = await spool_statement(actor, account_id, Span(*span), spool)
        return statement, list(spool)
