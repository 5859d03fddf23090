"""The `data` of events, by noun: what the nouns' own `describe_…` functions write. Tests check real events by it."""

from app.accounts.status import AccountingType, AccountType
from app.api.event_catalog.schema_parts import (
    AMOUNT_TEXT,
    COUNT,
    FLAG,
    FREEZE_OR_NONE,
    ID,
    INSTANT,
    METADATA,
    MONEY,
    TEXT,
    VERSION,
    WHOLE_TEXT,
    Schema,
    each,
    list_of,
    one_of,
    only,
    or_null,
    record,
)
from app.holders.status import HolderKind, HolderStatus
from app.journal.status import EntryDirection, HoldStatus, TransferKind
from app.ledgers.status import AssetOwner, IbanStatus, LedgerStatus, LedgerType, LedgerUse
from app.outbox.failed_work import WorkStatus
from app.partners.catalog import AssetClass
from app.payments.status import PaymentDirection, PaymentStatus
from app.webhooks.status import DeliveryStatus, EndpointStatus, Payload

LIFE = {"created_at": INSTANT, "updated_at": INSTANT, "version": VERSION}
PARTY_TYPES = ("ledger", "wallet", "system_account")

HOLDER = record(
    id=ID,
    kind=one_of(HolderKind),
    status=one_of(HolderStatus),
    status_reason=or_null(TEXT),
    missing_data=list_of(TEXT),
    metadata=METADATA,
    **LIFE,
)
LEDGER = record(
    id=ID,
    holder_id=or_null(ID),
    type=one_of(LedgerType),
    is_virtual=FLAG,
    asset_class=one_of(AssetClass),
    asset=TEXT,
    scale=COUNT,
    status=one_of(LedgerStatus),
    status_reason=or_null(TEXT),
    missing_data=list_of(TEXT),
    primary_uses=list_of(one_of(LedgerUse)),
    assets_owned_by=or_null(one_of(AssetOwner)),
    **each(or_null(TEXT), "jurisdiction", "partner_product", "iban", "bic"),
    iban_status=one_of(IbanStatus),
    uk_bank_account=or_null(record(sort_code=TEXT, account_number=TEXT)),
    overdraft_limit=MONEY,
    freeze=FREEZE_OR_NONE,
    metadata=METADATA,
    **LIFE,
)
ACCOUNT = record(
    id=ID,
    type=one_of(AccountType),
    reference=TEXT,
    holder_id=or_null(ID),
    backing_ledger_id=or_null(ID),
    metadata=METADATA,
    closed_at=or_null(INSTANT),
    closed_reason=or_null(TEXT),
    **LIFE,
)
WALLET = record(
    id=ID,
    account_id=ID,
    **each(TEXT, "account_reference", "name", "currency"),
    accounting_type=one_of(AccountingType),
    decimal_places=COUNT,
    allow_negative=FLAG,
    overdraft_limit=MONEY,
    freeze=FREEZE_OR_NONE,
    metadata=METADATA,
    closed_at=or_null(INSTANT),
    closed_reason=or_null(TEXT),
    **LIFE,
)
PARTY = record(id=ID, type=one_of(PARTY_TYPES))
SIDE = record(id=ID, type=one_of(PARTY_TYPES), balance_after=AMOUNT_TEXT, sequence=WHOLE_TEXT)
TRANSFER = record(
    id=ID,
    kind=one_of(TransferKind),
    amount=MONEY,
    debit=SIDE,
    credit=SIDE,
    reference=or_null(TEXT),
    **each(or_null(ID), "hold_id", "payment_id", "reverses_id", "group_id"),
    effective_at=INSTANT,
    forced=FLAG,
    posted_at=INSTANT,
)
HOLD = record(
    id=ID,
    status=one_of(HoldStatus),
    **each(MONEY, "amount", "captured", "released", "remaining"),
    debit=PARTY,
    credit=PARTY,
    payment_id=or_null(ID),
    transfer_id=or_null(ID),
    expires_at=or_null(INSTANT),
    reference=or_null(TEXT),
    metadata=METADATA,
    **LIFE,
)
PAYMENT = record(
    id=ID,
    direction=one_of(PaymentDirection),
    status=one_of(PaymentStatus),
    status_reason=or_null(TEXT),
    ledger_id=ID,
    amount=MONEY,
    reference=or_null(TEXT),
    metadata=METADATA,
    hold_id=or_null(ID),
    transfer_id=or_null(ID),
    partner_reference=or_null(TEXT),
    **LIFE,
)
API_KEY = record(
    id=ID,
    name=TEXT,
    prefix=TEXT,
    scopes=list_of(TEXT),
    expires_at=or_null(INSTANT),
    revoked_at=or_null(INSTANT),
    created_at=INSTANT,
)
BOOKS = record(customer_id=ID, closed_through=or_null(INSTANT), reason=or_null(TEXT), version=VERSION)
WEBHOOK_ENDPOINT = record(
    id=ID,
    url=TEXT,
    description=or_null(TEXT),
    status=one_of(EndpointStatus),
    status_reason=or_null(TEXT),
    event_types=list_of(TEXT),
    payload=one_of(Payload),
    ordered=FLAG,
    max_per_second=or_null(COUNT),
    filter={"description": "A JSON object that `data` must contain; null: none."},
    holder_id=or_null(ID),
    header_names=list_of(TEXT),
    ca_certificate_sha256=or_null(TEXT),
    client_certificate_sha256=or_null(TEXT),
    public_key=TEXT,
    created_at=INSTANT,
    updated_at=INSTANT,
    deleted_at=or_null(INSTANT),
    version=VERSION,
)
WEBHOOK_DELIVERY = record(
    id=ID,
    endpoint_id=ID,
    event_id=ID,
    event_type=TEXT,
    status=one_of(DeliveryStatus),
    attempt_count=COUNT,
    created_at=INSTANT,
    updated_at=INSTANT,
)
WORK = record(
    id=ID,
    kind=TEXT,
    resource_id=ID,
    status=one_of(WorkStatus),
    retry_count=COUNT,
    created_at=INSTANT,
)


def _balance_change(of: str) -> Schema:
    return record(
        **{f"{of}_id": ID},
        transfer_id=ID,
        entry_id=ID,
        direction=one_of(EntryDirection),
        amount=MONEY,
        balance=record(posted=MONEY),
        sequence=WHOLE_TEXT,
    )


DATA_OF_NOUN: dict[str, Schema] = {
    "account": ACCOUNT,
    "api_key": API_KEY,
    "books": BOOKS,
    "hold": HOLD,
    "holder": HOLDER,
    "ledger": LEDGER,
    "payment": PAYMENT,
    "transfer": TRANSFER,
    "wallet": WALLET,
    "webhook": WEBHOOK_ENDPOINT,
    "webhook_delivery": WEBHOOK_DELIVERY,
    "webhook_endpoint": WEBHOOK_ENDPOINT,
    "work": WORK,
}
"""By the first part of an event's type."""
DATA_OF_TYPE: dict[str, Schema] = {
    "ledger.balance_changed": _balance_change("ledger"),
    "wallet.balance_changed": _balance_change("wallet"),
}
"""Of the types that do not carry their noun."""
BESIDE_OF_TYPE: dict[str, Schema] = {
    "ledger.unfrozen": {"unfreeze_reason": or_null(TEXT)},
    "wallet.unfrozen": {"unfreeze_reason": or_null(TEXT)},
}
"""Fields that these types have beside their noun's."""


def data_schema(event_type: str) -> Schema:
    """The schema of the `data` of an event of this type, which fixes the status that the type names."""
    if event_type in DATA_OF_TYPE:
        return DATA_OF_TYPE[event_type]
    noun, *column = event_type.split(".")
    schema = DATA_OF_NOUN[noun]
    fields = {**schema["properties"], **BESIDE_OF_TYPE.get(event_type, {})}
    if len(column) == 2:  # noqa: PLR2004 - `<noun>.<column>.<status>`
        fields[column[0]] = only(column[1].upper())
    return record(**fields)
