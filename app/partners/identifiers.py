"""Bank identifiers as callers give them: normalized, and refused where they cannot be right."""

import re
from collections.abc import Sequence

from schwifty import IBAN
from schwifty.exceptions import SchwiftyException

from app.kernel.checks import refuse

IBAN_CHARACTERS_MAX = 34
_SPACED_IBAN_CHARACTERS_MAX = 64
_SEPARATORS = re.compile(r"[ \t-]")
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{1,30}", re.ASCII)
_SORT_CODE = re.compile(r"[0-9]{6}|[0-9]{2}-[0-9]{2}-[0-9]{2}|[0-9]{2} [0-9]{2} [0-9]{2}", re.ASCII)
_ACCOUNT_NUMBER = re.compile(r"[0-9]{8}", re.ASCII)


def normalize_iban(text: str, path: Sequence[str]) -> str:
    """An IBAN without spaces and in capitals: `gb43 PAYR 0400 5212 3397 00` is `GB43PAYR04005212339700`.

    :raises Invalid: its length, structure or check digits are wrong.
    """
    if len(text) > _SPACED_IBAN_CHARACTERS_MAX:
        refuse(f"An IBAN has at most {IBAN_CHARACTERS_MAX} characters.", path)
    compact = _SEPARATORS.sub("", text).upper()
    if not _IBAN.fullmatch(compact):
        refuse("An IBAN begins with a country and two check digits, like GB43PAYR04005212339700.", path)
    try:
        return str(IBAN(compact))
    except SchwiftyException as fault:
        refuse(f"This IBAN cannot be right: {fault}. Check it for a slip.", path)


def check_uk_bank_account(sort_code: str, account_number: str, path: Sequence[str]) -> tuple[str, str]:
    """A sort code and an account number in plain digits: `("04-00-52", "12339700")` is `("040052", "12339700")`.

    `path` is that of the object which has `sortCode` and `accountNumber`.

    :raises Invalid: not six and eight digits.
    """
    code, number = sort_code.strip(), account_number.strip()
    if not _SORT_CODE.fullmatch(code):
        refuse("A sort code is six digits, like 040052 or 04-00-52.", (*path, "sortCode"))
    if not _ACCOUNT_NUMBER.fullmatch(number):
        refuse("An account number is eight digits, like 12339700; keep its zeros in front.", (*path, "accountNumber"))
    return _SEPARATORS.sub("", code), number
