"""MT940: read back by parsers that nobody here wrote; signs, years, references and characters."""

import re
from decimal import Decimal

import mt940
import pytest
from hypothesis import assume, given

from app.journal.posting_accounts import NormalSide
from app.kernel.errors import Invalid
from app.kernel.money import decimal_text
from app.statements.formats.mt940 import check_mt940, in_swift_characters, write_mt940
from tests.statements.made_statements import START, make_line, make_statement, statements_drawn

IN_X = re.compile(r"[A-Za-z0-9/\-?:().,'+ ]*")


def written(statement, spool):
    check_mt940(statement, spool)
    return b"".join(write_mt940(statement, spool)).decode("ascii")


def lines_of(statement, spool):
    content = written(statement, spool)
    assert content.endswith("\r\n-\r\n")
    return content.removesuffix("\r\n").split("\r\n")


def signed(line, scale):
    value = Decimal(decimal_text(line.amount, scale))
    return value if line.direction == "CREDIT" else -value


@given(statements_drawn(of_banks=True, digits_max=13))
def test_is_read_back_by_mt_940(drawn):
    statement, spool = drawn
    read = mt940.parse(written(statement, spool))
    scale = statement.unit.scale
    opening, closing = (read.data[name].amount for name in ("final_opening_balance", "final_closing_balance"))
    assert opening.amount == Decimal(decimal_text(statement.credited(statement.opening), scale))
    assert closing.amount == Decimal(decimal_text(statement.credited(statement.closing), scale))
    assert opening.currency == statement.unit.asset
    told = [(one.data["status"], abs(one.data["amount"].amount), one.data["date"].isoformat()) for one in read]
    marks = {("CREDIT", False): "C", ("DEBIT", False): "D", ("CREDIT", True): "RD", ("DEBIT", True): "RC"}
    assert told == [
        (marks[line.direction, line.is_reversal], abs(signed(line, scale)), line.effective_at[:10]) for line in spool
    ]
    for one, line in zip(read, spool, strict=True):
        assert one.data["bank_reference"] == str(line.sequence)
        entry_date = one.data.get("entry_date")
        assert entry_date is None or entry_date.isoformat() == line.posted_at[:10]


@pytest.mark.thorough
@given(statements_drawn(of_banks=True, digits_max=13))
def test_is_read_back_by_x940(drawn):
    x940 = pytest.importorskip("x940")
    statement, spool = drawn
    # It takes a balance of zero for none, tells no sign of others, and knows no amount of three decimals.
    assume(0 not in {statement.opening, statement.closing} and statement.unit.scale <= 2)
    # It takes the hyphen that ends a message for a part of the last field, and knows no slash in a reference.
    plain = re.sub(r"(?<=NTRF)[^\r]{1,16}(?=//)", lambda found: found[0].replace("/", "."), written(statement, spool))
    read = x940.MT940(plain.removesuffix("-\r\n"))
    scale = statement.unit.scale
    assert read.currency == statement.unit.asset
    assert read.opening_balance == float(decimal_text(abs(statement.opening), scale))
    assert read.closing_balance == float(decimal_text(abs(statement.closing), scale))
    told = [(one.amount, one.is_reversal, one.value_date, one.bank_reference) for one in read.transactions]
    assert told == [
        (float(signed(line, scale)), line.is_reversal, line.effective_at[:10], str(line.sequence)) for line in spool
    ]
    for one, line in zip(read.transactions, spool, strict=True):
        assert one.entry_date in {None, line.posted_at[:10]}


@given(statements_drawn(of_banks=True, digits_max=13))
def test_keeps_to_the_form_of_swift(drawn):
    lines = lines_of(*drawn)
    assert all(IN_X.fullmatch(line) for line in lines)
    assert not [line for line in lines if len(line) > len(":61:") + 65]
    texts = [line for line in lines if not re.match(r":\d\d[A-Z]?:|-$", line)]
    assert not [line for line in texts if line.startswith((":", "-"))]
    for line in lines:
        if line.startswith(":61:"):
            assert re.fullmatch(r":61:\d{6}(\d{4})?(R?[CD])\d{1,14},\d{0,14}NTRF(?!/)[^\r\n]{1,16}//\d{1,16}", line), (
                line
            )


@pytest.mark.parametrize(("kind", "is_named"), [("PAYMENT_OUT", False), ("INTER_LEDGER", True)])
def test_names_no_account_of_ours_as_a_receiver_s(kind, is_named):
    statement, spool = make_statement(make_line(1, "DEBIT", kind=kind), opening=100)
    told = written(statement, spool).replace("\r\n", "")
    assert ("/ACCT/" in told, "/NAME/Ada" in told) == (is_named, True)


def test_marks_reversals_by_what_they_take_back():
    made = make_statement(
        make_line(1, "CREDIT", 2_500),
        make_line(2, "DEBIT", 2_500, kind="REVERSAL"),
        make_line(3, "DEBIT", 1_000),
        make_line(4, "CREDIT", 1_000, kind="REVERSAL"),
        opening=10_000,
    )
    marks = [re.match(r":61:\d{10}(R?[CD])", line)[1] for line in lines_of(*made) if line.startswith(":61:")]
    assert marks == ["C", "RC", "D", "RD"]


def test_gives_entry_dates_over_new_year_and_leaves_out_those_that_would_be_misread():
    over = make_line(1, posted_at="2027-01-02T10:00:00.000000Z", effective_at="2026-12-31T00:00:00.000000Z")
    late = make_line(2, posted_at="2027-01-02T10:00:00.000000Z", effective_at="2026-01-31T00:00:00.000000Z")
    made = make_statement(over, late, end=START.replace(year=2027, month=2))
    heads = [line for line in lines_of(*made) if line.startswith(":61:")]
    assert heads[0].startswith(":61:2612310102C1,00")
    assert heads[1].startswith(":61:260131C1,00")
    assert "/TIME/2027-01-02T10:00:00.000000Z" in written(*made).replace("\r\n", "")
    [first, second] = mt940.parse(written(*made))
    assert first.data["entry_date"].isoformat() == "2027-01-02"
    assert second.data.get("entry_date") is None


@pytest.mark.parametrize(
    ("reference", "told"),
    [
        (None, "NONREF"),
        ("invoice 2026-117", "invoice 2026-117"),
        ("an invoice of 2026", "an invoice of 20"),
        ("//", "NONREF"),
        ("/a//b/", "a/b"),
        ("Žofie", "Zofie"),
        ("张", "."),
    ],
)
def test_cuts_the_reference_to_sixteen_characters(reference, told):
    [head] = [line for line in lines_of(*make_statement(make_line(7, reference=reference))) if line.startswith(":61:")]
    assert head.partition("NTRF")[2] == f"{told}//7"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Þórður Æ. Œuvre", "THordur AE. OEuvre"),
        ("Straße & Söhne", "Strasse + Sohne"),
        ("İstanbul \u0131rmak", "Istanbul irmak"),
        ("Ελένη", "....."),
        ("a\tb", "a b"),
        ("ﬁne", "fine"),
    ],
)
def test_writes_other_letters_by_their_latin_ones(text, told):
    assert in_swift_characters(text) == told


def test_says_which_side_a_wallet_of_the_debit_side_is_on():
    lines = lines_of(*make_statement(make_line(1, "DEBIT", 250), opening=100, side=NormalSide.DEBIT))
    assert ":60F:D261001GBP1,00" in lines
    assert ":62F:D261031GBP3,50" in lines


@pytest.mark.parametrize(
    ("given_", "said"),
    [
        ({"asset": "GOLD", "scale": 4}, "GOLD is none"),
        ({"asset": "KWD", "scale": 4}, "KWD with 3 decimals at most"),
        ({"opening": 10**14}, "15 characters, comma included; here is one of 16"),
        ({"start": START.replace(year=1979)}, "1980 to 2079; this statement has dates from 1979-10-01"),
    ],
)
def test_refuses_what_it_cannot_say(given_, said):
    with pytest.raises(Invalid, match=said):
        written(*make_statement(**given_))
