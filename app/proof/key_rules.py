"""Rules of the idempotency keys under which money was moved, and accounts and wallets were made and changed."""

from app.proof.findings import Rule

TRANSFER_KEYS = {
    "postTransfer": "made.kind IN ('INTER_LEDGER', 'WALLET') AND made.hold_id IS NULL",
    "captureHold": "made.kind IN ('INTER_LEDGER', 'WALLET') AND made.hold_id IS NOT NULL",
    "reverseTransfer": "made.kind = 'REVERSAL'",
    "reverseGroup": "made.kind = 'REVERSAL' AND made.group_id IS NOT NULL",
    "creditVirtualLedger": "made.kind = 'VIRTUAL_CREDIT'",
    "debitVirtualLedger": "made.kind = 'VIRTUAL_DEBIT'",
}
HOLD_KEYS = {"placeHold": "made.payment_id IS NULL"}
HOLD_CHANGE_KEYS = dict.fromkeys(("releaseHold", "adjustHold"), "made.payment_id IS NULL")
PAYMENT_KEYS = {
    "sendPayment": "made.direction = 'OUT'",
    "simulateIncomingPayment": "made.direction = 'IN'",
    "receivePayment": "made.direction = 'IN'",
}
ACCOUNT_KEYS = dict.fromkeys(("createAccount", "createAccounts", "updateAccount", "closeAccount"), "true")
WALLET_KEYS = dict.fromkeys(("createWallet", "createWallets", "updateWallet", "closeWallet"), "true")
CONTROL_KEYS = dict.fromkeys(("freeze", "unfreeze", "setOverdraftLimit"), "NOT made.is_system")
"""Operations, and a condition that is true of what each makes or changes."""

_MONEY_SQL = ", ".join(f"'{operation}'" for operation in (*TRANSFER_KEYS, *HOLD_KEYS, *PAYMENT_KEYS))


def _made(
    noun: str,
    table: str,
    keys: dict[str, str],
    *,
    did: str = "made",
    name: str | None = None,
    column: str = "resource_id",
) -> Rule:
    """Each key of these operations leads to what its operation makes or changes."""
    fits = " ".join(f"WHEN '{operation}' THEN {condition}" for operation, condition in keys.items())
    operations = ", ".join(f"'{operation}'" for operation in keys)
    return Rule(
        f"key-{name or noun}",
        "idempotency key",
        f"""
        SELECT concat(key.operation, ' ', key.key) AS object_id, key.{column} AS stored,
               'the id of a {noun} that this operation {did}' AS expected
        FROM idempotency_keys AS key
        LEFT JOIN {table} AS made ON made.customer_id = key.customer_id AND made.id = key.{column}
        WHERE key.customer_id = $1 AND key.operation IN ({operations}) AND key.{column} IS NOT NULL
            AND (made.id IS NULL OR NOT CASE key.operation {fits} END)
        """,
    )


KEY_RULES = (
    _made("transfer", "transfers", TRANSFER_KEYS),
    _made("hold", "holds", HOLD_KEYS),
    # Earlier versions did not note which hold a key released or adjusted.
    _made("hold", "holds", HOLD_CHANGE_KEYS, did="changed", name="hold-change", column="about_id"),
    _made("payment", "payments", PAYMENT_KEYS),
    # Several keys may lead to one account or wallet: the same reference with the same content is the same one.
    _made("account", "accounts", ACCOUNT_KEYS, did="made or changed"),
    _made("wallet", "wallets", WALLET_KEYS, did="made or changed"),
    _made("ledger or wallet", "posting_accounts", CONTROL_KEYS, did="changed", name="control"),
    # Two keys lead to one transfer: one request was answered with the transfer of another.
    Rule(
        "key-once",
        "idempotency key",
        f"""
        SELECT min(concat(operation, ' ', key)) AS object_id,
               format('one of %s keys of %s', count(*), resource_id) AS stored,
               'the only key of what was made under it' AS expected
        FROM idempotency_keys WHERE customer_id = $1 AND operation IN ({_MONEY_SQL})
        GROUP BY resource_id HAVING count(*) > 1
        """,
    ),
)
