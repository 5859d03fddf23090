"""A statement as MT940 of SWIFT: one message, as banks hand it out in a file.

Text is of SWIFT's character set x: what is not in it is written by its Latin base letters, else as a full stop.
"""

import re
import unicodedata
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from app.kernel.checks import refuse
from app.kernel.money import decimal_text
from app.statements.formats.bank_units import PATH, check_bank_unit, largest
from app.statements.formats.document import in_pieces
from app.statements.records import Line, Statement
from app.statements.spool import Spool

NAME = "MT940"
AMOUNT_CHARACTERS_MAX = 15
REFERENCE_CHARACTERS_MAX = 16
TEXT_LINE_CHARACTERS_MAX = 65
TEXT_LINES_MAX = 6
FIRST_DAY, LAST_DAY = date(1980, 1, 1), date(2079, 12, 31)
"""Years have two digits: 80 to 99 are of the twentieth century."""
ENTRY_DATE_DAYS_MAX = 180
"""An entry date has no year: readers take the year that brings it closest to the value date."""
NO_REFERENCE = "NONREF"
END_OF_LINE = "\r\n"

_NOT_IN_X = re.compile(r"[^A-Za-z0-9/\-?:().,'+ ]")
_CODE = re.compile(r"/(?=[A-Z]{2,8}/)")
_LETTERS = str.maketrans(
    {
        "Æ": "AE", "æ": "ae", "Œ": "OE", "œ": "oe", "Ø": "O", "ø": "o", "ß": "ss", "ẞ": "SS", "Ł": "L", "ł": "l",
        "Đ": "D", "đ": "d", "Ð": "D", "ð": "d", "Þ": "TH", "þ": "th", "\u0131": "i", "&": "+", "_": "-",
        "\u2018": "'", "\u2019": "'", "\u2013": "-", "\u2014": "-",
    }
)  # fmt: skip
"""Letters that have no base letter by Unicode, and signs that have a neighbor in the set."""


def check_mt940(statement: Statement, spool: Spool) -> None:
    """Refuse units, amounts and years that it cannot say.

    :raises Invalid: with the reason.
    """
    check_bank_unit(statement, NAME)
    characters = len(_amount(statement, largest(statement, spool)))
    if characters > AMOUNT_CHARACTERS_MAX:
        message = f"{NAME} holds amounts of {AMOUNT_CHARACTERS_MAX} characters, comma included; here is one of"
        refuse(f"{message} {characters}. Choose camt053, json, csv or pdf.", PATH)
    first = min(statement.start.date().isoformat(), spool.first_date)
    last = max(statement.end.date().isoformat(), spool.last_date if len(spool) else "")
    if first < FIRST_DAY.isoformat() or last > LAST_DAY.isoformat():
        message = f"{NAME} has years of two digits, 1980 to 2079; this statement has dates from {first} to {last}."
        refuse(f"{message} Choose another `from`, or another format.", PATH)


def write_mt940(statement: Statement, spool: Spool) -> Iterator[bytes]:
    """One message from field 20 to the hyphen that ends it."""
    return in_pieces(_parts(statement, spool))


def _parts(statement: Statement, spool: Spool) -> Iterator[str]:
    owner, start = statement.owner, statement.start
    last_day = (statement.end - timedelta(microseconds=1)).date()
    yield _line(f":20:{owner.id.hex[-8:].upper()}{start:%y%m%d%H}"[: 4 + REFERENCE_CHARACTERS_MAX])
    yield _line(f":25:{owner.iban or owner.id.hex}")
    # Five digits: the year and the day on which it begins, so that one statement after another counts up.
    yield _line(f":28C:{start:%y%j}/1")
    yield _line(_balance(statement, "60F", statement.opening, start.date()))
    for line in spool:
        yield _entry(statement, line)
    yield _line(_balance(statement, "62F", statement.closing, last_day))
    yield _line("-")


def _balance(statement: Statement, field: str, minor_units: int, day: date) -> str:
    credited = statement.credited(minor_units)
    mark = "C" if credited >= 0 else "D"
    return f":{field}:{mark}{day:%y%m%d}{statement.unit.asset}{_amount(statement, abs(credited))}"


def _entry(statement: Statement, line: Line) -> str:
    # A debit that is reversed comes back as a credit, marked RD; a credit that is reversed leaves, marked RC.
    mark = {"CREDIT": "RD", "DEBIT": "RC"}[line.direction] if line.is_reversal else line.direction[0]
    booked, takes_effect = datetime.fromisoformat(line.posted_at), datetime.fromisoformat(line.effective_at)
    is_near = (booked.date() - takes_effect.date()).days <= ENTRY_DATE_DAYS_MAX
    entry_date = f"{booked:%m%d}" if is_near else ""
    head = (
        f":61:{takes_effect:%y%m%d}{entry_date}{mark}{_amount(statement, line.amount)}NTRF"
        f"{_reference(line.reference)}//{line.sequence}"
    )
    return _line(head) + "".join(map(_line, _text_lines(_details(line))))


def _details(line: Line) -> str:
    """What field 86 says, each part after its code. A part that comes too late for the six lines is cut."""
    account = line.counterparty_iban or (line.counterparty_sort_code or "") + (line.counterparty_account_number or "")
    parts = {
        "TRID": line.transfer_id,
        "TIME": line.posted_at,
        "ACCT": account or ("" if line.is_payment else line.counterparty_id),
        "NAME": line.counterparty_name,
        "REMI": line.reference,
    }
    return "".join(f"/{code}/{_CODE.sub('.', in_swift_characters(text))}" for code, text in parts.items() if text)


def _text_lines(text: str) -> Iterator[str]:
    """Field 86: at most six lines of 65 characters. None begins like a field or like the end of the message."""
    lines: list[str] = []
    while text and len(lines) < TEXT_LINES_MAX:
        end = TEXT_LINE_CHARACTERS_MAX
        while end < len(text) and text[end] in ":-" and end > 1:
            end -= 1
        lines.append(text[:end])
        text = text[end:]
    for number, one in enumerate(lines):
        yield f":86:{one}" if number == 0 else one


def _reference(text: str | None) -> str:
    """The first 16 characters of the caller's reference; a slash neither begins nor ends it, nor stands twice."""
    short = in_swift_characters(text or "")[:REFERENCE_CHARACTERS_MAX]
    short = re.sub(r"/{2,}", "/", short).strip("/ ")
    return short or NO_REFERENCE


def in_swift_characters(text: str) -> str:
    """The text in SWIFT's character set x: letters by their Latin base letters, all else as a full stop."""
    plain = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    plain = "".join(character for character in plain if not unicodedata.combining(character))
    return _NOT_IN_X.sub(".", re.sub(r"\s", " ", plain))


def _amount(statement: Statement, minor_units: int) -> str:
    """`1234,50`: the comma is always there."""
    whole, _, decimals = decimal_text(minor_units, statement.unit.scale).partition(".")
    return f"{whole},{decimals}"


def _line(text: str) -> str:
    return text + END_OF_LINE
