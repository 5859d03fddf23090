"""A text that may be the number of a bank account."""

import re
from dataclasses import dataclass

from app.kernel.errors import Invalid
from app.ledgers.queries import UkBankAccount
from app.partners.bank_identifiers import check_uk_bank_account, normalize_iban
from app.partners.port import Counterparty
from app.payments.counterparty import account_of_iban

_UK_ACCOUNT = re.compile(
    r"(?:sort code)?(?: and account(?: number)?)?[ :]*(\d{2}[- ]?\d{2}[- ]?\d{2})[ /,;:|-]*"
    r"(?:(?:and )?account(?: number)?)?[ :]*(\d{8})",
    re.ASCII | re.IGNORECASE,
)
_BETWEEN_DIGITS = re.compile(r"[\s/.-]+")
_NUMBER_IN_IBAN = re.compile(r"(?=.*\d)[A-Z0-9]{11,30}", re.ASCII)
"""What follows the check digits of an IBAN: in the registry, from 11 letters and digits to 30."""
_NO_IBAN = ""
"""No payment has this one."""


@dataclass(frozen=True, slots=True)
class GivenAccount:
    """An IBAN, or a British sort code and account number, or both if the IBAN is British."""

    iban: str | None
    uk_bank_account: UkBankAccount | None

    @property
    def counterparty(self) -> Counterparty:
        """The same as payments name the other side."""
        british = self.uk_bank_account
        if british is None:
            return Counterparty("", self.iban)
        return Counterparty("", self.iban or _NO_IBAN, british.sort_code, british.account_number)


def account_given(text: str) -> GivenAccount | None:
    """The account that a text names: `GB43 PAYR 0400 5212 3397 00`, `04-00-52 12339700`; None if it names none."""
    form = _UK_ACCOUNT.fullmatch(text)
    try:
        if form is not None:
            return GivenAccount(None, UkBankAccount(*check_uk_bank_account(form[1], form[2], ())))
        iban = normalize_iban(text, ())
    except Invalid:
        return None
    return GivenAccount(iban, _in_iban(iban))


def number_given(text: str, account: GivenAccount | None) -> str | None:
    """The account number that a text may be, as it stands in an IBAN: `370400440532013000`, `37040044/0532013000`, or a
    British sort code and account number. None if the text is an IBAN, or can be no such number.
    """
    if account is not None:
        british = account.uk_bank_account
        return None if account.iban is not None or british is None else british.sort_code + british.account_number
    together = _BETWEEN_DIGITS.sub("", text).upper()
    return together if _NUMBER_IN_IBAN.fullmatch(together) else None


def _in_iban(iban: str) -> UkBankAccount | None:
    try:
        account = account_of_iban(iban, ())
    except Invalid:  # Of a country that no bank routes to: a ledger may have it all the same.
        return None
    if account.sort_code is None or account.account_number is None:
        return None
    return UkBankAccount(account.sort_code, account.account_number)
