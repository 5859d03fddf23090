"""A statement on paper: a summary with a chart of the balance, then every entry, with totals on each page."""

import tempfile
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from threading import Lock
from typing import IO, Any

from reportlab.lib.pagesizes import A4, landscape
from reportlab.pdfgen.canvas import Canvas

from app.journal.balances_at import BalanceDate
from app.kernel.checks import refuse
from app.kernel.money import decimal_text
from app.statements.formats.balance_chart import BalanceChart, chart_of
from app.statements.formats.document import PIECE_BYTES
from app.statements.formats.pdf_ink import PageInk
from app.statements.formats.pdf_text import FONT, LACKING, embedded_font, shown, width_of
from app.statements.records import CREDIT, Line, Statement
from app.statements.spool import Spool

WIDTH, HEIGHT = landscape(A4)
MARGIN = 36.0
LEFT, RIGHT, TOP = MARGIN, WIDTH - MARGIN, HEIGHT - MARGIN
ROW_HEIGHT = 20.0
ROWS_ON_FIRST, ROWS = 11, 22
CHART_HEIGHT = 100.0
HEAD_ON_FIRST = 232.0
HEAD = 14.0
NAME_SIZE, SMALL_SIZE, AMOUNT_SIZE = 7.5, 6.0, 7.0
TIME_WIDTH, AMOUNT_WIDTH, GAP = 92.0, 132.0, 8.0
NAME_LEFT = LEFT + TIME_WIDTH + GAP
NAME_WIDTH = RIGHT - 3 * (AMOUNT_WIDTH + GAP) - NAME_LEFT
DEBIT_RIGHT, CREDIT_RIGHT = RIGHT - 2 * (AMOUNT_WIDTH + GAP), RIGHT - AMOUNT_WIDTH - GAP
GRAY, BLACK, LINE, RULE = 0.4, 0.0, 0.6, 0.3
FOOTNOTE = f"{LACKING} stands for a character that this document's font has not: CSV, JSON and camt.053 have it."

ENTRIES_MAX = 100_000
"""The library keeps all pages until the document is done: about one kilobyte for each entry."""

_one_at_a_time = Lock()
"""The library keeps its fonts in tables of the process."""


def check_pdf(_statement: Statement, spool: Spool) -> None:
    """Refuse more entries than one document holds.

    :raises Invalid: says how many there are.
    """
    if len(spool) > ENTRIES_MAX:
        message = f"A PDF holds {ENTRIES_MAX:,} entries at most, and here are {len(spool):,}"
        refuse(f"{message}: choose a shorter time, or csv or json.", ("format",))


def write_pdf(statement: Statement, spool: Spool) -> Iterator[bytes]:
    """The document. It is drawn whole before its first byte."""
    with tempfile.TemporaryFile() as file:
        with _one_at_a_time:
            embedded_font()
            _Paper(statement, spool, file).draw()
        file.seek(0)
        while piece := file.read(PIECE_BYTES):
            yield piece


def page_count_of(entry_count: int) -> int:
    """How many pages so many entries take."""
    return 1 + max(0, -(-(entry_count - ROWS_ON_FIRST) // ROWS))


class _Paper:
    """Draws one document. Its canvas counts in points, from the lower left corner."""

    def __init__(self, statement: Statement, spool: Spool, file: IO[bytes]) -> None:
        self._statement = statement
        self._spool = spool
        self._canvas: Any = Canvas(file, pagesize=(WIDTH, HEIGHT), pageCompression=1, initialFontName=FONT)
        self._canvas.setTitle(f"Statement of {statement.owner.id}")
        self._canvas.setAuthor("Quaestor")
        self._ink = PageInk(self._canvas)
        self._chart = chart_of(statement, spool)
        self._page_count = page_count_of(len(spool))
        self._balance = statement.opening
        self._lacks = False
        extremes = (self._chart.lowest, self._chart.highest, -statement.debits, -statement.credits)
        longest = max(width_of(self._value(one), AMOUNT_SIZE) for one in extremes)
        self._amount_size = min(AMOUNT_SIZE, AMOUNT_SIZE * AMOUNT_WIDTH / longest)

    def draw(self) -> None:
        """Draw all pages."""
        lines = iter(self._spool)
        for number in range(1, self._page_count + 1):
            self._draw_page(number, list(islice(lines, ROWS_ON_FIRST if number == 1 else ROWS)))
        self._canvas.save()

    def _draw_page(self, number: int, lines: list[Line]) -> None:
        self._lacks = False
        if number == 1:
            self._draw_summary()
            top = TOP - HEAD_ON_FIRST
        else:
            self._text(LEFT, TOP - 8, f"{self._of()} · {self._span()}", SMALL_SIZE, gray=GRAY)
            top = TOP - HEAD
        self._draw_head(top)
        top -= 26
        for line in lines:
            top -= ROW_HEIGHT
            self._draw_line(top, line)
        self._draw_totals(top - 13, lines)
        self._draw_foot(number)
        self._ink.put()
        self._canvas.showPage()

    def _draw_summary(self) -> None:
        statement, owner = self._statement, self._statement.owner
        self._text(LEFT, TOP - 14, "Statement", 16)
        self._text(LEFT, TOP - 30, self._of(), 9)
        self._text(LEFT, TOP - 43, self._span(), 8)
        by = "time of posting" if statement.by is BalanceDate.POSTED else "value date"
        still = "" if statement.is_final else " These books are not closed: what is backdated can still change it."
        told = f"{statement.entry_count:,} entries of {statement.unit.asset}, by {by}. All times are UTC.{still}"
        self._text(LEFT, TOP - 55, told, 8, gray=GRAY)
        for place, (label, value) in enumerate(
            (
                ("Opening balance", statement.opening),
                ("Credits", statement.credits),
                ("Debits", statement.debits),
                ("Closing balance", statement.closing),
            )
        ):
            left = LEFT + place * (RIGHT - LEFT) / 4
            self._text(left, TOP - 76, label, 7, gray=GRAY)
            size = min(11.0, 11.0 * 180 / max(width_of(self._value(value), 11.0), 1))
            self._text(left, TOP - 90, self._value(value), size)
        if owner.bic is not None:
            self._text_right(RIGHT, TOP - 14, f"BIC {owner.bic}", 8, gray=GRAY)
        self._draw_chart(self._chart, TOP - 100 - CHART_HEIGHT)

    def _draw_chart(self, chart: BalanceChart, bottom: float) -> None:
        canvas, width = self._canvas, RIGHT - LEFT
        canvas.setStrokeGray(LINE)
        canvas.setLineWidth(RULE)
        canvas.rect(LEFT, bottom, width, CHART_HEIGHT)
        if chart.lowest < 0 < chart.highest:
            zero = bottom + chart.height_of(0) * CHART_HEIGHT
            canvas.line(LEFT, zero, RIGHT, zero)
        path = canvas.beginPath()
        for number, (x, y) in enumerate(chart.points()):
            (path.lineTo if number else path.moveTo)(LEFT + x * width, bottom + y * CHART_HEIGHT)
        canvas.setStrokeColorRGB(0.1, 0.3, 0.7)
        canvas.setLineWidth(0.8)
        canvas.drawPath(path)
        self._text(LEFT + 3, bottom + CHART_HEIGHT - 8, self._value(chart.highest), SMALL_SIZE, gray=GRAY)
        self._text(LEFT + 3, bottom + 3, self._value(chart.lowest), SMALL_SIZE, gray=GRAY)
        self._text(LEFT, bottom - 9, _instant(self._statement.start), SMALL_SIZE, gray=GRAY)
        self._text_right(RIGHT, bottom - 9, _instant(self._statement.end), SMALL_SIZE, gray=GRAY)

    def _draw_head(self, top: float) -> None:
        self._text(LEFT, top - 9, "Posted (UTC)", SMALL_SIZE, gray=GRAY)
        self._text(NAME_LEFT, top - 9, "Counterparty, its account, reference", SMALL_SIZE, gray=GRAY)
        for right, label in ((DEBIT_RIGHT, "Debit"), (CREDIT_RIGHT, "Credit"), (RIGHT, "Balance")):
            self._text_right(right, top - 9, label, SMALL_SIZE, gray=GRAY)
        self._rule(top - 12)
        self._text(NAME_LEFT, top - 22, "Brought forward", SMALL_SIZE, gray=GRAY)
        self._amount(RIGHT, top - 22, self._balance)

    def _draw_line(self, bottom: float, line: Line) -> None:
        self._text(LEFT, bottom + 11, _moment(line.posted_at), SMALL_SIZE)
        if line.effective_at != line.posted_at:
            self._text(LEFT, bottom + 3, f"value {_moment(line.effective_at)}", SMALL_SIZE, gray=GRAY)
        self._text(NAME_LEFT, bottom + 11, line.counterparty_name or line.counterparty_id, NAME_SIZE, NAME_WIDTH)
        parts = [_account(line), "reversal" if line.is_reversal else None, line.reference]
        self._text(NAME_LEFT, bottom + 3, " · ".join(filter(None, parts)), SMALL_SIZE, NAME_WIDTH, gray=GRAY)
        self._amount(CREDIT_RIGHT if line.direction == CREDIT else DEBIT_RIGHT, bottom + 11, line.amount)
        self._amount(RIGHT, bottom + 11, line.balance)
        self._balance = line.balance

    def _draw_totals(self, bottom: float, lines: list[Line]) -> None:
        self._rule(bottom + 9)
        self._text(NAME_LEFT, bottom, "Total of this page, and balance", SMALL_SIZE, gray=GRAY)
        self._amount(DEBIT_RIGHT, bottom, sum(line.amount for line in lines if line.direction != CREDIT))
        self._amount(CREDIT_RIGHT, bottom, sum(line.amount for line in lines if line.direction == CREDIT))
        self._amount(RIGHT, bottom, self._balance)

    def _draw_foot(self, number: int) -> None:
        self._text_right(RIGHT, MARGIN - 10, f"Page {number:,} of {self._page_count:,}", SMALL_SIZE, gray=GRAY)
        if self._lacks:
            self._text(LEFT, MARGIN - 10, FOOTNOTE, SMALL_SIZE, gray=GRAY)

    def _of(self) -> str:
        owner = self._statement.owner
        account = owner.iban or f"{'Wallet' if self._statement.is_of_wallet else 'Ledger'} {owner.id}"
        return f"{owner.name} · {account}" if owner.name else account

    def _span(self) -> str:
        return f"From {_instant(self._statement.start)} until before {_instant(self._statement.end)}"

    def _value(self, minor_units: int) -> str:
        return decimal_text(minor_units, self._statement.unit.scale)

    def _amount(self, right: float, bottom: float, minor_units: int) -> None:
        self._text_right(right, bottom, self._value(minor_units), self._amount_size)

    def _text(
        self, left: float, bottom: float, text: str, size: float, width: float = RIGHT - LEFT, *, gray: float = BLACK
    ) -> None:
        drawn, lacks = shown(text, size, width)
        self._lacks = self._lacks or lacks
        self._ink.add(left, bottom, drawn, size, gray)

    def _text_right(self, right: float, bottom: float, text: str, size: float, *, gray: float = BLACK) -> None:
        self._ink.add(right - width_of(text, size), bottom, text, size, gray)

    def _rule(self, height: float) -> None:
        self._canvas.setStrokeGray(LINE)
        self._canvas.setLineWidth(RULE)
        self._canvas.line(LEFT, height, RIGHT, height)


def _account(line: Line) -> str | None:
    """The other side's account, as far as it is known: `GB66…`, or sort code and account number."""
    if line.counterparty_iban is not None:
        return line.counterparty_iban
    code, number = line.counterparty_sort_code, line.counterparty_account_number
    return None if code is None else f"{code[:2]}-{code[2:4]}-{code[4:]} {number}"


def _instant(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M:%S} UTC" if instant.microsecond == 0 else f"{instant:%Y-%m-%d %H:%M:%S.%f} UTC"


def _moment(text: str) -> str:
    """`2026-11-20T12:00:00.123456Z` as `2026-11-20 12:00:00`."""
    return text[:19].replace("T", " ")
