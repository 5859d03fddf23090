"""PDF: what a reader that nobody here wrote finds on each page."""

import io
import re

import pypdfium2
import pytest
from hypothesis import given

from app.kernel.errors import Invalid
from app.statements.formats import pdf
from app.statements.formats.balance_chart import COLUMNS, chart_of
from app.statements.formats.pdf import FOOTNOTE, ROWS, ROWS_ON_FIRST, page_count_of, write_pdf
from app.statements.formats.pdf_text import LACKING, embedded_font, shown
from tests.statements.made_statements import SCRIPTS, make_line, make_statement, statements_drawn


def pages_of(statement, spool):
    """The text of each page."""
    document = pypdfium2.PdfDocument(b"".join(write_pdf(statement, spool)))
    texts = []
    for page in document:
        text = page.get_textpage()
        texts.append(text.get_text_range().replace("\r\n", "\n"))
        text.close()
        page.close()
    document.close()
    return texts


def test_has_a_summary_running_balances_and_totals_of_each_page():
    lines = [
        make_line(number, amount=100 + number, counterparty_iban="GB33BUKB20201555555555") for number in range(1, 41)
    ]
    statement, spool = make_statement(*lines, opening=5_000, iban="GB66PAYR04005200000013", bic="PAYRGB2LXXX")
    pages = pages_of(statement, spool)

    assert len(pages) == page_count_of(40) == 3
    assert "Grace Hopper · GB66PAYR04005200000013" in pages[0]
    assert "From 2026-10-01 00:00:00 UTC until before 2026-11-01 00:00:00 UTC" in pages[0]
    assert "40 entries of GBP, by time of posting. All times are UTC." in pages[0]
    for number, page in enumerate(pages, start=1):
        assert f"Page {number} of 3" in page
        assert "GB33BUKB20201555555555" in page
    rows = [lines[:ROWS_ON_FIRST], lines[ROWS_ON_FIRST : ROWS_ON_FIRST + ROWS], lines[ROWS_ON_FIRST + ROWS :]]
    for page, on_it in zip(pages, rows, strict=True):
        total = sum(line.amount for line in on_it)
        for minor_units in (total, *(line.balance for line in on_it)):
            assert f"{minor_units // 100}.{minor_units % 100:02}" in page


def test_says_when_something_was_backdated_or_taken_back():
    late = make_line(1, effective_at="2026-09-30T12:00:00.000000Z", kind="REVERSAL")
    [page] = pages_of(*make_statement(late))
    assert "value 2026-09-30 12:00:00" in page
    assert "reversal" in page


@pytest.mark.parametrize("name", SCRIPTS)
def test_shows_names_in_every_script_or_says_that_it_cannot(name):
    [page] = pages_of(*make_statement(make_line(1, counterparty_name=name)))
    embedded_font()
    _, lacks = shown(name, pdf.NAME_SIZE, pdf.NAME_WIDTH)
    assert lacks is (FOOTNOTE in page)
    assert lacks is (name in {"राम कुमार", "สมชาย ใจดี", "张伟有限公司", "山田 太郎", "김철수", "🦊 & Sons"})


def test_draws_from_right_to_left_and_joins_letters():
    embedded_font()
    drawn, lacks = shown("שלום כהן", 7, 400)
    assert (drawn, lacks) == ("ןהכ םולש", False)
    joined, lacks = shown("محمد", 7, 400)
    assert not lacks
    assert all("\ufe70" <= character <= "\ufeff" for character in joined)


def test_cuts_what_is_too_wide():
    embedded_font()
    drawn, _ = shown("x" * 140, 7, 100)
    assert drawn.endswith("…")
    assert len(drawn) < 40


def test_keeps_amounts_of_38_digits_within_their_columns():
    embedded_font()
    statement, spool = make_statement(make_line(1, amount=10**38 - 1), opening=0)
    paper = pdf._Paper(statement, spool, io.BytesIO())
    widest = pdf.width_of(paper._value(-(10**38 - 1)), paper._amount_size)
    assert widest <= pdf.AMOUNT_WIDTH + 0.01
    [page] = pages_of(statement, spool)
    assert "9" * 36 + ".99" in page


@given(statements_drawn())
def test_draws_any_statement(drawn):
    statement, spool = drawn
    pages = pages_of(statement, spool)
    assert len(pages) == page_count_of(len(spool))
    assert re.search(rf"Page {len(pages)} of {len(pages)}", pages[-1])


def test_refuses_more_entries_than_it_holds(monkeypatch):
    monkeypatch.setattr(pdf, "ENTRIES_MAX", 2)
    pdf.check_pdf(*make_statement(make_line(1), make_line(2)))
    with pytest.raises(Invalid, match="2 entries at most, and here are 3"):
        pdf.check_pdf(*make_statement(*(make_line(number) for number in range(1, 4))))


def test_counts_pages_at_their_ends():
    counts = [
        (0, 1),
        (ROWS_ON_FIRST, 1),
        (ROWS_ON_FIRST + 1, 2),
        (ROWS_ON_FIRST + ROWS, 2),
        (ROWS_ON_FIRST + ROWS + 1, 3),
    ]
    assert [(entries, page_count_of(entries)) for entries, _ in counts] == counts


def test_charts_the_lowest_and_the_highest_of_each_moment():
    lines = [make_line(number, "CREDIT" if number % 2 else "DEBIT", 500) for number in range(1, 5_001)]
    chart = chart_of(*make_statement(*lines, opening=1_000))
    assert (chart.lowest, chart.highest) == (1_000, 1_500)
    points = list(chart.points())
    assert len(points) <= 4 * COLUMNS + 2
    assert {y for _, y in points} == {0.0, 1.0}
    assert points[0] == (0.0, 0.0)
    assert LACKING == "□"


def test_draws_each_character_that_the_font_has():
    """As many as need several parts of the font, and those that a PDF's own text would take for its end."""
    embedded_font()
    name = "(a) b\\c) " + "".join(map(chr, range(0x100, 0x180))) + "".join(map(chr, range(0x391, 0x3A0))) + " АБВГД"
    [page] = pages_of(*make_statement(make_line(1, counterparty_name="(a) b\\c)", reference=name)))
    drawn, lacks = shown(f"{name}", pdf.SMALL_SIZE, pdf.NAME_WIDTH)
    assert not lacks
    assert drawn.endswith("…")
    assert page.count("(a) b\\c)") == 2
    assert drawn[:-1].strip() in page
