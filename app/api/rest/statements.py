"""Statements over REST, in every format, and the whole journal for programs of plain-text accounting."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from functools import partial
from uuid import UUID

from app.api.http_request import Refused
from app.api.rest import statement_shapes as shapes
from app.api.rest.ledgers import LEDGER
from app.api.rest.operation import Asked, Download, Operation
from app.api.rest.spans import begin_of
from app.db.identifiers import parse_id
from app.journal.balances_at import BalanceDate
from app.kernel.clock import rfc3339
from app.kernel.errors import NotFound
from app.statements.draw_statement import Span
from app.statements.export_journal import JOURNALS, export_journal
from app.statements.formats.document import Format
from app.statements.formats.table import FORMATS, format_accepted, format_named
from app.statements.records import Statement
from app.statements.spool import Spool
from app.statements.spool_statement import spool_statement

TAG = "Statements"
WALLET_STATEMENT = "/api/v1/wallet/{wallet_id}/statement"
READ = "transfers:read"
MEDIA_TYPES = tuple(one.media_type for one in FORMATS.values() if one.name != "json")
DESCRIPTION = (
    "Opening balance, every entry, oldest first, and closing balance. `to` is excluded, and never later than what can "
    "still change: begin the next one there, and together they have each entry once. By value date that holds where "
    "the books are closed. What a format cannot say is refused with the reason."
)
NOT_ACCEPTABLE = 406


async def _answer(asked: Asked, given: shapes.StatementParameters, noun: str) -> Download:
    wanted = _wanted_format(asked, given.format)
    account_id = parse_id(asked.names[f"{noun}_id"], (f"{noun}_id",))
    begin = begin_of(given.from_, ("from",))
    assert begin is not None, "it is required"
    span = Span(begin, begin_of(given.to, ("to",)), BalanceDate(given.by.upper()))
    spool = Spool()
    try:
        statement = await _found(asked, account_id, span, spool, noun)
        wanted.check(statement, spool)
    except BaseException:
        spool.close()
        raise
    return Download(
        media_type=wanted.media_type,
        file_name=f"statement-{account_id}-{statement.start:%Y%m%d}.{wanted.ending}",
        pieces=_in_threads(wanted.write(statement, spool), spool),
        headers=_span_headers(statement),
    )


async def _found(asked: Asked, account_id: UUID, span: Span, spool: Spool, noun: str) -> Statement:
    statement = await spool_statement(asked.actor, account_id, span, spool)
    if statement is None or statement.is_of_wallet is not (noun == "wallet"):
        raise NotFound(f"There is no such {noun}.")
    return statement


def _wanted_format(asked: Asked, name: str | None) -> Format:
    if name is not None:
        return format_named(name)
    accepted = format_accepted(asked.accept)
    if accepted is None:
        offered = ", ".join(one.media_type for one in FORMATS.values())
        raise Refused(NOT_ACCEPTABLE, f"Accept one of {offered}, or give `format`.")
    return accepted


def _span_headers(statement: Statement) -> tuple[tuple[bytes, bytes], ...]:
    return (
        (b"statement-from", rfc3339(statement.start).encode("ascii")),
        (b"statement-to", rfc3339(statement.end).encode("ascii")),
    )


async def _in_threads(pieces: Iterator[bytes], spool: Spool) -> AsyncIterator[bytes]:
    """The pieces, each made in a thread, so that other requests are answered meanwhile; then the spool is let go."""
    try:
        while True:
            making = asyncio.ensure_future(asyncio.to_thread(next, pieces, None))
            try:
                piece = await asyncio.shield(making)
            except asyncio.CancelledError:
                await asyncio.wait([making])  # The thread still reads the spool.
                raise
            if piece is None:
                return
            yield piece
    finally:
        spool.close()


async def _journal(asked: Asked, given: shapes.JournalParameters) -> Download:
    kind = JOURNALS[given.format]
    return Download(
        media_type="text/plain", file_name=f"journal.{kind.ending}", pieces=await export_journal(asked.actor, kind)
    )


_fetch = partial(
    Operation,
    method="GET",
    tag=TAG,
    description=DESCRIPTION,
    parameters=shapes.StatementParameters,
    answers=shapes.StatementAnswer,
    media_types=MEDIA_TYPES,
    refusals=(404, NOT_ACCEPTABLE, 409),
)

OPERATIONS = (
    _fetch(
        name="fetchStatement",
        path=f"{LEDGER}/statement",
        summary="The statement of a ledger",
        call=partial(_answer, noun="ledger"),
        scopes=(READ, "ledgers:read"),
    ),
    _fetch(
        name="fetchWalletStatement",
        path=WALLET_STATEMENT,
        summary="The statement of a wallet",
        call=partial(_answer, noun="wallet"),
        scopes=(READ, "accounts:read"),
    ),
    Operation(
        name="exportJournal",
        method="GET",
        path="/v1/customer/journal",
        tag=TAG,
        summary="The whole journal, for beancount or hledger",
        description=(
            "Every transaction that is settled, oldest first, with the balance of each account that moved at the end "
            "of each day. Not for one holder's token."
        ),
        call=_journal,
        parameters=shapes.JournalParameters,
        answers=str,
        media_types=("text/plain",),
        scopes=(READ, "ledgers:read", "accounts:read"),
    ),
)
