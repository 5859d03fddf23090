"""What is done to transfers and closed books by hand, and what a proof finds. Names stand for objects of rich books."""

TRANSFER_DAMAGES = {
    "a changed amount": (
        "UPDATE transfers SET amount_minor_units = amount_minor_units + 1 WHERE id = '{transfer}'",
        {
            "entry-balance: debit of transfer {transfer}",
            "entry-balance: credit of transfer {transfer}",
            "account-debits: posting account {first}",
            "account-credits: posting account {second}",
            "event-transfer: event {transfer_event}",
        },
    ),
    "an amount that is no number": (
        "UPDATE transfers SET amount_minor_units = 'NaN' WHERE id = '{lone_transfer}'",
        {
            "transfer-amount: transfer {lone_transfer}",
            "entry-balance: debit of transfer {lone_transfer}",
            "entry-balance: credit of transfer {lone_transfer}",
            "account-debits: posting account {lone_payer}",
            "account-credits: posting account {lone}",
            "event-transfer: event {lone_event}",
        },
    ),
    "a deleted transfer": (
        "DELETE FROM transfers WHERE id = '{transfer}'",
        {
            "account-debits: posting account {first}",
            "account-credits: posting account {second}",
            "account-sequence: posting account {first}",
            "account-sequence: posting account {second}",
            "entry-sequence: {next_of_first}",
            "entry-sequence: {next_of_second}",
            "entry-balance: {next_of_first}",
            "entry-balance: {next_of_second}",
            "event-transfer: event {transfer_event}",
            "key-transfer: idempotency key postTransfer {transfer_key}",
        },
    ),
    "a gap in a sequence": (
        "UPDATE transfers SET debit_sequence = debit_sequence + 1000 WHERE id = '{last}'",
        {"entry-sequence: debit of transfer {last}", "event-transfer: event {last_event}"},
    ),
    "a sequence that two entries share": (
        "UPDATE transfers SET credit_sequence = credit_sequence - 1 WHERE id = '{last}'",
        {"entry-sequence: credit of transfer {last}", "event-transfer: event {last_event}"},
    ),
    "a wrong balance after": (
        "UPDATE transfers SET credit_balance_after = credit_balance_after + 1 WHERE id = '{transfer}'",
        {"entry-balance: credit of transfer {transfer}"},
    ),
    "a time that goes back": (
        "UPDATE transfers SET posted_at = posted_at - interval '1 hour' WHERE id = '{transfer}'",
        {"entry-time: debit of transfer {transfer}", "entry-time: credit of transfer {transfer}"},
    ),
    "a value date after the posting": (
        "UPDATE transfers SET effective_at = posted_at WHERE id = '{lone_transfer}'",
        {
            "transfer-effective-at: transfer {lone_transfer}",
            "event-transfer: event {lone_event}",
            *(
                f"backdated-{sums}: posting account {{{side}}}"
                for sums in ("days", "totals")
                for side in ("lone", "lone_payer")
            ),
        },
    ),
    "a value date moved to another day": (
        "UPDATE transfers SET effective_at = effective_at + interval '1 day' WHERE id = '{backdated}'",
        [
            "event-transfer: event {backdated_event}",
            *["backdated-days: posting account {first}"] * 2,
            *["backdated-days: posting account {second}"] * 2,
        ],
    ),
    "a value date moved into closed books": (
        "UPDATE transfers SET effective_at = '2020-03-01T00:00:00Z' WHERE id = '{backdated}'",
        [
            "closed-books: transfer {backdated}",
            "event-transfer: event {backdated_event}",
            *["backdated-days: posting account {first}"] * 2,
            *["backdated-days: posting account {second}"] * 2,
        ],
    ),
    "a value date taken away": (
        "UPDATE transfers SET effective_at = NULL WHERE id = '{backdated}'",
        {
            "event-transfer: event {backdated_event}",
            *(
                f"backdated-{sums}: posting account {{{side}}}"
                for sums in ("days", "totals")
                for side in ("first", "second")
            ),
        },
    ),
    "wrong totals of a day": (
        "UPDATE backdated_days SET credits = credits + 1 WHERE account_id = '{second}' AND day = '2020-03-01'",
        {"backdated-days: posting account {second}"},
    ),
    "a day's totals that are gone": (
        "DELETE FROM backdated_days WHERE account_id = '{second}' AND day = '2020-03-02'",
        {"backdated-days: posting account {second}"},
    ),
    "totals of a day on which nothing is": (
        "UPDATE backdated_days SET day = '2020-03-09' WHERE account_id = '{second}' AND day = '2020-03-02'",
        ["backdated-days: posting account {second}"] * 2,
    ),
    "a wrong sum of what was backdated": (
        """UPDATE backdated_totals SET credited = credited + 1 WHERE account_id = '{first}' AND posted_at =
           (SELECT max(posted_at) FROM backdated_totals WHERE account_id = '{first}')""",
        {"backdated-totals: posting account {first}"},
    ),
    "books reopened by hand": (
        "UPDATE closed_books SET closed_through = NULL WHERE customer_id = '{customer_id}'",
        {"books-event: books {customer_id}"},
    ),
    "books whose closing is forgotten": (
        "DELETE FROM closed_books WHERE customer_id = '{customer_id}'",
        {"books-event: books {customer_id}"},
    ),
    "a transfer between units": (
        "UPDATE transfers SET asset = 'EUR' WHERE id = '{transfer}'",
        {"transfer-sides: transfer {transfer}", "event-transfer: event {transfer_event}"},
    ),
    "a kind that cannot be": (
        "UPDATE transfers SET kind = 'WALLET' WHERE id = '{transfer}'",
        {"transfer-kind: transfer {transfer}", "event-transfer: event {transfer_event}"},
    ),
    "a payment's kind without payment": (
        "UPDATE transfers SET kind = 'PAYMENT_IN' WHERE id = '{transfer}'",
        {
            "transfer-kind: transfer {transfer}",
            "event-transfer: event {transfer_event}",
            "key-transfer: idempotency key postTransfer {transfer_key}",
        },
    ),
    "more reversed than was moved": (
        "UPDATE transfers SET kind = 'REVERSAL', reverses_id = '{reversed}' WHERE id = '{transfer}'",
        {
            "reversed-at-most: transfer {reversed}",
            "reversal-mirrors: transfer {transfer}",  # The other way, and of more.
            "event-transfer: event {transfer_event}",
            "key-transfer: idempotency key postTransfer {transfer_key}",
        },
    ),
    "a transfer put into a group": (
        "UPDATE transfers SET group_id = '{group}' WHERE id = '{transfer}'",
        {"group-is-one: group {group}", "event-transfer: event {transfer_event}"},
    ),
    "a transfer taken out of its group": (
        "UPDATE transfers SET group_id = NULL WHERE id = '{grouped}'",
        {"event-transfer: event {grouped_event}"},
    ),
    "a group's key that leads to another transfer": (
        "UPDATE idempotency_keys SET resource_id = '{lone_transfer}' WHERE resource_id = '{group_reversal}'",
        {"key-transfer: idempotency key reverseGroup {group_key}"},
    ),
    "a reversal of nothing": (
        "UPDATE transfers SET reverses_id = '{nothing}' WHERE id = '{reversal}'",
        {"reversal-mirrors: transfer {reversal}", "event-transfer: event {reversal_event}"},
    ),
    "a reversal of something else": (
        "UPDATE transfers SET reverses_id = '{transfer}' WHERE id = '{reversal}'",
        {"reversal-mirrors: transfer {reversal}", "event-transfer: event {reversal_event}"},
    ),
    "a reversed reversal": (
        """UPDATE transfers SET kind = 'REVERSAL', reverses_id = '{transfer}' WHERE id = '{reversed}';
           UPDATE transfers SET amount_minor_units = 1200 WHERE id = '{transfer}'""",
        {
            "reversal-mirrors: transfer {reversal}",
            "entry-balance: debit of transfer {transfer}",
            "entry-balance: credit of transfer {transfer}",
            "account-debits: posting account {first}",
            "account-credits: posting account {second}",
            "event-transfer: event {transfer_event}",
            "event-transfer: event {reversed_event}",
            "key-transfer: idempotency key postTransfer {reversed_key}",
        },
    ),
}
