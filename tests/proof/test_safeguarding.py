"""Proving that no wallets hold more than the ledger that backs them."""

from app.db.connection import pool
from app.proof.prove_books import prove_books
from tests.accounts.conftest import actor, issue, opened, opened_wallet, other_actor
from tests.bookkeeping import fund

__all__ = ["actor", "issue", "other_actor"]

MOST = 10**38 - 1


async def backed(actor, ledger_id, reference, minor_units, **wallet):
    """A wallet with so much in it, in an account of its own that the ledger backs."""
    await opened(actor, reference, backing_ledger_id=str(ledger_id))
    made = await opened_wallet(actor, reference, currency="GBP", **wallet)
    if minor_units:
        await fund(actor.customer_id, made.id, minor_units)


def shown(compared):
    return [(one.ledger_id, one.balance, one.wallets, one.difference, one.wallet_count) for one in compared]


async def test_is_not_looked_at_unless_it_is_asked_for(actor, issue):
    await backed(actor, await issue(actor), "a", 100)
    proof = await prove_books(actor.customer_id)
    assert (proof.safeguarded, proof.findings.counts.get("safeguarding")) == (None, None)


async def test_compares_every_ledger_that_backs_accounts(actor, other_actor, issue):
    full, exact, empty, _unlinked = [await issue(actor) for _ in range(4)]
    await fund(actor.customer_id, full, 1_000)
    await fund(actor.customer_id, exact, 500)
    await backed(actor, full, "a", 300)
    await backed(actor, full, "b", 600)
    await backed(actor, exact, "c", 500)
    await opened(actor, "no wallet", backing_ledger_id=str(empty))
    theirs = await issue(other_actor)
    await backed(other_actor, theirs, "a", 1)

    proof = await prove_books(actor.customer_id, safeguarding=True)

    assert "safeguarding" not in proof.findings.counts
    assert shown(proof.safeguarded) == sorted(
        [
            (full, "10.00", "9.00", "1.00", 2),
            (exact, "5.00", "5.00", "0.00", 1),
            (empty, "0.00", "0.00", "0.00", 0),
        ]
    )


async def test_finds_wallets_that_hold_more_in_any_customers_books(actor, other_actor, issue):
    ledger_id, theirs = await issue(actor), await issue(other_actor)
    await fund(actor.customer_id, ledger_id, 1_000)
    await backed(actor, ledger_id, "a", 400)
    await backed(actor, ledger_id, "b", 601)
    await backed(other_actor, theirs, "a", 1)

    proof = await prove_books(safeguarding=True)

    assert proof.findings.counts["safeguarding"] == 2
    assert not proof.is_proven
    [finding] = [one for one in proof.findings.kept if one.object_id == str(ledger_id)]
    assert (finding.customer_id, finding.rule, finding.object_type) == (actor.customer_id, "safeguarding", "ledger")
    assert finding.stored == "10.00 GBP"
    assert finding.expected == "at least 10.01 GBP, which its 2 wallets hold: -0.01 is the difference"
    [finding] = [one for one in proof.findings.kept if one.object_id == str(theirs)]
    assert finding.expected == "at least 0.01 GBP, which its wallet holds: -0.01 is the difference"


async def test_is_exact_at_38_digits_and_over_other_decimals(actor, issue):
    ledger_id = await issue(actor)
    await fund(actor.customer_id, ledger_id, MOST)
    await backed(actor, ledger_id, "a", MOST)
    await backed(actor, ledger_id, "b", 1, decimal_places=18)

    [one] = (await prove_books(actor.customer_id, safeguarding=True)).safeguarded

    assert one.balance == f"{'9' * 36}.99"
    assert one.wallets == f"{'9' * 36}.99{'0' * 15}1"
    assert one.difference == f"-0.{'0' * 17}1"


async def test_goes_by_the_present_links(actor, issue):
    ledger_id = await issue(actor)
    await backed(actor, ledger_id, "a", 100)
    await pool().execute("UPDATE accounts SET backing_ledger_id = NULL")
    assert (await prove_books(actor.customer_id, safeguarding=True)).safeguarded == []
