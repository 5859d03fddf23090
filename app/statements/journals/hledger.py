"""The journal for hledger."""

from collections.abc import Iterable

from app.kernel.clock import rfc3339
from app.kernel.harmless_text import printable
from app.kernel.money import decimal_text
from app.statements.journals.records import Account, Balance, Day, Posted

HEAD = "; Quaestor\ndecimal-mark .\n\n"


def write_account(account: Account, _day: Day) -> str:
    """Declare an account."""
    title = "" if account.title is None else f"  ; title: {_comment(account.title)}"
    return f"account {account.name}{title}\n\n"


def write_transfer(posted: Posted) -> str:
    """A transaction of two postings, its code our id of the transfer."""
    value = decimal_text(posted.amount, posted.debit.scale)
    code = _quoted(posted.debit.asset)
    tags = [
        f"posted-at:{rfc3339(posted.posted_at)}",
        *([] if posted.effective_at is None else [f"effective-at:{rfc3339(posted.effective_at)}"]),
        *([] if posted.reverses_id is None else [f"reverses:{posted.reverses_id}"]),
    ]
    return (
        f"{posted.day} * ({posted.id}) {_description(posted.reference or posted.kind)}  ; {', '.join(tags)}\n"
        f"    {posted.debit.name}  {value} {code}\n"
        f"    {posted.credit.name}  -{value} {code}\n\n"
    )


def write_balances(day: Day, balances: Iterable[Balance]) -> str:
    """Assert balances at the end of a day, by postings of nothing."""
    lines = []
    for one in balances:
        code = _quoted(one.account.asset)
        lines.append(f"    {one.account.name}  0 {code} = {decimal_text(one.minor_units, one.account.scale)} {code}\n")
    return f"{day} * balances\n{''.join(lines)}\n"


def _quoted(code: str) -> str:
    """Always in quotes: a code that begins with a digit would be read into the amount."""
    return f'"{code}"'


def _description(text: str) -> str:
    """A semicolon would begin a comment, and a bar would divide payee and note."""
    return printable(text).replace(";", ",").replace("|", "/").strip() or "-"


def _comment(text: str) -> str:
    """A comma or a colon would end or begin a tag."""
    return printable(text).replace(",", " ").replace(":", " ")
