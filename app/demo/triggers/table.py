"""Which trigger makes each type of event happen, and why some cannot be made to."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

from app.demo.triggers import of_access, of_ledgers, of_money, of_parties, of_work
from app.demo.triggers.steps import Steps

Trigger: TypeAlias = Callable[[Steps], Awaitable[str]]
"""Does something real; returns the id of what its event is about, or of the transfer that it is derived from."""

TRIGGERS: Mapping[str, Trigger] = {
    "account.created": of_parties.account_created,
    "account.updated": of_parties.account_updated,
    "account.closed": of_parties.account_closed,
    "api_key.created": of_access.api_key_created,
    "api_key.revoked": of_access.api_key_revoked,
    "books.closed": of_money.books_closed,
    "holder.created": of_parties.holder_ok,
    "holder.updated": of_parties.holder_updated,
    "holder.status.pending": of_parties.holder_pending,
    "holder.status.missing_data": of_parties.holder_missing_data,
    "holder.status.quarantine": of_parties.holder_quarantine,
    "holder.status.ok": of_parties.holder_ok,
    "holder.status.declined": of_parties.holder_declined,
    "ledger.created": of_ledgers.ledger_ok,
    "ledger.updated": of_ledgers.ledger_updated,
    "ledger.assigned": of_ledgers.ledger_assigned,
    "ledger.frozen": of_ledgers.ledger_frozen,
    "ledger.unfrozen": of_ledgers.ledger_unfrozen,
    "ledger.overdraft_changed": of_ledgers.ledger_overdraft_changed,
    "ledger.status.pending": of_ledgers.ledger_pending,
    "ledger.status.missing_data": of_ledgers.ledger_missing_data,
    "ledger.status.ok": of_ledgers.ledger_ok,
    "ledger.status.error": of_ledgers.ledger_error,
    "ledger.status.declined": of_ledgers.ledger_declined,
    "ledger.status.closed": of_ledgers.ledger_closed,
    "ledger.iban_status.pending": of_ledgers.iban_assigned,
    "ledger.iban_status.ok": of_ledgers.iban_assigned,
    "ledger.iban_status.declined": of_ledgers.iban_declined,
    "ledger.iban_status.unable_to_advance": of_ledgers.iban_unable_to_advance,
    "ledger.balance_changed": of_money.transfer_posted,
    "wallet.created": of_parties.wallet_created,
    "wallet.updated": of_parties.wallet_updated,
    "wallet.closed": of_parties.wallet_closed,
    "wallet.frozen": of_parties.wallet_frozen,
    "wallet.unfrozen": of_parties.wallet_unfrozen,
    "wallet.overdraft_changed": of_parties.wallet_overdraft_changed,
    "wallet.balance_changed": of_money.wallet_transfer_posted,
    "transfer.posted": of_money.transfer_posted,
    "hold.status.placed": of_money.hold_placed,
    "hold.status.captured": of_money.hold_captured,
    "hold.status.released": of_money.hold_released,
    "hold.status.expired": of_money.hold_expired,
    "hold.captured": of_money.hold_captured_in_part,
    "hold.released": of_money.hold_released_in_part,
    "hold.adjusted": of_money.hold_adjusted,
    "payment.status.pending": of_money.payment_sent,
    "payment.status.accepted": of_money.payment_sent,
    "payment.status.declined": of_money.payment_declined,
    "webhook.ping": of_access.ping,
    "webhook_endpoint.created": of_access.endpoint_deleted,
    "webhook_endpoint.updated": of_access.endpoint_updated,
    "webhook_endpoint.secret_rotated": of_access.secret_rotated,
    "webhook_endpoint.deleted": of_access.endpoint_deleted,
    "webhook_endpoint.status.enabled": of_access.endpoint_enabled,
    "webhook_endpoint.status.paused": of_access.endpoint_paused,
    "webhook_endpoint.status.disabled": of_access.endpoint_disabled,
    "work.retried": of_work.work_retried,
}

REFUSED: Mapping[str, str] = {
    "books.reopened": "Only an operator reopens books: `quaestor books reopen`.",
    "webhook_delivery.exhausted": (
        "A delivery is exhausted after 13 failed attempts, which takes about 77 hours. For a test, set "
        "QUAESTOR_WEBHOOK_RETRY_SCHEDULE_SECONDS to `1` and let your receiver answer 500."
    ),
}
