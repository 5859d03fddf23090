"""What kinds of accounts and wallets there are. They have no status: one that is closed has the instant of it."""

from enum import StrEnum

from app.journal.posting_accounts import NormalSide


class AccountType(StrEnum):
    """Whose account it is: a customer's, or the institution's own."""

    GROUP = "GROUP"
    CHART = "CHART"


class AccountingType(StrEnum):
    """What a wallet is in the books."""

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
"""What refusals give as the status of an account or wallet that is closed."""
