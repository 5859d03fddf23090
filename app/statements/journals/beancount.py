"""The journal for beancount."""

import re
from collections.abc import Iterable
from datetime import date, timedelta

from app.kernel.clock import rfc3339
from app.kernel.harmless_text import printable
from app.kernel.money import decimal_text
from app.statements.journals.records import Account, Balance, Day, Posted

HEAD = 'option "title" "Quaestor"\n\n'
DIGITS_MAX = 28
"""beancount adds in Python's default decimal context, which rounds beyond."""
_PLAIN_CODE = re.compile(r"[A-Z][A-Z0-9]*")
_WORDS = {"TRUE", "FALSE", "NULL"}
"""What its grammar takes for values of its own."""
_PREFIX = "C."


def commodity(code: str) -> str:
    """A code as beancount takes it: one that begins with a digit, or is a word of its grammar, gets `C.` in front."""
    return code if _PLAIN_CODE.fullmatch(code) and code not in _WORDS else f"{_PREFIX}{code}"


def write_account(account: Account, day: Day) -> str:
    """Open an account on the day of its first entry."""
    title = "" if account.title is None else f"  title: {_text(account.title)}\n"
    return f"{day} open {account.name} {commodity(account.asset)}\n{title}\n"


def write_transfer(posted: Posted) -> str:
    """A transaction of two postings."""
    code, value = commodity(posted.debit.asset), decimal_text(posted.amount, posted.debit.scale)
    lines = [
        f"{posted.day} * {_text(posted.reference or posted.kind)}",
        f'  transfer: "{posted.id}"',
        f'  posted-at: "{rfc3339(posted.posted_at)}"',
        *([] if posted.effective_at is None else [f'  effective-at: "{rfc3339(posted.effective_at)}"']),
        *([] if posted.reverses_id is None else [f'  reverses: "{posted.reverses_id}"']),
        f"  {posted.debit.name}  {value} {code}",
        f"  {posted.credit.name}  -{value} {code}",
    ]
    return "\n".join(lines) + "\n\n"


def write_balances(day: Day, balances: Iterable[Balance]) -> str:
    """Assert balances at the end of a day: beancount looks at the beginning of the next one. They are exact: without
    `~ 0` it would pass over a difference of one in the last decimal.
    """
    next_day = date.fromisoformat(day) + timedelta(days=1)
    lines = [
        f"{next_day.isoformat()} balance {one.account.name}  {decimal_text(one.minor_units, one.account.scale)}"
        f" ~ 0 {commodity(one.account.asset)}\n"
        for one in balances
    ]
    return "".join(lines) + "\n"


def _text(text: str) -> str:
    escaped = printable(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
