"""A statement as text for people, as CSV for spreadsheets, and as JSON for scripts."""

import csv
import io
from collections.abc import Iterator

import orjson

from app.kernel.clock import rfc3339
from app.kernel.harmless_text import printable, spreadsheet_cell
from app.kernel.money import decimal_text
from app.statements.formats.document import in_pieces
from app.statements.records import Line, Statement
from app.statements.spool import Spool

AMOUNT_WIDTH_MIN = 14
CSV_COLUMNS = (
    "posted_at",
    "direction",
    "amount",
    "balance_after",
    "asset",
    "counterparty_id",
    "counterparty_name",
    "reference",
    "transfer_id",
    "effective_at",
    "counterparty_iban",
)


def write_text(statement: Statement, spool: Spool) -> Iterator[bytes]:
    """A table: opening balance, entries, closing balance."""
    return in_pieces(_text_lines(statement, spool))


def write_csv(statement: Statement, spool: Spool) -> Iterator[bytes]:
    """The rows of `CSV_COLUMNS`; the first and the last are OPENING and CLOSING, with a balance only."""
    return in_pieces(_csv_rows(statement, spool))


def write_json(statement: Statement, spool: Spool) -> Iterator[bytes]:
    """One object, its entries last."""
    return in_pieces(_json_parts(statement, spool))


def _text_lines(statement: Statement, spool: Spool) -> Iterator[str]:
    owner = statement.owner
    name = f"{owner.id} ({owner.iban})" if owner.iban else str(owner.id)
    yield f"{'Wallet' if statement.is_of_wallet else 'Ledger'} {name}, {statement.unit.asset}\n"
    yield f"From {rfc3339(statement.start)} to {rfc3339(statement.end)}, the latter excluded\n\n"

    def line(posted_at: str, direction: str, value: str, after: str, rest: str = "") -> str:
        width = AMOUNT_WIDTH_MIN
        return f"{posted_at:27}  {direction:9}  {value:>{width}}  {after:>{width}}  {rest}".rstrip() + "\n"

    scale = statement.unit.scale
    yield line("posted at", "direction", "amount", "balance after", f"{'transfer':36}  counterparty, reference")
    yield line("", "opening", "", decimal_text(statement.opening, scale))
    for entry in spool:
        named = entry.counterparty_name or entry.counterparty_id
        told = f"{named}, {entry.reference}" if entry.reference else named
        yield line(
            entry.posted_at,
            entry.direction.lower(),
            decimal_text(entry.amount, scale),
            decimal_text(entry.balance, scale),
            f"{entry.transfer_id}  {printable(told)}",
        )
    yield line("", "closing", "", decimal_text(statement.closing, scale))


def _csv_rows(statement: Statement, spool: Spool) -> Iterator[str]:
    buffer = io.StringIO()
    rows = csv.writer(buffer, lineterminator="\n")

    def row(*cells: str) -> str:
        rows.writerow(cells)
        text = buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
        return text

    asset, scale = statement.unit.asset, statement.unit.scale

    def balance(name: str, instant: str, minor_units: int) -> str:
        return row(instant, name, "", decimal_text(minor_units, scale), asset, "", "", "", "", "", "")

    yield row(*CSV_COLUMNS)
    yield balance("OPENING", rfc3339(statement.start), statement.opening)
    for line in spool:
        yield row(
            line.posted_at,
            line.direction,
            decimal_text(line.amount, scale),
            decimal_text(line.balance, scale),
            asset,
            line.counterparty_id,
            spreadsheet_cell(line.counterparty_name),
            spreadsheet_cell(line.reference),
            line.transfer_id,
            line.effective_at,
            line.counterparty_iban or "",
        )
    yield balance("CLOSING", rfc3339(statement.end), statement.closing)


def _json_parts(statement: Statement, spool: Spool) -> Iterator[str]:
    scale = statement.unit.scale
    head = {
        "wallet_id" if statement.is_of_wallet else "ledger_id": str(statement.owner.id),
        "name": statement.owner.name,
        "iban": statement.owner.iban,
        "asset": statement.unit.asset,
        "scale": scale,
        "from": rfc3339(statement.start),
        "to": rfc3339(statement.end),
        "by": statement.by.value,
        "is_final": statement.is_final,
        "opening_balance": decimal_text(statement.opening, scale),
        "closing_balance": decimal_text(statement.closing, scale),
        "debits": decimal_text(statement.debits, scale),
        "credits": decimal_text(statement.credits, scale),
        "entry_count": statement.entry_count,
    }
    yield orjson.dumps(head).decode().removesuffix("}") + ',"entries":['
    for number, line in enumerate(spool):
        yield ("\n" if number == 0 else ",\n") + _line_json(statement, line)
    yield "]}\n"


def _line_json(statement: Statement, line: Line) -> str:
    scale = statement.unit.scale
    fields = {
        "posted_at": line.posted_at,
        "effective_at": line.effective_at,
        "direction": line.direction,
        "amount": decimal_text(line.amount, scale),
        "balance_after": decimal_text(line.balance, scale),
        "counterparty_id": line.counterparty_id,
        "counterparty_name": line.counterparty_name,
        "counterparty_iban": line.counterparty_iban,
        "reference": line.reference,
        "transfer_id": line.transfer_id,
        "reverses_transfer_id": line.reverses_id,
    }
    return orjson.dumps(fields).decode()
