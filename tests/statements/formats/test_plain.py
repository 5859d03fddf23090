"""JSON, CSV and text: every amount exact, whatever was drawn."""

import csv
import io
import json

import pytest
from hypothesis import given

from app.kernel.money import decimal_text
from app.statements.formats.document import PIECE_BYTES
from app.statements.formats.plain import write_csv, write_json, write_text
from app.statements.formats.table import FORMATS, format_accepted, format_named
from tests.statements.made_statements import make_line, make_statement, statements_drawn


@given(statements_drawn())
def test_says_all_of_it_in_json(drawn):
    statement, spool = drawn
    told = json.loads(b"".join(write_json(statement, spool)))
    scale = statement.unit.scale
    assert (told["opening_balance"], told["closing_balance"]) == (
        decimal_text(statement.opening, scale),
        decimal_text(statement.closing, scale),
    )
    assert [
        (one["amount"], one["balance_after"], one["reference"], one["counterparty_name"]) for one in told["entries"]
    ] == [
        (decimal_text(line.amount, scale), decimal_text(line.balance, scale), line.reference, line.counterparty_name)
        for line in spool
    ]
    assert told["entry_count"] == len(spool)


@given(statements_drawn())
def test_says_all_of_it_in_csv(drawn):
    statement, spool = drawn
    rows = list(csv.DictReader(io.StringIO(b"".join(write_csv(statement, spool)).decode(), newline="")))
    assert [rows[0]["direction"], rows[-1]["direction"]] == ["OPENING", "CLOSING"]
    assert len(rows) == len(spool) + 2
    balance = statement.opening
    for row, line in zip(rows[1:-1], spool, strict=True):
        balance += statement.change(line.direction, line.amount)
        assert row["amount"] == decimal_text(line.amount, statement.unit.scale)
        assert row["balance_after"] == decimal_text(balance, statement.unit.scale)
        told = line.reference or ""
        assert row["reference"].removeprefix("'") == told.removeprefix("'")
        assert not row["reference"].startswith(("=", "+", "-", "@", "\t", "\r"))


@given(statements_drawn())
def test_gives_each_entry_a_line_of_text(drawn):
    statement, spool = drawn
    lines = b"".join(write_text(statement, spool)).decode().split("\n")
    assert len(lines) == len(spool) + 7


def test_sends_pieces_of_some_size():
    made = make_statement(*(make_line(number) for number in range(1, 1_500)))
    pieces = list(write_json(*made))
    assert len(pieces) > 2
    assert all(PIECE_BYTES <= len(piece) < 2 * PIECE_BYTES for piece in pieces[:-1])


@pytest.mark.parametrize(
    ("accept", "name"),
    [
        (None, "json"),
        ("*/*", "json"),
        ("text/csv", "csv"),
        ("text/*", "csv"),
        ("application/pdf, application/json;q=0.5", "pdf"),
        ("application/xml", "camt053"),
        ("application/vnd.swift.mt940", "mt940"),
        ("application/json;q=0, */*;q=0.1", "csv"),
        ("text/csv;q=none, application/json", "json"),
    ],
)
def test_answers_what_is_accepted_best(accept, name):
    assert format_accepted(accept).name == name


def test_has_none_for_who_accepts_none():
    assert format_accepted("image/png") is None
    assert format_named("pdf") is FORMATS["pdf"]
