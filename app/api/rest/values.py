"""The one table of the seeds' values and ours, for reading requests and writing answers."""

from enum import Enum
from typing import Literal, TypeVar, get_args

from app.accounts.status import AccountingType, AccountType
from app.holders.status import HolderField, HolderStatus
from app.journal.frozen import FreezeScope
from app.journal.status import EntryDirection, TransferKind, TransferStatus
from app.ledgers.status import AssetOwner, IbanStatus, LedgerStatus, LedgerType, LedgerUse
from app.partners.catalog import AssetClass
from app.payments.status import PaymentDirection, PaymentStatus

Member = TypeVar("Member", bound=Enum)

AccountTypeText = Literal["group", "chart"]
AccountingTypeText = Literal["ASSET", "LIABILITY", "EQUITY", "REVENUE", "EXPENSE"]
AssetClassText = Literal["currency", "commodity"]
LedgerTypeText = Literal["ledger-type-single-user", "ledger-type-omnibus"]
LedgerUseText = Literal[
    "ledger-primary-use-types-deposit",
    "ledger-primary-use-types-payments",
    "ledger-primary-use-types-settlement",
    "ledger-primary-use-types-float",
    "ledger-primary-use-types-fees",
    "ledger-primary-use-types-investment",
    "ledger-primary-use-types-collateral",
    "ledger-primary-use-types-escrow",
]
AssetOwnerText = Literal["ledger-assets-owned-by-me", "ledger-assets-owned-by-other"]
LedgerStatusText = Literal[
    "ledger-status-pending",
    "ledger-status-missing-data",
    "ledger-status-ok",
    "ledger-status-error",
    "ledger-status-declined",
    "ledger-status-closed",
]
IbanStatusText = Literal[
    "ledger-iban-status-pending",
    "ledger-iban-status-ok",
    "ledger-iban-status-declined",
    "entity-status-unable-to-advance",
]
EntryTypeText = Literal["ledger-entry-type-debit", "ledger-entry-type-credit"]
EnduserStatusText = Literal[
    "enduser-status-pending",
    "enduser-status-missing-data",
    "enduser-status-quarantine",
    "enduser-status-ok",
    "enduser-status-declined",
]
EnduserFieldText = Literal["email", "address"]
TransactionTypeText = Literal[
    "transaction-type-inter-ledger",
    "transaction-type-manual-credit",
    "transaction-type-manual-debit",
    "transaction-type-payment-in",
    "transaction-type-payment-out",
    "transaction-type-wallet",
    "transaction-type-reversal",
]
TransactionStatusText = Literal[
    "transaction-status-posted", "transaction-status-partly-reversed", "transaction-status-reversed"
]
FreezeScopeText = Literal["debits", "credits", "all"]
PaymentStatusText = Literal["payment-status-pending", "payment-status-accepted", "payment-status-declined"]
PaymentDirectionText = Literal["payment-direction-in", "payment-direction-out"]

IBAN_STATUS_LEFT_OUT = IbanStatus.NOT_REQUESTED
"""The one status that the seeds have no word for: `ledger_iban_status` is left out."""


def _paired(members: type[Member], texts: object, *, left_out: Member | None = None) -> dict[Member, str]:
    """Each member with its text, in the order in which both are written."""
    named = [member for member in members if member is not left_out]
    return dict(zip(named, get_args(texts), strict=True))


ACCOUNT_TYPES = _paired(AccountType, AccountTypeText)
ACCOUNTING_TYPES = _paired(AccountingType, AccountingTypeText)
ASSET_CLASSES = _paired(AssetClass, AssetClassText)
LEDGER_TYPES = _paired(LedgerType, LedgerTypeText)
LEDGER_USES = _paired(LedgerUse, LedgerUseText)
ASSET_OWNERS = _paired(AssetOwner, AssetOwnerText)
LEDGER_STATUSES = _paired(LedgerStatus, LedgerStatusText)
IBAN_STATUSES = _paired(IbanStatus, IbanStatusText, left_out=IBAN_STATUS_LEFT_OUT)
ENTRY_TYPES = _paired(EntryDirection, EntryTypeText)
ENDUSER_STATUSES = _paired(HolderStatus, EnduserStatusText)
ENDUSER_FIELDS = _paired(HolderField, EnduserFieldText)
TRANSACTION_TYPES = _paired(TransferKind, TransactionTypeText)
TRANSACTION_STATUSES = _paired(TransferStatus, TransactionStatusText)
FREEZE_SCOPES = _paired(FreezeScope, FreezeScopeText)
PAYMENT_STATUSES = _paired(PaymentStatus, PaymentStatusText)
PAYMENT_DIRECTIONS = _paired(PaymentDirection, PaymentDirectionText)

_LISTED = (
    ACCOUNT_TYPES,
    ACCOUNTING_TYPES,
    ASSET_CLASSES,
    LEDGER_TYPES,
    LEDGER_USES,
    ASSET_OWNERS,
    ENDUSER_FIELDS,
    FREEZE_SCOPES,
)
_MEMBERS = {text: member for table in _LISTED for member, text in table.items()}


def member_of(text: str, kind: type[Member]) -> Member:
    """Our member for a value of a request, which its model has already checked."""
    member = _MEMBERS[text]
    assert isinstance(member, kind), "two kinds have no value in common"
    return member
