"""Finding each kind of damage that is done to the tables by hand."""

import pytest

from app.proof.control_rules import CONTROL_RULES
from app.proof.prove_accounts import ENTRY_RULES
from app.proof.prove_books import RULES, prove_books
from app.proof.wallet_rules import WALLET_RULES
from tests.proof.account_damages import ACCOUNT_DAMAGES
from tests.proof.event_damages import EVENT_DAMAGES
from tests.proof.hold_damages import HOLD_DAMAGES
from tests.proof.key_damages import KEY_DAMAGES
from tests.proof.payment_damages import PAYMENT_DAMAGES
from tests.proof.transfer_damages import TRANSFER_DAMAGES

DAMAGES = {
    **ACCOUNT_DAMAGES,
    **TRANSFER_DAMAGES,
    **HOLD_DAMAGES,
    **PAYMENT_DAMAGES,
    **EVENT_DAMAGES,
    **KEY_DAMAGES,
}


@pytest.mark.parametrize("kind", DAMAGES)
async def test_finds(unguarded, kind):
    sql, expected = DAMAGES[kind]

    await unguarded.damage(sql)
    proof = await prove_books()

    found = [f"{one.rule}: {one.object_type} {one.object_id}" for one in proof.findings.kept]
    assert sorted(found) == sorted(finding.format(**unguarded.names) for finding in expected)
    assert {one.customer_id for one in proof.findings.kept} == {unguarded.books.customer_id}
    assert sum(proof.findings.counts.values()) == len(found)
    assert not proof.is_proven


def test_is_seen_to_find_what_breaks_each_rule():
    of_wallets = {rule.name for rule in WALLET_RULES}  # Broken in tests/accounts/test_wallet_money.py.
    of_controls = {rule.name for rule in CONTROL_RULES}  # Broken in test_control_rules.py.
    of_sets = {rule.name for _, rules in RULES for rule in rules} - of_wallets - of_controls
    of_accounts = {"account-exists", "account-debits", "account-credits", "account-sequence", "account-last-posted-at"}
    broken = {finding.split(":")[0] for _, expected in DAMAGES.values() for finding in expected}
    assert broken - of_wallets - of_controls == of_sets | of_accounts | set(ENTRY_RULES) | {
        "unit-totals",
        "unit-entries",
    }


@pytest.mark.parametrize(
    ("sql", "rule", "stored", "expected"),
    [
        (
            "UPDATE posting_accounts SET debits = 1, credits = 100001 WHERE id = '{gold}'",
            "account-credits",
            "100001",
            "125000",
        ),
        (
            "UPDATE transfers SET debit_balance_after = 96949 WHERE id = '{transfer}'",
            "entry-balance",
            "96949",
            "96950",
        ),
        (
            "UPDATE posting_accounts SET held = 1 WHERE id = '{first}'",
            "account-held",
            "1",
            "6700, the sum of its placed holds",
        ),
        (
            "UPDATE holds SET status = 'CAPTURED' WHERE id = '{placed}'",
            "hold-transfers",
            "CAPTURED, its transfers move 0",
            "transfers of more than 0, and at most its amount",
        ),
        (
            "UPDATE posting_accounts SET sequence = 7 WHERE id = '{gold}'",
            "account-sequence",
            "7",
            "3, the number of its entries",
        ),
        (
            "UPDATE posting_accounts SET is_open = false WHERE id = '{gold}'",
            "ledger-open",
            "not open for posting",
            "open, since the ledger is OK",
        ),
    ],
)
async def test_says_what_is_stored_and_what_it_should_be(unguarded, sql, rule, stored, expected):
    await unguarded.damage(sql)

    [finding] = [one for one in (await prove_books()).findings.kept if one.rule == rule]

    assert (finding.stored, finding.expected) == (stored, expected)
