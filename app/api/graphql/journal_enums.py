"""The enums of the journal. A module of its own, since an enum must be described before anything uses it."""

from app.api.graphql.described import described_enum
from app.journal.activity import ActivityInterval
from app.journal.balances_at import BalanceDate
from app.journal.status import EntryDirection, HoldStatus, TransferKind, TransferStatus

__all__ = ["ActivityInterval", "BalanceDate", "EntryDirection", "HoldStatus", "TransferKind", "TransferStatus"]

described_enum(
    EntryDirection,
    "Which side of its transfer an entry is. Also known as `ledger_entry_type`. Example: `DEBIT`.",
    {
        EntryDirection.DEBIT: "The side that is debited: among ledgers, the one that pays.",
        EntryDirection.CREDIT: "The side that is credited: among ledgers, the one that receives.",
    },
)
described_enum(
    TransferKind,
    "Why money moved. Example: `INTER_LEDGER`.",
    {
        TransferKind.INTER_LEDGER: "From ledger to ledger.",
        TransferKind.VIRTUAL_CREDIT: "Into a virtual ledger, by hand.",
        TransferKind.VIRTUAL_DEBIT: "Out of a virtual ledger, by hand.",
        TransferKind.PAYMENT_IN: "From outside, through a partner.",
        TransferKind.PAYMENT_OUT: "To the outside, through a partner.",
        TransferKind.WALLET: "From wallet to wallet.",
        TransferKind.REVERSAL: "Back where another transfer came from: see `reverses`.",
    },
)
described_enum(
    TransferStatus,
    "Whether a transfer was reversed. Example: `POSTED`.",
    {
        TransferStatus.POSTED: "It stands.",
        TransferStatus.PARTLY_REVERSED: "A part of it was reversed: see `reversedAmount`.",
        TransferStatus.REVERSED: "All of it was reversed: see `reversals`.",
    },
)
described_enum(
    HoldStatus,
    "Where a hold stands; every status but PLACED is final. Example: `PLACED`.",
    {
        HoldStatus.PLACED: "The funds are reserved.",
        HoldStatus.CAPTURED: "Transfers of at most its amount were posted; the rest was released.",
        HoldStatus.RELEASED: "The funds were given back.",
        HoldStatus.EXPIRED: "Its time ran out, and the funds were given back.",
    },
)
described_enum(
    BalanceDate,
    "By which of its dates an entry counts. Example: `EFFECTIVE`.",
    {
        BalanceDate.POSTED: "When it was written, which never changes.",
        BalanceDate.EFFECTIVE: "The value date, which backdated postings change.",
    },
)
described_enum(
    ActivityInterval,
    "How long a bucket of activity is, by the clocks and calendars of a time zone. Example: `DAY`.",
    {
        ActivityInterval.HOUR: "From one full hour to the next.",
        ActivityInterval.DAY: "From midnight to midnight: 23 or 25 hours where clocks change.",
        ActivityInterval.WEEK: "From Monday to Monday.",
        ActivityInterval.MONTH: "From the first to the first.",
    },
)
