"""The kinds of accounts and wallets. They have no status: a closed one has the instant at which it was closed."""

from enum import StrEnum

from app.journal.posting_accounts import NormalSide


class AccountType(StrEnum):
    """Whose account it is: a customer's, or the institution's own."""

    GROUP = "GROUP"
    CHART = "CHART"


class AccountingType(StrEnum):
    """The class of a wallet in the books."""

    ASSET = "ASSET"
    LIABILITY = "LIABILITY"
    EQUITY = "EQUITY"
    REVENUE = "REVENUE"
    EXPENSE = "EXPENSE"


NORMAL_SIDE_OF = {
    AccountingType.ASSET: NormalSide.DEBIT,
    AccountingType.EXPENSE: NormalSide.DEBIT,
    AccountingType.LIABILITY: NormalSide.CREDIT,
    AccountingType.EQUITY: NormalSide.CREDIT,
    AccountingType.REVENUE: NormalSide.CREDIT,
}
"""The side on which a wallet of each type grows."""

CLOSED = "CLOSED"
"""The status that refusals give for a closed account or wallet."""
