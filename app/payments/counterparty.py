"""The other side of a payment, as callers write it."""

from dataclasses import dataclass

from app.kernel.checks import check_text, refuse
from app.kernel.errors import Path
from app.partners.bank_identifiers import check_uk_bank_account, normalize_counterparty_iban
from app.partners.port import Counterparty

_UK_NUMBER_IN_IBAN = slice(8, 22)
"""Where sort code and account number stand in a British IBAN."""


@dataclass(frozen=True, slots=True)
class CounterpartyText:
    """A counterparty as it was sent; `uk_bank_account` is a sort code and an account number."""

    name: str
    iban: str | None = None
    uk_bank_account: tuple[str, str] | None = None


def check_counterparty(sent: CounterpartyText, path: Path) -> Counterparty:
    """The counterparty, normalized. The account is optional, since a sender's account may be unknown.

    :raises Invalid: a blank name, an impossible account, or an IBAN and a British account that do not match.
    """
    name = check_text(sent.name, (*path, "name"))
    iban = None if sent.iban is None else normalize_counterparty_iban(sent.iban, (*path, "iban"))
    if sent.uk_bank_account is None:
        return Counterparty(name, iban)
    uk_path = (*path, "uk_bank_account")
    sort_code, account_number = check_uk_bank_account(*sent.uk_bank_account, uk_path)
    if iban is not None and not (iban.startswith("GB") and iban[_UK_NUMBER_IN_IBAN] == sort_code + account_number):
        refuse("This IBAN and this British account are not the same account: give one of them.", uk_path)
    return Counterparty(name, iban, sort_code, account_number)


def meaning_of(counterparty: Counterparty) -> Counterparty:
    """The counterparty in the form used to compare: a British IBAN becomes sort code and account number."""
    iban = counterparty.iban
    if iban is None or not iban.startswith("GB"):
        return counterparty
    number = iban[_UK_NUMBER_IN_IBAN]
    return Counterparty(counterparty.name, None, number[:6], number[6:])


def account_of_iban(text: str, path: Path) -> Counterparty:
    """The account that an IBAN names, by a British one's sort code and account number too; without a name.

    :raises Invalid: the IBAN is impossible.
    """
    iban = normalize_counterparty_iban(text, path)
    number = meaning_of(Counterparty("", iban))
    return Counterparty("", iban, number.sort_code, number.account_number)


def check_payee(sent: CounterpartyText, path: Path) -> Counterparty:
    """A counterparty that money can be sent to.

    :raises Invalid: see `check_counterparty`; or no account is given.
    """
    payee = check_counterparty(sent, path)
    if payee.iban is None and payee.sort_code is None:
        refuse("Say where the money goes: give an IBAN, or a British account by its sort code and number.", path)
    return payee
