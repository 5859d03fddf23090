"""What GraphQL tells of an object, REST tells too, under the seeds' names; each exception says why."""

import pytest
from graphql import build_schema

from app.api.graphql.schema import schema
from app.api.rest import account_shapes, enduser_shapes, ledger_shapes, money_shapes

LIST, AT = "a list of its own: …/entries", "not offered over REST: a balance at an instant"
TRANSFER = {
    "id": "transaction_id",
    "kind": "transaction_type",
    "status": "transaction_status",
    "amount": "amount asset_type",
    "reversedAmount": "reversed_amount",
    "groupId": "group_id",
    "reference": "reference",
    "metadata": "transaction_meta",
    "forced": "forced",
    "effectiveAt": "effective_at",
    "postedAt": "created_at",
    "debit": "ledger_from_id",
    "credit": "ledger_to_id",
    "entries": LIST,
    "reverses": "reverses_transaction_id",
    "reversedBy": "reversed_by_transaction_ids",
    "reversals": "reversed_by_transaction_ids",
    "hold": "hold_id",
    "payment": "payment_id",
}
LEDGER = {
    "id": "ledger_id",
    "holder": "holder_id ledger_holder",
    "type": "ledger_type",
    "isVirtual": "is_virtual",
    "assetClass": "asset_class",
    "asset": "asset_type",
    "scale": "decimal_places",
    "status": "ledger_status",
    "statusReason": "ledger_status_reason",
    "missingData": "missing_data",
    "primaryUses": "ledger_primary_use_types",
    "assetsOwnedBy": "ledger_who_owns_assets",
    "jurisdiction": "ledger_t_and_cs_country_of_jurisdiction",
    "partnerProduct": "partner_product",
    "partner": "partner partner_id partner_ref",
    "iban": "iban",
    "bic": "bic_swift",
    "ibanStatus": "ledger_iban_status",
    "ukBankAccount": "uk_sort_code uk_account_number",
    "balance": "balance amount",
    "overdraftLimit": "overdraft_limit",
    "freeze": "freeze",
    "isSettled": "is_settled",
    "metadata": "ledger_meta",
    "createdAt": "created_at",
    "updatedAt": "last_modified_at",
    "version": "version",
    "balanceAt": AT,
    "activity": "not offered over REST: sums over time",
    "entries": LIST,
}
WALLET = {
    "id": "wallet_id",
    "closedAt": "closed_at",
    "account": "account_id account_reference",
    "name": "wallet_name",
    "currency": "currency",
    "accountingType": "accounting_type",
    "decimalPlaces": "decimal_places",
    "allowNegative": "allow_negative",
    "overdraftLimit": "overdraft_limit",
    "freeze": "freeze",
    "balance": "balance",
    "metadata": "metadata",
    "createdAt": "created_at",
    "updatedAt": "last_modified_at",
    "version": "version",
    "balanceAt": AT,
    "activity": "not offered over REST: sums over time",
    "entries": "not offered over REST: entries of wallets",
}
ACCOUNT = {
    "id": "account_id",
    "closedAt": "closed_at",
    "backingLedger": "backing_ledger_id",
    "type": "account_type",
    "reference": "account_reference",
    "holder": "holder_id",
    "metadata": "metadata",
    "createdAt": "created_at",
    "updatedAt": "last_modified_at",
    "version": "version",
    "wallets": "wallets",
    "balances": "not offered over REST: sums over wallets",
}
PAYMENT = {
    "id": "payment_id",
    "direction": "payment_direction",
    "status": "payment_status",
    "statusReason": "payment_status_reason",
    "ledger": "ledger_from_id ledger_to_id",
    "amount": "amount asset_type",
    "counterparty": "beneficiary payer",
    "reference": "reference",
    "metadata": "payment_meta",
    "hold": "hold_id",
    "transfer": "transaction_id",
    "partnerReference": "partner_reference",
    "createdAt": "created_at",
    "updatedAt": "last_modified_at",
}
ENTRY = {
    "id": "ledger_entry_id",
    "direction": "ledger_entry_type",
    "amount": "amount",
    "balanceAfter": "balance_after",
    "sequence": "sequence",
    "effectiveAt": "effective_at",
    "postedAt": "created_at",
    "metadata": "not offered over REST: its transaction has it",
    "transfer": "transaction_id",
    "of": "ledger_id",
}
BALANCE = {"posted": "posted", "held": "held", "available": "available", "sequence": "sequence"}
HOLDER = {
    "id": "enduser_id",
    "kind": "always one: an enduser",
    "status": "enduser_status",
    "statusReason": "enduser_status_reason",
    "missingData": "missing_data",
    "name": "person company",
    "person": "person",
    "company": "company",
    "email": "email",
    "address": "address",
    "metadata": "enduser_meta",
    "createdAt": "created_at",
    "updatedAt": "last_modified_at",
    "version": "version",
    "ledgers": "a list of its own: …/ledgers?holder_id=",
    "accounts": "not offered over REST: a holder's accounts",
    "balances": "not offered over REST: sums over ledgers and wallets",
}
TABLES = {
    "Transfer": (TRANSFER, money_shapes.TransactionAnswer),
    "Ledger": (LEDGER, ledger_shapes.LedgerAnswer),
    "Wallet": (WALLET, account_shapes.WalletAnswer),
    "Account": (ACCOUNT, account_shapes.AccountAnswer),
    "Payment": (PAYMENT, money_shapes.PaymentAnswer),
    "Entry": (ENTRY, ledger_shapes.EntryAnswer),
    "Balance": (BALANCE, ledger_shapes.BalanceAnswer),
    "Holder": (HOLDER, enduser_shapes.EnduserAnswer),
}
REASONS = ("a list of its own", "not offered", "always one")


@pytest.mark.parametrize("name", TABLES)
def test_tells_over_rest_what_graphql_tells(name):
    table, answer = TABLES[name]
    fields = build_schema(schema.as_str()).type_map[name].fields
    assert table.keys() == fields.keys()
    told = {word for words in table.values() if not words.startswith(REASONS) for word in words.split()}
    assert told == answer.__annotations__.keys()
