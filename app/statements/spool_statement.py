"""Read a whole statement into a spool, and check every line of it."""

from uuid import UUID

from app.db.snapshot import current_snapshot, in_one_snapshot
from app.journal.balances_at import BalanceDate
from app.kernel.actor import Actor
from app.kernel.checks import refuse
from app.statements.draw_statement import DoesNotAddUp, Span, draw_statement
from app.statements.queries import pages_of_lines
from app.statements.records import Statement
from app.statements.spool import Spool

ENTRIES_MAX = 1_000_000
"""How many entries one document has at most."""


async def spool_statement(actor: Actor, account_id: UUID, span: Span, spool: Spool) -> Statement | None:
    """The statement, with its lines in `spool`, all read from one snapshot; None where this actor has no such account.

    :raises Invalid: as `draw_statement`; or there are more entries than one document holds.
    :raises DoesNotAddUp: a line's balance is not the one before it plus the line.
    :raises LimitExceeded: as `draw_statement`.
    """

    async def read() -> Statement | None:
        spool.clear()
        statement = await draw_statement(actor, account_id, span)
        snapshot = current_snapshot()
        is_made_again = snapshot is not None and snapshot.must_repeat
        if statement is None or is_made_again:
            return statement
        if statement.entry_count > ENTRIES_MAX:
            message = f"This statement has {statement.entry_count:,} entries, and one document at most {ENTRIES_MAX:,}"
            refuse(f"{message}: choose a shorter time.", ("to",))
        await _read_lines(actor, statement, spool)
        return statement

    return await in_one_snapshot(read)


async def _read_lines(actor: Actor, statement: Statement, spool: Spool) -> None:
    balance = statement.opening
    async for page in pages_of_lines(actor, statement):
        for line in page:
            balance += statement.change(line.direction, line.amount)
            if statement.by is BalanceDate.EFFECTIVE:
                line.balance = balance
            elif line.balance != balance:
                raise DoesNotAddUp(f"after transfer {line.transfer_id}", line.balance, balance)
        spool.add(page)
    if balance != statement.closing:
        raise DoesNotAddUp("at the end", statement.closing, balance)
