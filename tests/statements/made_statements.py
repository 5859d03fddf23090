"""Statements without a database: written out by hand, or drawn by Hypothesis."""

import io
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import strategies as st

from app.db.identifiers import new_id
from app.journal.balances_at import BalanceDate
from app.journal.posting_accounts import Book, NormalSide
from app.journal.records import Side
from app.kernel.clock import rfc3339
from app.kernel.money import Unit
from app.partners.currencies import NAMES, exponent_of
from app.statements.records import Line, Owner, Statement
from app.statements.spool import Spool

OWNER_ID = UUID("753fa673-66b4-4c94-9ddb-f9f4b5c1e9a3")
START = datetime(2026, 10, 1, tzinfo=UTC)
END = datetime(2026, 11, 1, tzinfo=UTC)
SCRIPTS = (
    "Ada Lovelace", "Žofie Ďuričková", "Þórður Æ. Œuvre", "Ελένη Παπαδοπούλου", "Екатерина Щербакова",
    "שלום כהן", "محمد الفارسي", "राम कुमार", "สมชาย ใจดี", "张伟有限公司", "山田 太郎", "김철수", "Նարեկ", "თამარი",
    'A & B <Ltd> "x"', "🦊 & Sons", "-minus:colon", "/slash//", "ﬁne print", "İstanbul \u0131rmak",
    "tab\tand\nline", "e\u0301 combining", "\uffff",
)  # fmt: skip
"""Names in many scripts, and with what formats stumble over."""


def make_line(number, direction="CREDIT", amount=100, **more):
    """The line of this number, a minute after the one before."""
    at = rfc3339(START + timedelta(minutes=number))
    made = {
        "posted_at": at,
        "effective_at": at,
        "direction": direction,
        "amount": amount,
        "balance": 0,
        "sequence": number,
        "kind": "INTER_LEDGER",
        "transfer_id": str(new_id()),
        "reverses_id": None,
        "reference": None,
        "counterparty_id": str(new_id()),
        "counterparty_name": "Ada Lovelace",
        "counterparty_iban": None,
        "counterparty_bic": None,
        "counterparty_sort_code": None,
        "counterparty_account_number": None,
        **more,
    }
    return Line(**made)


def make_statement(*lines, opening=0, asset="GBP", scale=2, side=NormalSide.CREDIT, start=START, end=END, **owner):
    """A statement of these lines, with the balances that they make, and its spool."""
    balance = opening
    totals = {"CREDIT": 0, "DEBIT": 0}
    for line in lines:
        balance += line.amount if line.direction == side.value else -line.amount
        line.balance = balance
        totals[line.direction] += line.amount
    spool = Spool()
    spool.close()
    spool._file = io.BytesIO()  # Which nobody has to close.
    spool.add(list(lines))
    known = {"name": "Grace Hopper", "iban": None, "bic": None, "sort_code": None, "account_number": None, **owner}
    statement = Statement(
        side=Side(OWNER_ID, Book.BANK, is_system=False, holder_id=None),
        owner=Owner(id=OWNER_ID, **known),
        unit=Unit(asset, scale),
        normal_side=side,
        start=start,
        end=end,
        by=BalanceDate.POSTED,
        opening=opening,
        closing=balance,
        debits=totals["DEBIT"],
        credits=totals["CREDIT"],
        entry_count=len(lines),
        is_final=True,
    )
    return statement, spool


NAMES_DRAWN = st.one_of(
    st.sampled_from(SCRIPTS),
    st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=140),
    st.lists(st.sampled_from(SCRIPTS), min_size=4, max_size=30).map(lambda parts: " ".join(parts)[:140]),
)
REFERENCES = st.one_of(st.none(), NAMES_DRAWN, st.text("/: -?.,'+()ABCxyz019", min_size=1, max_size=255))


@st.composite
def lines_drawn(draw, amount_max):
    """Up to twelve lines, some backdated, some reversals."""
    made = []
    for number in range(1, draw(st.integers(0, 12)) + 1):
        kind = draw(st.sampled_from(("INTER_LEDGER", "WALLET", "REVERSAL", "PAYMENT_IN")))
        days = draw(st.sampled_from((0, 0, 1, 30, 170, 400)))
        line = make_line(
            number,
            draw(st.sampled_from(("CREDIT", "DEBIT"))),
            draw(st.integers(1, amount_max)),
            kind=kind,
            reverses_id=str(new_id()) if kind == "REVERSAL" else None,
            reference=draw(REFERENCES),
            counterparty_name=draw(st.one_of(st.none(), NAMES_DRAWN)),
            counterparty_iban=draw(st.sampled_from((None, "GB33BUKB20201555555555"))),
        )
        at = START + timedelta(hours=draw(st.integers(0, 700)), minutes=number)
        line.posted_at, line.effective_at = rfc3339(at), rfc3339(at - timedelta(days=days))
        made.append(line)
    made.sort(key=lambda line: line.posted_at)
    for number, line in enumerate(made, start=1):
        line.sequence = number
    return made


@st.composite
def statements_drawn(draw, *, digits_max=38, of_banks=False):
    """Any statement; `of_banks`: one in a currency of ISO 4217 with its decimals."""
    if of_banks:
        asset = draw(st.sampled_from(sorted(NAMES)))
        scale = draw(st.integers(0, exponent_of(asset)))
    else:
        asset = draw(st.sampled_from(("GBP", "GOLD", "1INCH", "NULL", "007", "USDC", "TRUE")))
        scale = draw(st.integers(0, 18))
    amount_max = 10 ** draw(st.integers(1, digits_max)) // 20 or 1
    opening = draw(st.integers(-amount_max, amount_max))
    side = draw(st.sampled_from(NormalSide))
    lines = draw(lines_drawn(amount_max))
    return make_statement(*lines, opening=opening, asset=asset, scale=scale, side=side, name=draw(NAMES_DRAWN))
