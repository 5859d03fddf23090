"""`quaestor verify --safeguarding`: the daily comparison of wallets with the ledger that holds their money."""

import asyncio
import json
from typing import NamedTuple
from uuid import UUID

import pytest

from app.access.authenticate import authenticate
from app.access.note_last_use import finish_noting_last_use
from app.access.open_customer import open_customer
from app.journal.post_transfer import PostTransfer, post_transfer
from app.kernel.actor import Via
from tests.accounts.conftest import issue, opened, opened_wallet
from tests.bookkeeping import fund, gbp
from tests.cli.test_verify import call
from tests.empty_tables import empty_all_tables
from tests.rich_books import opened as opened_database

__all__ = ["call", "issue"]


class Books(NamedTuple):
    customer_id: UUID
    ledger_id: UUID
    wallet_id: UUID
    cash_id: UUID
    api_key: str

    async def pay_in(self, pounds):
        """Write what came into the institution's cash into the wallet, too."""
        actor = await authenticate(f"API-Key {self.api_key}", Via.GRAPHQL)
        await post_transfer(
            actor,
            PostTransfer(
                debit_id=str(self.cash_id),
                credit_id=str(self.wallet_id),
                amount=gbp(pounds),
                idempotency_key=f"pay in {pounds}",
            ),
        )
        await finish_noting_last_use()


@pytest.fixture
def books(migrated_url, issue):
    """A ledger with ten pounds, which backs one wallet with nine."""

    async def write():
        async with opened_database(migrated_url):
            await empty_all_tables()
            customer = await open_customer("Example Ltd")
            actor = await authenticate(f"API-Key {customer.api_key}", Via.GRAPHQL)
            ledger_id = await issue(actor)
            await opened(actor, "a", backing_ledger_id=str(ledger_id))
            wallet = await opened_wallet(actor, "a", currency="GBP")
            await opened(actor, "own", type="CHART")
            cash = await opened_wallet(actor, "own", currency="GBP", accounting_type="ASSET")
            await fund(actor.customer_id, ledger_id, 1_000)
            books = Books(actor.customer_id, ledger_id, wallet.id, cash.id, customer.api_key)
            await books.pay_in("9.00")
            return books

    return asyncio.run(write())


@pytest.fixture
def pay_in(migrated_url, books):
    """Write so much more into the wallet."""

    def pay(pounds):
        async def write():
            async with opened_database(migrated_url):
                await books.pay_in(pounds)

        asyncio.run(write())

    return pay


def test_lists_what_it_compared_and_exits_0_while_the_money_is_there(call, books, pay_in):
    pay_in("1.00")
    compared = f"customer {books.customer_id}, ledger {books.ledger_id}: 10.00 GBP, 1 wallet holds 10.00 GBP, "
    assert f"{compared}difference 0.00" in call("--safeguarding").splitlines()
    assert compared not in call()
    summary = json.loads(call("--safeguarding", "--json"))
    assert (summary["proven"], summary["broken_rules"]) == (True, {})
    assert summary["safeguarding"] == [
        {
            "customer_id": str(books.customer_id),
            "ledger_id": str(books.ledger_id),
            "asset": "GBP",
            "balance": "10.00",
            "wallets": "10.00",
            "difference": "0.00",
            "wallet_count": 1,
        }
    ]
    assert "safeguarding" not in json.loads(call("--json"))


def test_exits_1_and_names_the_ledger_and_the_amounts_where_wallets_hold_more(call, books, pay_in):
    pay_in("1.01")
    printed = call("--safeguarding", exit_code=1).splitlines()
    named = f"customer {books.customer_id}, ledger {books.ledger_id}"
    should_be = "should be at least 10.01 GBP, which its wallet holds: -0.01 is the difference"
    assert printed[:3] == [
        "safeguarding: 1",
        f"  {named}: is 10.00 GBP; {should_be}",
        f"{named}: 10.00 GBP, 1 wallet holds 10.01 GBP, difference -0.01",
    ]
    assert printed[3].startswith("NOT PROVEN. ")
    summary = json.loads(call("--safeguarding", "--json", exit_code=1))
    assert (summary["proven"], summary["broken_rules"]) == (False, {"safeguarding": 1})
    assert [(one["rule"], one["object_id"]) for one in summary["findings"]] == [("safeguarding", str(books.ledger_id))]
    call()  # Without it wallets may hold what they like.
