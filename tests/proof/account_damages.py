"""What is done to accounts and ledgers by hand, and what a proof finds. Names stand for objects of the rich books."""

ACCOUNT_DAMAGES = {
    "a changed total of credits": (
        "UPDATE posting_accounts SET credits = credits + 1 WHERE id = '{first}'",
        {"account-credits: posting account {first}", "unit-totals: unit BANK GBP/2"},
    ),
    "a changed total of debits": (
        "UPDATE posting_accounts SET debits = debits - 1 WHERE id = '{first}'",
        {"account-debits: posting account {first}", "unit-totals: unit BANK GBP/2"},
    ),
    "a total that is no number": (
        "UPDATE posting_accounts SET debits = 'NaN' WHERE id = '{gold}'",
        {"account-debits: posting account {gold}", "unit-totals: unit VIRTUAL GOLD/4"},
    ),
    "totals that lack a transfer on both sides": (
        """UPDATE posting_accounts SET debits = debits - 3050 WHERE id = '{first}';
           UPDATE posting_accounts SET credits = credits - 3050 WHERE id = '{second}'""",
        {"account-debits: posting account {first}", "account-credits: posting account {second}"},
    ),
    "a wrong number of entries": (
        "UPDATE posting_accounts SET sequence = sequence + 1 WHERE id = '{gold}'",
        {"account-sequence: posting account {gold}"},
    ),
    "a wrong time of the last entry": (
        "UPDATE posting_accounts SET last_posted_at = NULL WHERE id = '{gold}'",
        {"account-last-posted-at: posting account {gold}"},
    ),
    "an account that may never be negative, and is": (
        "UPDATE posting_accounts SET allow_negative = false WHERE id = '{negative}'",
        {"account-floor: posting account {negative}"},
    ),
    "more held than there is": (
        "UPDATE posting_accounts SET held = credits - debits + 1 WHERE id = '{first}'",
        {"account-floor: posting account {first}", "account-held: posting account {first}"},
    ),
    "a wallet below its limit": (
        """UPDATE posting_accounts SET overdraft_limit = 19 WHERE id = '{overdrawn}';
           UPDATE wallets SET overdraft_limit_minor_units = 19 WHERE id = '{overdrawn}'""",
        {"account-floor: posting account {overdrawn}"},
    ),
    "an event that hides what was forced": (
        """UPDATE events SET body_format = NULL, body_checksum = NULL, body = '{{"data":{{"forced":false}}}}'
           WHERE id = '{forced_event}'""",
        {"event-transfer: event {forced_event}"},
    ),
    "too much held": (
        "UPDATE posting_accounts SET held = held + 1 WHERE id = '{first}'",
        {"account-held: posting account {first}"},
    ),
    "too little held": (
        "UPDATE posting_accounts SET held = held - 1 WHERE id = '{first}'",
        {"account-held: posting account {first}"},
    ),
    "entries without their account": (
        "DELETE FROM posting_accounts WHERE id = '{lone}'",
        {
            "account-exists: posting account {lone}",
            "transfer-sides: transfer {lone_transfer}",
            "unit-totals: unit BANK GBP/2",
            "unit-entries: unit BANK GBP/2",
        },
    ),
    "an account in another unit": (
        "UPDATE posting_accounts SET asset = 'EUR' WHERE id = '{lone}'",
        {
            "transfer-sides: transfer {lone_transfer}",
            *(f"unit-{what}: unit BANK {unit}/2" for what in ("totals", "entries") for unit in ("GBP", "EUR")),
        },
    ),
    "an account in another book": (
        "UPDATE posting_accounts SET book = 'WALLET' WHERE id = '{lone}'",
        {
            "transfer-sides: transfer {lone_transfer}",
            "wallet-exists: posting account {lone}",
            *(f"unit-{what}: unit {book} GBP/2" for what in ("totals", "entries") for book in ("BANK", "WALLET")),
        },
    ),
    "a ledger that is shut": (
        "UPDATE posting_accounts SET is_open = false WHERE id = '{first}'",
        {"ledger-open: ledger {first}"},
    ),
    "a closed ledger that is open": (
        "UPDATE posting_accounts SET is_open = true WHERE id = '{closed}'",
        {"ledger-open: ledger {closed}"},
    ),
    "a ledger closed with a balance": (
        """UPDATE ledgers SET status = 'CLOSED' WHERE id = '{gold}';
           UPDATE posting_accounts SET is_open = false WHERE id = '{gold}'""",
        {"ledger-closed-empty: ledger {gold}"},
    ),
    "a closed ledger that a hold still awaits": (
        """UPDATE holds SET credit_id = '{closed}' WHERE id = '{placed}'""",
        {"ledger-closed-empty: ledger {closed}"},
    ),
    "a ledger whose money belongs to nobody": (
        "UPDATE posting_accounts SET holder_id = NULL WHERE id = '{first}'",
        {"ledger-account: ledger {first}"},
    ),
    "a ledger without posting account": (
        "DELETE FROM posting_accounts WHERE id = '{closed}'",
        {"ledger-account: ledger {closed}"},
    ),
    "a vault that callers may name": (
        "UPDATE posting_accounts SET is_system = false WHERE id = '{vault}'",
        {"system-account: posting account {vault}"},
    ),
}
