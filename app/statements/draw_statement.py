"""Draw up a statement: its span, its balances and its totals."""

from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from uuid import UUID

from app.journal.balances_at import BalanceDate, balances_at
from app.journal.closed_books import READ, books_closed_through
from app.journal.records import Side
from app.kernel.actor import Actor
from app.kernel.checks import refuse
from app.kernel.errors import DomainError, InvalidState
from app.kernel.money import Unit
from app.statements.queries import find_account, read_totals
from app.statements.records import Statement, StatementSpan
from app.statements.settled import NO_TIME, settled_after

MICROSECOND = timedelta(microseconds=1)
WRONG_BOOKS = "WRONG_BOOKS"


class DoesNotAddUp(InvalidState):
    """A stored balance is not what the entries make: a change by hand, a broken disk, or a fault of ours."""

    def __init__(self, where: str, stored: int, expected: int) -> None:
        message = (
            f"This statement does not add up: the balance {where} is {stored} minor units, and the entries make it "
            f"{expected}. Have the operator run `quaestor verify`."
        )
        super().__init__(message, status=WRONG_BOOKS)


@dataclass(frozen=True, slots=True)
class Span:
    """What a statement is asked for: from when, until when (excluded; None: now), and by which date."""

    start: datetime
    end: datetime | None = None
    by: BalanceDate = BalanceDate.POSTED


async def draw_span(actor: Actor, account_id: UUID, span: Span) -> StatementSpan | None:
    """What a statement is of, without its sums; None where this actor has no such ledger or wallet.

    It ends no later than the instant before which nothing can still be posted. So statements by the time of posting
    chain for ever: begin one where the other ended, and together they have each entry once. By value date they do only
    where the books are closed, since whatever is backdated into an open time belongs to it.

    :raises Invalid: it would end before it begins, or begin in the future.
    :raises LimitExceeded: something that is being posted takes long.
    """
    actor.require(READ)
    if span.end is not None and span.end <= span.start:
        refuse(NO_TIME, ("to",))
    settled = await settled_after(span.start)
    end = settled if span.end is None else min(span.end, settled)
    found = await find_account(actor, account_id)
    if found is None:
        return None
    closed_through = await books_closed_through(actor) if span.by is BalanceDate.EFFECTIVE else None
    return StatementSpan(
        side=Side(found.owner.id, found.book, is_system=False, holder_id=found.holder_id),
        owner=found.owner,
        unit=Unit(found.asset, found.scale),
        normal_side=found.normal_side,
        start=span.start,
        end=end,
        by=span.by,
        is_final=span.by is BalanceDate.POSTED or (closed_through is not None and end <= closed_through + MICROSECOND),
    )


async def draw_statement(actor: Actor, account_id: UUID, span: Span) -> Statement | None:
    """The statement of a ledger or wallet with its balances and totals. They are summed from all entries of its time.

    :raises Invalid, LimitExceeded: as `draw_span`.
    :raises DoesNotAddUp: the totals do not lead from the opening to the closing balance.
    """
    found = await draw_span(actor, account_id, span)
    if found is None:
        return None
    totals = await read_totals(actor, account_id, found.start, found.end, found.by)
    opening, closing = await _balances(actor, account_id, found.start, found.end, found.by)
    statement = Statement(
        **{field.name: getattr(found, field.name) for field in fields(found)},
        opening=opening,
        closing=closing,
        debits=totals.debits,
        credits=totals.credits,
        entry_count=totals.entry_count,
    )
    made = opening + statement.change("CREDIT", totals.credits) + statement.change("DEBIT", totals.debits)
    if made != closing:
        raise DoesNotAddUp("at the end", closing, made)
    return statement


async def _balances(actor: Actor, account_id: UUID, start: datetime, end: datetime, by: BalanceDate) -> tuple[int, int]:
    """The balances just before the start, and just before the end."""
    wanted = [(account_id, start - MICROSECOND), (account_id, end - MICROSECOND)]
    opening, closing = await balances_at(actor, wanted, by=by, are_settled=True)  # Both are before the horizon.
    for one in (opening, closing):
        if isinstance(one, DomainError):
            raise one
    assert not isinstance(opening, DomainError)
    assert not isinstance(closing, DomainError)
    return opening.minor_units, closing.minor_units
