"""A statement as text for people, as CSV for spreadsheets, and as JSON for scripts; written line by line."""

import csv
from collections.abc import Iterable, Iterator
from typing import TextIO

import orjson

from app.cli.draw_statement import Statement
from app.cli.output import printable, spreadsheet_cell
from app.cli.statement_spool import Entry
from app.kernel.clock import rfc3339
from app.kernel.money import decimal_text

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
)
AMOUNT_WIDTH_MIN = 14


def write_text(statement: Statement, entries: Iterable[Entry], output: TextIO) -> None:
    """A table: opening balance, entries, closing balance."""
    name = f"{statement.ledger_id} ({statement.iban})" if statement.iban else statement.ledger_id
    print(f"Ledger {name}, {statement.asset}", file=output)
    print(f"From {rfc3339(statement.start)} to {rfc3339(statement.end)}, the latter excluded\n", file=output)
    amount, balance = AMOUNT_WIDTH_MIN, AMOUNT_WIDTH_MIN

    def line(posted_at: str, direction: str, value: str, after: str, rest: str) -> None:
        print(f"{posted_at:27}  {direction:9}  {value:>{amount}}  {after:>{balance}}  {rest}".rstrip(), file=output)

    line("posted at", "direction", "amount", "balance after", f"{'transfer':36}  counterparty, reference")
    line("", "opening", "", decimal_text(statement.opening, statement.scale), "")
    for entry in entries:
        line(
            entry.posted_at,
            entry.direction.lower(),
            decimal_text(entry.amount, statement.scale),
            decimal_text(entry.balance_after, statement.scale),
            f"{entry.transfer_id}  {printable(_counterparty(entry))}",
        )
    line("", "closing", "", decimal_text(statement.closing, statement.scale), "")


def write_csv(statement: Statement, entries: Iterable[Entry], output: TextIO) -> None:
    """The rows of `CSV_COLUMNS`; the first and the last are OPENING and CLOSING, with a balance only."""
    rows = csv.writer(output, lineterminator="\n")
    rows.writerow(CSV_COLUMNS)
    rows.writerow(_balance_row(statement, "OPENING", rfc3339(statement.start), statement.opening))
    for entry in entries:
        rows.writerow(
            (
                entry.posted_at,
                entry.direction,
                decimal_text(entry.amount, statement.scale),
                decimal_text(entry.balance_after, statement.scale),
                statement.asset,
                entry.counterparty_id,
                spreadsheet_cell(entry.counterparty_name),
                spreadsheet_cell(entry.reference),
                entry.transfer_id,
            )
        )
    rows.writerow(_balance_row(statement, "CLOSING", rfc3339(statement.end), statement.closing))


def write_json(statement: Statement, entries: Iterable[Entry], output: TextIO) -> None:
    """One object; its entries are written one by one."""
    head = {
        "ledger_id": statement.ledger_id,
        "iban": statement.iban,
        "asset": statement.asset,
        "scale": statement.scale,
        "from": rfc3339(statement.start),
        "to": rfc3339(statement.end),
        "opening_balance": decimal_text(statement.opening, statement.scale),
        "closing_balance": decimal_text(statement.closing, statement.scale),
    }
    output.write(orjson.dumps(head).decode().removesuffix("}") + ',"entries":[')
    output.writelines(_separated(_entry_json(statement, entry) for entry in entries))
    output.write("]}\n")


def _separated(parts: Iterable[str]) -> Iterator[str]:
    for number, part in enumerate(parts):
        yield "\n" + part if number == 0 else ",\n" + part


def _entry_json(statement: Statement, entry: Entry) -> str:
    fields = {
        "posted_at": entry.posted_at,
        "direction": entry.direction,
        "amount": decimal_text(entry.amount, statement.scale),
        "balance_after": decimal_text(entry.balance_after, statement.scale),
        "counterparty_id": entry.counterparty_id,
        "counterparty_name": entry.counterparty_name,
        "reference": entry.reference,
        "transfer_id": entry.transfer_id,
    }
    return orjson.dumps(fields).decode()


def _balance_row(statement: Statement, name: str, instant: str, balance: int) -> tuple[str, ...]:
    return (instant, name, "", decimal_text(balance, statement.scale), statement.asset, "", "", "", "")


def _counterparty(entry: Entry) -> str:
    named = entry.counterparty_name or entry.counterparty_id
    return f"{named}, {entry.reference}" if entry.reference else named
