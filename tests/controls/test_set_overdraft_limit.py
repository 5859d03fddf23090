"""Overdraft limits: how far below zero a ledger or wallet goes, and what takes a limit back."""

from dataclasses import replace

import asyncpg
import pytest

from app.accounts.accounting import balances_of_accounts, read_accounting_report
from app.accounts.close_wallet import CloseWallet, close_wallet
from app.db.connection import fetchval, pool
from app.db.identifiers import new_id
from app.journal.amounts import AmountText
from app.kernel.errors import (
    AssetMismatch,
    Forbidden,
    IdempotencyMismatch,
    InsufficientFunds,
    Invalid,
    InvalidState,
    NotFound,
)
from app.ledgers.close_ledger import CloseLedger, close_ledger
from app.proof.prove_books import prove_books
from tests.bookkeeping import balance_of, gbp, nothing_changes
from tests.controls.conftest import account_row
from tests.journal.orders import capture, carry_out, kinds, made, place, post, release, reverse

NOUNS = ("ledger", "wallet")


async def closed(actor, noun, party_id):
    """Close a ledger or wallet; answers it."""
    if noun == "ledger":
        return (await close_ledger(actor, CloseLedger(str(party_id))))[0]
    return (await close_wallet(actor, CloseWallet(str(party_id))))[0]


@pytest.mark.parametrize("noun", NOUNS)
async def test_ends_with_what_it_was_granted_to(actor, make_party, limited, told, noun):
    party = await make_party(noun)
    await limited(party, "2.50")

    ended = await closed(actor, noun, party)

    assert (ended.overdraft_limit_minor_units, ended.available_minor_units) == (0, 0)
    assert (await account_row(party))["overdraft_limit"] is None
    assert (await told(party))[-1].data["overdraft_limit"]["value"] == "0.00"
    assert (await prove_books()).is_proven
    async with nothing_changes():
        with pytest.raises(InvalidState, match="CLOSED"):
            await limited(party, "1.00")


@pytest.mark.parametrize("noun", NOUNS)
@pytest.mark.parametrize(("moved", "said"), [(100, "balance of 1.00 GBP"), (-100, "balance of -1.00 GBP")])
async def test_closes_nothing_that_holds_money_or_lacks_it(actor, make_party, limited, noun, moved, said):
    party, other = await make_party(noun, 200), await make_party(noun)
    await limited(party, "2.50")
    assert kinds(await carry_out(actor, post(actor, party, other, 200 - moved))) == [True]
    async with nothing_changes():
        with pytest.raises(InvalidState, match=said) as refused:
            await closed(actor, noun, party)
    what_to_do = "move it away first" if moved > 0 else "pay in 1.00 GBP first"
    assert what_to_do in refused.value.message


@pytest.mark.parametrize("noun", NOUNS)
async def test_lets_it_be_spent_to_the_last_penny_and_no_further(actor, make_party, limited, noun):
    party, other = await make_party(noun, 100), await make_party(noun)
    await limited(party, "2.50")

    spent, too_much, last, beyond = await carry_out(
        actor,
        post(actor, party, other, 300),
        post(actor, party, other, 51),
        post(actor, party, other, 50),
        post(actor, party, other, 1),
    )

    assert (made(spent).debit_balance_after, made(last).debit_balance_after) == (-200, -250)
    assert (type(too_much), too_much.available.minor_units) == (InsufficientFunds, 50)
    assert (type(beyond), beyond.available.minor_units) == (InsufficientFunds, 0)
    assert (await prove_books()).is_proven


@pytest.mark.parametrize("noun", NOUNS)
async def test_counts_as_available_beside_what_is_held(actor, make_party, limited, noun):
    party, other = await make_party(noun, 100), await make_party(noun)
    await limited(party, "2.50")

    held, more, rest = await carry_out(
        actor, place(actor, party, other, 200), post(actor, party, other, 151), post(actor, party, other, 150)
    )

    found, _ = await limited(party, "2.50")
    assert kinds([held, more, rest]) == [True, InsufficientFunds, True]
    assert (found.posted_minor_units, found.held_minor_units, found.available_minor_units) == (-50, 200, 0)
    assert kinds(await carry_out(actor, capture(actor, made(held).id))) == [True]
    assert (await balance_of(actor.customer_id, party))[0] == -250
    assert (await prove_books()).is_proven


async def test_gives_way_on_the_normal_side(actor, wallet, limited):
    asset, liability = await wallet(kind="ASSET"), await wallet(100)
    await limited(asset, "0.30")

    paid, too_much = await carry_out(actor, post(actor, liability, asset, 30), post(actor, liability, asset, 1))

    assert (made(paid).credit_balance_after, type(too_much)) == (-30, InsufficientFunds)
    assert too_much.lacking_id == asset


async def test_lets_a_reversal_take_it_below_zero(actor, wallet, limited):
    party, other = await wallet(100), await wallet()
    [sent] = await carry_out(actor, post(actor, party, other, 100))
    assert kinds(await carry_out(actor, post(actor, other, party, 60))) == [True]
    assert kinds(await carry_out(actor, reverse(actor, made(sent).id))) == [InsufficientFunds]

    await limited(other, "0.60")

    assert kinds(await carry_out(actor, reverse(actor, made(sent).id))) == [True]


@pytest.mark.parametrize("noun", NOUNS)
async def test_is_not_lowered_below_what_is_used_or_held(actor, make_party, limited, noun):
    party, other = await make_party(noun), await make_party(noun)
    await limited(party, "5.00")
    _, held = await carry_out(actor, post(actor, party, other, 100), place(actor, party, other, 50))

    async with nothing_changes():
        with pytest.raises(InvalidState) as refused:
            await limited(party, "1.49")
    assert refused.value.path == ("limit", "value")
    assert "1.50 GBP" in refused.value.message
    lowered, _ = await limited(party, "1.50")
    assert (lowered.overdraft_limit_minor_units, lowered.available_minor_units) == (150, 0)
    await carry_out(actor, release(actor, made(held).id))
    assert (await limited(party, "1.00"))[0].available_minor_units == 0
    await carry_out(actor, post(actor, other, party, 100))
    gone, _ = await limited(party, "0")
    assert (gone.overdraft_limit_minor_units, (await account_row(party))["overdraft_limit"]) == (0, None)
    assert kinds(await carry_out(actor, post(actor, party, other, 1))) == [InsufficientFunds]
    assert (await prove_books()).is_proven


@pytest.mark.parametrize("noun", NOUNS)
async def test_is_enforced_by_the_database_too(make_party, limited, noun):
    party = await make_party(noun)
    await limited(party, "1.00")

    await pool().execute("UPDATE posting_accounts SET debits = debits + 100 WHERE id = $1", party)
    for change in ("debits = debits + 1", "held = held + 1", "overdraft_limit = 99", "overdraft_limit = NULL"):
        with pytest.raises(asyncpg.CheckViolationError, match="posting_accounts_floor"):
            await pool().execute(f"UPDATE posting_accounts SET {change} WHERE id = $1", party)


@pytest.mark.parametrize("noun", NOUNS)
async def test_answers_tells_and_stores_it(make_party, limited, told, noun):
    party = await make_party(noun)

    found, replayed = await limited(party, "2.50")

    assert (replayed, found.overdraft_limit_minor_units, found.available_minor_units) == (False, 250, 250)
    event = (await told(party))[-1]
    money = {"value": "2.50", "minor_units": "250", "asset": "GBP", "scale": 2}
    assert (event.type, event.data["overdraft_limit"]) == (f"{noun}.overdraft_changed", money)
    assert event.previous == {"overdraft_limit": {**money, "value": "0.00", "minor_units": "0"}}
    async with nothing_changes():
        again, replayed = await limited(party, "2.5")
    assert (replayed, again) == (True, found)


async def test_answers_a_key_again_with_what_now_is(wallet, limited):
    party = await wallet()
    await limited(party, "1.00", idempotency_key="a limit")
    await limited(party, "2.00")

    found, replayed = await limited(party, "1", idempotency_key="a limit")

    assert (replayed, found.overdraft_limit_minor_units) == (True, 200)
    for other in ("1.01", "0"):
        with pytest.raises(IdempotencyMismatch):
            await limited(party, other, idempotency_key="a limit")
    for zero in ("0", "0.00"):
        await limited(party, zero, idempotency_key="none")


async def test_refuses_and_changes_nothing(actor, make_actor, ledger, wallet, gold, limited):
    party, closed, boundless = await wallet(), await wallet(), await wallet(allow_negative=True)
    await close_wallet(actor, CloseWallet(str(closed)))
    closed_ledger, euros, virtual = await ledger(), await ledger(asset="EUR"), await gold()
    await close_ledger(actor, CloseLedger(str(closed_ledger)))
    system = await fetchval("SELECT id FROM system_accounts LIMIT 1")
    euro, ounce = AmountText("1.00", "EUR"), AmountText("1", "GOLD")
    async with nothing_changes():
        for party_id, refusal, limit in (
            (closed, InvalidState, gbp("1.00")),
            (closed_ledger, InvalidState, gbp("1.00")),
            (boundless, InvalidState, gbp("1.00")),
            (euros, Invalid, euro),
            (virtual, Invalid, ounce),
            (system, NotFound, gbp("1.00")),
            (new_id(), NotFound, gbp("1.00")),
            ("not-an-id", Invalid, gbp("1.00")),
        ):
            with pytest.raises(refusal) as refused:
                await limited(party_id, None, limit=limit)
            assert refused.value.path == ("id",)
        for limit, refusal, place_of in (
            (gbp("1.001"), Invalid, "value"),
            (gbp("-1"), Invalid, "value"),
            (gbp("1e3"), Invalid, "value"),
            (gbp("9" * 37), Invalid, "value"),
            (gbp("9" * 39), Invalid, "value"),
            (euro, AssetMismatch, "asset"),
            (AmountText("1", "£"), Invalid, "asset"),
        ):
            with pytest.raises(refusal) as refused:
                await limited(party, None, limit=limit)
            assert refused.value.path == ("limit", place_of)
    narrow = replace(actor, scopes=frozenset({"ledgers:write", "accounts:write"}))
    strangers = ((await make_actor(), NotFound), (narrow, Forbidden), (replace(actor, holder_id=new_id()), Forbidden))
    for by, refusal in strangers:
        async with nothing_changes():
            with pytest.raises(refusal):
                await limited(party, "1.00", by=by)


async def test_says_which_products_grant_overdrafts(ledger, limited):
    euros = await ledger(asset="EUR")

    with pytest.raises(Invalid, match="PayrNet-EUR-1 grants no overdraft; those that do are PayrNet-GBP-1"):
        await limited(euros, None, limit=AmountText("1", "EUR"))
    assert (await limited(euros, None, limit=AmountText("0", "EUR")))[1]


async def test_posts_what_a_bank_had_done_and_allows_for_it_until_it_is_made_good(actor, wallet, limited):
    party, other = await wallet(100), await wallet(1_000)
    await limited(party, "0.50")

    [forced] = await carry_out(actor, post(actor, party, other, 200, is_forced=True))

    assert (made(forced).is_forced, made(forced).debit_balance_after) == (True, -100)
    assert (await account_row(party))["forced_below"] == 50
    refused, into = await carry_out(actor, post(actor, party, other, 1), post(actor, other, party, 20))
    assert (type(refused), refused.available.minor_units, made(into).is_forced) == (InsufficientFunds, 0, False)
    assert (await account_row(party))["forced_below"] == 30
    found, _ = await limited(party, "0.60")
    assert (found.available_minor_units, (await account_row(party))["forced_below"]) == (-20, 20)
    await carry_out(actor, post(actor, other, party, 21))
    assert (await account_row(party))["forced_below"] is None
    within, beyond = await carry_out(actor, post(actor, party, other, 1), post(actor, party, other, 1))
    assert kinds([within, beyond]) == [True, InsufficientFunds]


async def test_calls_forced_only_what_something_forbade(actor, wallet, frozen):
    party, other = await wallet(100), await wallet()

    [possible] = await carry_out(actor, post(actor, party, other, 100, is_forced=True))
    await frozen(other)
    [forbidden] = await carry_out(actor, post(actor, other, party, 100, is_forced=True))

    assert (made(possible).is_forced, made(forbidden).is_forced) == (False, True)
    row = await account_row(other)
    assert (row["frozen_debits"], row["frozen_credits"]) == (row["debits"], row["credits"]) == (100, 100)
    assert kinds(await carry_out(actor, post(actor, party, other, 1))) == [InvalidState]


async def test_counts_in_the_sums_of_an_account_and_of_all(actor, wallet, limited):
    party, other = await wallet(100), await wallet()
    await limited(party, "2.50")
    await carry_out(actor, place(actor, party, other, 200))
    account_id = await fetchval("SELECT account_id FROM wallets WHERE id = $1", party)

    [line] = (await balances_of_accounts(actor, [account_id]))[account_id]
    lines = (await read_accounting_report(actor)).lines

    assert (line.posted, line.held, line.overdraft_limit, line.available) == (100, 200, 250, 150)
    assert [one.available for one in lines if one.accounting_type == "LIABILITY"] == [150]
    past = await read_accounting_report(actor, at=(await read_accounting_report(actor)).at)
    assert {one.available for one in past.lines} == {None}
