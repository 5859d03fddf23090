"""Freezing a ledger or wallet: what it forbids, what it does not, and what is told."""

from dataclasses import replace

import pytest

from app.accounts.close_wallet import CloseWallet, close_wallet
from app.db.connection import fetch, fetchrow, fetchval
from app.db.identifiers import new_id
from app.journal.frozen import FreezeScope
from app.kernel.errors import Forbidden, IdempotencyMismatch, Invalid, InvalidState, NotFound
from app.ledgers.close_ledger import CloseLedger, close_ledger
from app.proof.prove_books import prove_books
from tests.bookkeeping import balance_of, nothing_changes
from tests.controls.conftest import account_row
from tests.journal.orders import adjust, capture, carry_out, expire, kinds, made, place, post, release, reverse

DEBITS, CREDITS, ALL = FreezeScope
NOUNS = ("ledger", "wallet")


def told_frozen(outcome, account_id, argument):
    """A refusal that says FROZEN, and whom."""
    assert type(outcome) is InvalidState
    assert (outcome.status, outcome.path) == ("FROZEN", (argument,))
    assert str(account_id) in outcome.message
    assert "FROZEN" in outcome.message
    return True


@pytest.mark.parametrize("noun", NOUNS)
@pytest.mark.parametrize(("scope", "pays", "receives"), [(DEBITS, False, True), (CREDITS, True, False), (ALL, 0, 0)])
async def test_forbids_debits_credits_or_both(actor, make_party, frozen, noun, scope, pays, receives):
    party, other = await make_party(noun, 1_000), await make_party(noun, 1_000)
    await frozen(party, scope)

    out, into = post(actor, party, other, 10), post(actor, other, party, 10)
    hold_out, hold_into = place(actor, party, other, 10), place(actor, other, party, 10)
    outcomes = await carry_out(actor, out, into, hold_out, hold_into)

    for index, is_possible, argument in ((0, pays, "debit_id"), (1, receives, "credit_id")):
        for outcome in (outcomes[index], outcomes[index + 2]):
            assert made(outcome) if is_possible else told_frozen(outcome, party, argument)
    assert (await balance_of(actor.customer_id, party))[:2] == (1_000 - 10 * pays + 10 * receives, 10 * pays)
    assert (await prove_books()).is_proven


@pytest.mark.parametrize("noun", NOUNS)
async def test_lets_holds_be_released_and_expire_but_not_captured_where_frozen_money_would_move(
    actor, make_party, frozen, noun
):
    party, other = await make_party(noun, 1_000), await make_party(noun, 1_000)
    placed = [made(one).id for one in await carry_out(actor, *(place(actor, party, other, 10) for _ in range(4)))]
    await fetch("UPDATE holds SET expires_at = now() WHERE id = $1", placed[3])
    await frozen(party, DEBITS)

    captured, captured_in_part, released, expired = await carry_out(
        actor,
        capture(actor, placed[0]),
        capture(actor, placed[1], 5),
        release(actor, placed[2]),
        expire(actor, placed[3]),
    )

    assert told_frozen(captured, party, "hold_id")
    assert told_frozen(captured_in_part, party, "hold_id")
    assert (made(released).status, made(expired).status) == ("RELEASED", "EXPIRED")
    assert await balance_of(actor.customer_id, party) == (1_000, 20, 1)
    await frozen(party, CREDITS)
    assert kinds(await carry_out(actor, capture(actor, placed[0]))) == [True]
    assert (await prove_books()).is_proven


async def test_forbids_a_reversal_that_would_move_frozen_money(actor, wallet, frozen):
    party, other = await wallet(1_000), await wallet()
    [transfer] = await carry_out(actor, post(actor, party, other, 10))
    await frozen(party, CREDITS)

    [refused] = await carry_out(actor, reverse(actor, made(transfer).id))

    assert told_frozen(refused, party, "transfer_id")
    await frozen(party, DEBITS)
    assert kinds(await carry_out(actor, reverse(actor, made(transfer).id))) == [True]


async def test_means_entries_not_increases(actor, wallet, frozen):
    """A debit raises a wallet of assets: what is frozen for debits takes nothing in, and may give away."""
    asset, liability = await wallet(500, kind="ASSET"), await wallet(500)
    await frozen(asset, DEBITS)

    raised, lowered = await carry_out(actor, post(actor, asset, liability, 10), post(actor, liability, asset, 10))

    assert told_frozen(raised, asset, "debit_id")
    assert made(lowered)
    assert (await balance_of(actor.customer_id, asset))[0] == 490


async def test_keeps_the_rest_of_a_batch_going(actor, wallet, frozen):
    party, other, free = await wallet(100), await wallet(100), await wallet(100)
    await frozen(party)

    outcomes = await carry_out(
        actor, post(actor, other, free), post(actor, party, free), post(actor, free, other), post(actor, free, party)
    )

    assert kinds(outcomes) == [True, InvalidState, True, InvalidState]


@pytest.mark.parametrize("noun", NOUNS)
async def test_answers_tells_and_stores_it(actor, make_party, frozen, told, noun):
    party = await make_party(noun, 100)
    before = await fetchrow(f"SELECT * FROM {noun}s WHERE id = $1", party)

    found, replayed = await frozen(party, DEBITS, " Court order 2026-117. ")

    assert (replayed, found.version, found.id) == (False, before["version"] + 1, party)
    assert (found.freeze.scope, found.freeze.reason) == (DEBITS, "Court order 2026-117.")
    account = await account_row(party)
    assert (account["frozen_debits"], account["frozen_credits"]) == (account["debits"], None)
    assert found.freeze.frozen_at > account["last_posted_at"]
    event = (await told(party))[-1]
    assert (event.type, event.resource_version, event.previous) == (f"{noun}.frozen", found.version, {"freeze": None})
    assert event.data["freeze"]["scope"] == "DEBITS"
    assert event.data["freeze"]["reason"] == "Court order 2026-117."
    changed_at = await fetchval(f"SELECT changed_at FROM {noun}_changes WHERE {noun}_id = $1", party)
    assert changed_at == found.freeze.frozen_at
    if noun == "ledger":
        assert found.status == "OK"


async def test_is_frozen_once_however_often_it_is_asked(wallet, frozen, told):
    party = await wallet()
    first, _ = await frozen(party, CREDITS)

    again, replayed = await frozen(party, CREDITS)

    assert (replayed, again) == (True, first)
    assert [event.type for event in await told(party)] == ["wallet.created", "wallet.frozen"]


async def test_freezes_in_another_way_what_is_frozen(actor, wallet, frozen, told):
    party, other = await wallet(100), await wallet(100)
    first, _ = await frozen(party, CREDITS, "Court order.")

    second, replayed = await frozen(party, DEBITS, "Another order.")

    assert (replayed, second.version) == (False, first.version + 1)
    assert second.freeze.frozen_at > first.freeze.frozen_at
    assert (await told(party))[-1].previous["freeze"]["scope"] == "CREDITS"
    out, into = await carry_out(actor, post(actor, party, other), post(actor, other, party))
    assert told_frozen(out, party, "debit_id")
    assert made(into)


async def test_freezes_a_ledger_before_its_bank_has_opened_it(ledger, frozen):
    party = await ledger(is_provisioned=False)

    found, _ = await frozen(party)

    assert (found.status, found.freeze.scope) == ("PENDING", ALL)


async def test_freezes_after_the_last_entry_though_the_clock_was_set_back(actor, wallet, frozen):
    party = await wallet(100)
    await fetch(
        "UPDATE posting_accounts SET last_posted_at = '2999-01-01' WHERE id = $1 AND customer_id = $2",
        party,
        actor.customer_id,
    )

    found, _ = await frozen(party)

    assert found.freeze.frozen_at.year == 2999


async def test_answers_a_key_again_with_what_now_is(wallet, frozen, unfrozen):
    party = await wallet()
    await frozen(party, idempotency_key="a freeze")
    await unfrozen(party, idempotency_key="a freeze")  # Of another operation.

    found, replayed = await frozen(party, idempotency_key="a freeze")

    assert (replayed, found.freeze) == (True, None)
    async with nothing_changes():
        with pytest.raises(IdempotencyMismatch) as refused:
            await frozen(party, DEBITS, idempotency_key="a freeze")
    assert refused.value.path == ("idempotency_key",)


async def test_closes_nothing_that_is_frozen(actor, ledger, wallet, frozen, unfrozen):
    a_ledger, a_wallet = await ledger(), await wallet()
    for party, close in (
        (a_ledger, lambda: close_ledger(actor, CloseLedger(str(a_ledger)))),
        (a_wallet, lambda: close_wallet(actor, CloseWallet(str(a_wallet)))),
    ):
        await frozen(party, DEBITS)
        async with nothing_changes():
            with pytest.raises(InvalidState) as refused:
                await close()
        assert refused.value.status == "FROZEN"
        await unfrozen(party)
        await close()


async def test_refuses_and_changes_nothing(actor, make_actor, ledger, wallet, frozen):
    party, closed, declined = await wallet(), await wallet(), await ledger(metadata={"simulate": "decline"})
    await close_wallet(actor, CloseWallet(str(closed)))
    closed_ledger = await ledger()
    await close_ledger(actor, CloseLedger(str(closed_ledger)))
    system = await fetchval("SELECT id FROM system_accounts LIMIT 1")
    stranger = await make_actor()
    narrow = replace(actor, scopes=frozenset({"ledgers:write", "accounts:write"}))
    holder = replace(actor, holder_id=new_id())
    async with nothing_changes():
        for party_id, refusal, status in (
            (closed, InvalidState, "CLOSED"),
            (closed_ledger, InvalidState, "CLOSED"),
            (declined, InvalidState, "DECLINED"),
            (system, NotFound, None),
            (new_id(), NotFound, None),
            ("not-an-id", Invalid, None),
        ):
            with pytest.raises(refusal) as refused:
                await frozen(party_id)
            assert (refused.value.path, getattr(refused.value, "status", None)) == (("id",), status)
        for by, refusal in ((stranger, NotFound), (narrow, Forbidden), (holder, Forbidden)):
            with pytest.raises(refusal):
                await frozen(party, by=by)
        for reason in ("  ", "x" * 256):
            with pytest.raises(Invalid) as refused:
                await frozen(party, reason=reason)
            assert refused.value.path == ("reason",)


async def test_lets_a_hold_be_lowered_but_not_raised(actor, wallet, frozen):
    party, other = await wallet(1_000), await wallet()
    [placed] = await carry_out(actor, place(actor, party, other, 100))
    hold_id = made(placed).id
    await frozen(other, CREDITS)

    raised, in_part, lowered = await carry_out(
        actor, adjust(actor, hold_id, 101), capture(actor, hold_id, 1, final=False), adjust(actor, hold_id, 60)
    )

    assert told_frozen(raised, other, "hold_id")
    assert told_frozen(in_part, other, "hold_id")
    assert made(lowered).amount == 60
    assert (await balance_of(actor.customer_id, party))[1] == 60
