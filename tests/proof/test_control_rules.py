"""Finding what was done by hand to freezes and overdraft limits, and telling of what a bank had done."""

import pytest

from app.db.connection import fetchval, pool
from app.proof.control_rules import CONTROL_RULES
from app.proof.prove_books import prove_books
from tests.bookkeeping import open_account
from tests.journal.orders import carry_out, made, post
from tests.rich_books import damage

DAMAGES = {
    "a limit that was raised behind the wallet's back": (
        "UPDATE posting_accounts SET overdraft_limit = 1000 WHERE id = '{overdrawn}'",
        {"overdraft-limit: posting account {overdrawn}"},
    ),
    "a limit that only the wallet has": (
        "UPDATE wallets SET overdraft_limit_minor_units = 1000 WHERE id = '{overdrawn}'",
        {"overdraft-limit: posting account {overdrawn}"},
    ),
    "a ledger with a limit that it was not given": (
        "UPDATE posting_accounts SET overdraft_limit = 1 WHERE id = '{first}'",
        {"overdraft-limit: posting account {first}"},
    ),
    "a freeze that forbids nothing": (
        "UPDATE posting_accounts SET frozen_debits = NULL, frozen_credits = NULL WHERE id = '{frozen}'",
        {"freeze: posting account {frozen}"},
    ),
    "half a freeze": (
        "UPDATE posting_accounts SET frozen_credits = NULL WHERE id = '{frozen}'",
        {"freeze: posting account {frozen}"},
    ),
    "a freeze that nobody ordered": (
        "UPDATE posting_accounts SET frozen_debits = debits WHERE id = '{first}'",
        {"freeze: posting account {first}"},
    ),
    "a freeze that is not shown": (
        "UPDATE ledgers SET freeze_scope = NULL, freeze_reason = NULL, frozen_at = NULL WHERE id = '{frozen}'",
        {"freeze: posting account {frozen}"},
    ),
    "a total that moved though it is frozen": (
        "UPDATE posting_accounts SET frozen_credits = frozen_credits - 1 WHERE id = '{frozen}'",
        {"frozen-totals: posting account {frozen}"},
    ),
    "a transfer of what is frozen": (
        "UPDATE transfers SET is_forced = false WHERE id = '{forced}'",
        {"frozen-transfers: transfer {forced}", "event-transfer: event {forced_event}"},
    ),
    "a transfer that no bank forced": (
        "UPDATE transfers SET is_forced = true WHERE id = '{transfer}'",
        {"forced-transfer: transfer {transfer}", "event-transfer: event {transfer_event}"},
    ),
    "more allowed for than a bank had done": (
        "UPDATE posting_accounts SET forced_below = 1000 WHERE id = '{frozen}'",
        {"forced-below: posting account {frozen}"},
    ),
    "an allowance for what no bank had done": (
        """UPDATE posting_accounts SET forced_below = 6 WHERE id = '{overdrawn}';
           UPDATE posting_accounts SET overdraft_limit = 14 WHERE id = '{overdrawn}';
           UPDATE wallets SET overdraft_limit_minor_units = 14 WHERE id = '{overdrawn}'""",
        {"forced-below: posting account {overdrawn}"},
    ),
}


@pytest.mark.parametrize("kind", DAMAGES)
async def test_finds(unguarded, kind):
    sql, expected = DAMAGES[kind]

    await unguarded.damage(sql)
    proof = await prove_books()

    found = [f"{one.rule}: {one.object_type} {one.object_id}" for one in proof.findings.kept]
    assert sorted(found) == sorted(finding.format(**unguarded.names) for finding in expected)


def test_is_seen_to_find_what_breaks_each_rule():
    broken = {finding.split(":")[0] for _, expected in DAMAGES.values() for finding in expected}
    assert broken - {"event-transfer"} == {rule.name for rule in CONTROL_RULES}


async def test_tells_of_what_is_below_its_floor_by_force_but_calls_it_proven(books):
    payer, payee = await open_account(books.customer_id), await open_account(books.customer_id)
    [forced] = await carry_out(books.actor, post(books.actor, payer, payee, 70, is_forced=True))
    # Only payments force transfers; this one stands for one of theirs.
    payment = await fetchval("SELECT payment_id FROM transfers WHERE id = $1", books.forced)
    await damage(f"UPDATE transfers SET payment_id = '{payment}' WHERE id = '{made(forced).id}'")
    await pool().execute("UPDATE transfers SET payment_id = NULL WHERE id = $1", books.forced)

    proof = await prove_books(books.customer_id)

    [told] = proof.below_by_force.kept
    assert (told.object_id, told.stored) == (str(payer), "70 below its floor")
    assert "forced-below" not in proof.findings.counts
    assert "account-floor" not in proof.findings.counts
