"""Unfreezing: what is allowed again, and what is told."""

from dataclasses import replace

import pytest

from app.db.identifiers import new_id
from app.kernel.errors import Forbidden, Invalid, NotFound
from tests.bookkeeping import nothing_changes
from tests.controls.conftest import account_row
from tests.journal.orders import carry_out, kinds, post


@pytest.mark.parametrize("noun", ["ledger", "wallet"])
async def test_allows_again_what_was_forbidden(actor, make_party, frozen, unfrozen, told, noun):
    party, other = await make_party(noun, 100), await make_party(noun, 100)
    await frozen(party)

    found, replayed = await unfrozen(party, "Order lifted.")

    assert (replayed, found.freeze) == (False, None)
    assert kinds(await carry_out(actor, post(actor, party, other), post(actor, other, party))) == [True, True]
    row = await account_row(party)
    assert (row["frozen_debits"], row["frozen_credits"]) == (None, None)
    event = (await told(party))[-1]
    assert (event.type, event.data["freeze"]) == (f"{noun}.unfrozen", None)
    assert event.data["unfreeze_reason"] == "Order lifted."
    assert list(event.previous) == ["freeze"]
    assert event.previous["freeze"]["reason"] == "Court order."


async def test_changes_nothing_where_nothing_is_frozen(wallet, unfrozen):
    party = await wallet()

    async with nothing_changes():
        _, replayed = await unfrozen(party)

    assert replayed


async def test_refuses_and_changes_nothing(actor, make_actor, wallet, frozen, unfrozen):
    party, stranger = await wallet(), await make_actor()
    await frozen(party)
    narrow = replace(actor, scopes=frozenset({"ledgers:write", "accounts:write"}))
    async with nothing_changes():
        for party_id, by, refusal in (
            (new_id(), actor, NotFound),
            ("not-an-id", actor, Invalid),
            (party, stranger, NotFound),
            (party, narrow, Forbidden),
            (party, replace(actor, holder_id=new_id()), Forbidden),
        ):
            with pytest.raises(refusal):
                await unfrozen(party_id, by=by)
        with pytest.raises(Invalid):
            await unfrozen(party, " ")
