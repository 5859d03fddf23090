"""The enums of accounts and wallets. A module of its own, since an enum must be described before anything uses it."""

from app.accounts.status import AccountingType, AccountType
from app.accounts.update_account import AccountField
from app.api.graphql.described import described_enum

__all__ = ["AccountField", "AccountType", "AccountingType"]

described_enum(
    AccountType,
    "Whose account it is. Also known as `account_type`. Example: `GROUP`.",
    {
        AccountType.GROUP: "A customer's of yours. Also known as `group`.",
        AccountType.CHART: "Your own, of your chart of accounts. Also known as `chart`.",
    },
)
described_enum(
    AccountingType,
    "What a wallet is in the books. Also known as `accounting_type`. Example: `LIABILITY`.",
    {
        AccountingType.ASSET: "What you have. A debit raises it, a credit pays out of it.",
        AccountingType.LIABILITY: "What you owe: a customer's money. A credit raises it, a debit pays out of it.",
        AccountingType.EQUITY: "What belongs to the owners. A credit raises it.",
        AccountingType.REVENUE: "What you earn. A credit raises it.",
        AccountingType.EXPENSE: "What you spend. A debit raises it.",
    },
)
described_enum(
    AccountField,
    "What an update can empty. Example: `HOLDER`.",
    {AccountField.HOLDER: "Its holder.", AccountField.BACKING_LEDGER: "The ledger that backs it."},
)
