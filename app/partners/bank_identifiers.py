"""Normalize bank identifiers, and refuse those that cannot be right."""

import re
from collections.abc import Sequence

from schwifty import IBAN
from schwifty.exceptions import SchwiftyException

from app.kernel.checks import refuse
from app.partners.iban_countries import IBAN_COUNTRIES

IBAN_CHARACTERS_MAX = 34
_SPACED_IBAN_CHARACTERS_MAX = 64
_SPACES = re.compile(r"\s")
_DASHES = re.compile(r"[-\u2010-\u2015\u2212]")
_UNSEEN = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
"""Invisible characters that come with pasted text: soft hyphens, joiners, and marks of the writing direction."""
_SEPARATORS = re.compile("|".join(one.pattern for one in (_SPACES, _DASHES, _UNSEEN)))
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{1,30}", re.ASCII)
_SORT_CODE = re.compile(r"[0-9]{6}|[0-9]{2}-[0-9]{2}-[0-9]{2}|[0-9]{2} [0-9]{2} [0-9]{2}", re.ASCII)
_WITHIN_GB = {"JE": "Jersey", "GG": "Guernsey", "IM": "the Isle of Man"}
_ACCOUNT_NUMBER = re.compile(r"[0-9]{8}", re.ASCII)


def compact(text: str) -> str:
    """An IBAN or a BIC in capitals, without what people write or paste between the characters."""
    return _SEPARATORS.sub("", text).upper()


def normalize_iban(text: str, path: Sequence[str]) -> str:
    """An IBAN without spaces and in capitals: `gb43 PAYR 0400 5212 3397 00` is `GB43PAYR04005212339700`.

    :raises Invalid: its length, structure or check digits are wrong.
    """
    if len(text) > _SPACED_IBAN_CHARACTERS_MAX:
        refuse(f"An IBAN has at most {IBAN_CHARACTERS_MAX} characters.", path)
    written = compact(text)
    if not _IBAN.fullmatch(written):
        refuse("An IBAN begins with a country and two check digits, like GB43PAYR04005212339700.", path)
    try:
        return str(IBAN(written))
    except SchwiftyException as fault:
        refuse(f"This IBAN cannot be right: {fault}. Check it for a slip.", path)


def normalize_counterparty_iban(text: str, path: Sequence[str]) -> str:
    """Like `normalize_iban`, for somebody else's account. It must be of a country that banks route IBANs to.

    :raises Invalid: see `normalize_iban`; or the format is not in the IBAN registry.
    """
    iban = normalize_iban(text, path)
    country = iban[:2]
    if country in _WITHIN_GB:
        there = _WITHIN_GB[country]
        refuse(f"No bank routes an IBAN that begins with {country}: those of {there} begin with GB.", path)
    if country not in IBAN_COUNTRIES:
        refuse(f"No bank routes an IBAN that begins with {country}: it is not in the IBAN registry.", path)
    return iban


def check_uk_bank_account(sort_code: str, account_number: str, path: Sequence[str]) -> tuple[str, str]:
    """A sort code and an account number in plain digits: `("04-00-52", "12339700")` is `("040052", "12339700")`.

    `path` is that of the object which has `sortCode` and `accountNumber`.

    :raises Invalid: not six and eight digits.
    """
    code = _DASHES.sub("-", _SPACES.sub(" ", _UNSEEN.sub("", sort_code).strip()))
    number = _SPACES.sub("", _UNSEEN.sub("", account_number))
    if not _SORT_CODE.fullmatch(code):
        refuse("A sort code is six digits, like 040052 or 04-00-52.", (*path, "sort_code"))
    if not _ACCOUNT_NUMBER.fullmatch(number):
        refuse("An account number is eight digits, like 12339700; keep its zeros in front.", (*path, "account_number"))
    return _SEPARATORS.sub("", code), number
