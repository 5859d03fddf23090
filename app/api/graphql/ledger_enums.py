"""The enums of ledgers. A module of its own, since an enum must be described before anything uses it."""

from app.api.graphql.described import described_enum
from app.ledgers.queries import LedgerOrderField
from app.ledgers.status import AssetOwner, IbanStatus, LedgerStatus, LedgerType, LedgerUse
from app.partners.catalog import AssetClass

__all__ = [
    "AssetClass",
    "AssetOwner",
    "IbanStatus",
    "LedgerOrderField",
    "LedgerStatus",
    "LedgerType",
    "LedgerUse",
]

described_enum(
    AssetClass,
    "What kind of asset. Also known as `asset_class`. Example: `CURRENCY`.",
    {AssetClass.CURRENCY: "Money.", AssetClass.COMMODITY: "Something stored, such as gold."},
)
described_enum(
    LedgerOrderField,
    "What a list of ledgers is ordered by. Example: `CREATED_AT`.",
    {LedgerOrderField.CREATED_AT: "When they were created.", LedgerOrderField.UPDATED_AT: "When they last changed."},
)
described_enum(
    LedgerStatus,
    "Where a ledger stands. Also known as `ledger_status`. Example: `OK`.",
    {
        LedgerStatus.PENDING: "Being created. Also known as `ledger-status-pending`.",
        LedgerStatus.MISSING_DATA: "Its holder lacks data. Also known as `ledger-status-missing-data`.",
        LedgerStatus.OK: "Ready to use. Also known as `ledger-status-ok`.",
        LedgerStatus.ERROR: "Its holder is in no state to hold it. Also known as `ledger-status-error`.",
        LedgerStatus.DECLINED: "Declined for good: see `statusReason`. Also known as `ledger-status-declined`.",
        LedgerStatus.CLOSED: "Closed for good.",
    },
)
described_enum(
    IbanStatus,
    "Where a ledger's IBAN stands. Also known as `ledger_iban_status`. Example: `OK`.",
    {
        IbanStatus.NOT_REQUESTED: "Nobody asked for one.",
        IbanStatus.PENDING: "Asked for. Also known as `ledger-iban-status-pending`.",
        IbanStatus.OK: "Assigned. Also known as `ledger-iban-status-ok`.",
        IbanStatus.DECLINED: "Declined; may be asked for again. Also known as `ledger-iban-status-declined`.",
        IbanStatus.UNABLE_TO_ADVANCE: (
            "Stuck at the bank; may be asked for again. Also known as `entity-status-unable-to-advance`."
        ),
    },
)
described_enum(
    LedgerType,
    "Whose funds a ledger holds. Also known as `ledger_type`. Example: `SINGLE_USER`.",
    {
        LedgerType.SINGLE_USER: "One entity's. Also known as `ledger-type-single-user`.",
        LedgerType.OMNIBUS: "Several entities'. Also known as `ledger-type-omnibus`.",
    },
)
described_enum(
    LedgerUse,
    "What a ledger is for. Also known as `ledger_primary_use_types`. Example: `PAYMENTS`.",
    {use: f"Also known as `ledger-primary-use-types-{use.value.lower()}`." for use in LedgerUse},
)
described_enum(
    AssetOwner,
    "Who owns the assets. Also known as `ledger_who_owns_assets`. Example: `ME`.",
    {
        AssetOwner.ME: "The customer. Also known as `ledger-assets-owned-by-me`.",
        AssetOwner.OTHER: "Somebody else. Also known as `ledger-assets-owned-by-other`.",
    },
)
