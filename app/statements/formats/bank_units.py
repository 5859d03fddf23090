"""What the formats of banks can say of a unit: a currency of ISO 4217, with no more decimals than it has there."""

from app.kernel.checks import refuse
from app.partners.currencies import NAMES, exponent_of
from app.statements.records import Statement
from app.statements.spool import Spool

PATH = ("format",)
ANYTHING_ELSE = "Choose json, csv, text or pdf."


def check_bank_unit(statement: Statement, format_name: str) -> None:
    """Refuse what is no currency of ISO 4217, or has more decimals than it.

    :raises Invalid: says which, and what to choose.
    """
    asset, scale = statement.unit.asset, statement.unit.scale
    if asset not in NAMES:
        refuse(f"{format_name} knows currencies of ISO 4217 only, and {asset} is none. {ANYTHING_ELSE}", PATH)
    exponent = exponent_of(asset)
    if scale > exponent:
        message = f"{format_name} writes {asset} with {exponent} decimals at most; this has {scale}. {ANYTHING_ELSE}"
        refuse(message, PATH)


def largest(statement: Statement, spool: Spool) -> int:
    """The largest amount or balance that is written, in minor units."""
    return max(spool.amount_max, abs(statement.opening), abs(statement.closing))


def check_digits(statement: Statement, spool: Spool, format_name: str, digits_max: int) -> None:
    """Refuse amounts of more digits than a format holds.

    :raises Invalid: says how many there are.
    """
    digits = len(str(largest(statement, spool)))
    if digits > digits_max:
        message = f"{format_name} holds amounts of {digits_max} digits at most; here is one of {digits}."
        refuse(f"{message} {ANYTHING_ELSE}", PATH)
