"""All operations of the REST door."""

from app.api.rest import (
    accounts,
    books,
    controls,
    endusers,
    ledger_lists,
    ledgers,
    payments,
    safeguarding,
    statements,
    transactions,
)

OPERATIONS = (
    *ledgers.OPERATIONS,
    *ledger_lists.OPERATIONS,
    *endusers.OPERATIONS,
    *transactions.OPERATIONS,
    *payments.OPERATIONS,
    *accounts.OPERATIONS,
    *controls.OPERATIONS,
    *books.OPERATIONS,
    *safeguarding.OPERATIONS,
    *statements.OPERATIONS,
)
