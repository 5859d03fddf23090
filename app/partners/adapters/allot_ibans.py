"""Allot account numbers and their IBANs for the simulated bank. Numbers count up by sort code, so none repeats."""

from dataclasses import dataclass

from schwifty import IBAN

from app.db.transaction import Transaction
from app.partners.catalog import Product
from app.partners.port import PartnerUnavailable

ACCOUNT_NUMBER_MAX = 99_999_999
ACCOUNT_NUMBER_DIGITS = 8


@dataclass(frozen=True, slots=True)
class SimulatedNumber:
    """A new account number with the IBAN made of it."""

    sort_code: str
    account_number: str
    iban: str
    bic: str


async def next_number(tx: Transaction, product: Product) -> SimulatedNumber:
    """The next number of the product's first sort code that is not full.

    :raises PartnerUnavailable: all are full: the catalog needs another sort code.
    """
    assert product.bic is not None, "the catalog gives such a product its BIC"
    for sort_code in product.sort_codes:
        counted = await tx.fetchval(
            """
            INSERT INTO simulator_sort_codes AS code (sort_code, last_account_number) VALUES ($1, 1)
            ON CONFLICT (sort_code) DO UPDATE SET last_account_number = code.last_account_number + 1
            WHERE code.last_account_number < $2
            RETURNING last_account_number
            """,
            sort_code,
            ACCOUNT_NUMBER_MAX,
        )
        if counted is not None:
            account_number = str(counted).rjust(ACCOUNT_NUMBER_DIGITS, "0")
            return SimulatedNumber(
                sort_code, account_number, _iban(product.bic, sort_code, account_number), product.bic
            )
    message = f"All sort codes of {product.name} are full: give it another in the catalog."
    raise PartnerUnavailable(message)


def _iban(bic: str, sort_code: str, account_number: str) -> str:
    bank_code, country = bic[:4], bic[4:6]
    return str(IBAN.generate(country, bank_code=bank_code, branch_code=sort_code, account_code=account_number))
