"""A history of one customer's books in which every filter finds something, and a plain reading to compare with."""

from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from app.db.connection import fetch, pool
from app.db.identifiers import new_id
from app.db.transaction import transaction
from app.journal.amount_range import check_amount_range
from app.journal.amounts import Amount
from app.journal.instructions import Post
from app.journal.posting_accounts import Book, NormalSide
from app.journal.status import TransferKind
from app.journal.system_accounts import open_system_account, vault_key
from app.kernel.actor import Actor
from app.kernel.money import Unit
from tests.bookkeeping import open_account
from tests.journal.orders import capture, carry_out, made, place, post, release, reverse

GOLD = Unit("GOLD", 4)


@dataclass
class History:
    """One customer's accounts by name, two holders, and actors: the customer's and one of Ada's."""

    actor: Actor
    ada_id: UUID
    bob_id: UUID
    accounts: dict[str, UUID]
    vault_id: UUID
    group_id: UUID = field(default_factory=new_id)
    """Of two of its transfers."""

    @property
    def ada(self):
        return replace(self.actor, holder_id=self.ada_id)

    async def transfers(self):
        """All transfers as rows, newest first, each with what stands behind its sides."""
        rows = await fetch(
            """
            SELECT t.*, d.book, d.holder_id AS debit_holder_id, d.is_system AS debit_is_system,
                   c.holder_id AS credit_holder_id, c.is_system AS credit_is_system,
                   EXISTS (SELECT FROM transfers AS r WHERE r.customer_id = $1 AND r.reverses_id = t.id) AS is_reversed
            FROM transfers AS t
            JOIN posting_accounts AS d ON d.customer_id = $1 AND d.id = t.debit_id
            JOIN posting_accounts AS c ON c.customer_id = $1 AND c.id = t.credit_id
            WHERE t.customer_id = $1 ORDER BY t.posted_at DESC, t.id DESC
            """,
            self.actor.customer_id,
        )
        return [dict(row) for row in rows]

    async def holds(self):
        """All holds as rows, newest first."""
        rows = await fetch(
            """
            SELECT h.*, d.book, d.holder_id AS debit_holder_id, c.holder_id AS credit_holder_id FROM holds AS h
            JOIN posting_accounts AS d ON d.customer_id = $1 AND d.id = h.debit_id
            JOIN posting_accounts AS c ON c.customer_id = $1 AND c.id = h.credit_id
            WHERE h.customer_id = $1 ORDER BY h.created_at DESC, h.id DESC
            """,
            self.actor.customer_id,
        )
        return [dict(row) for row in rows]


async def make_holder(customer_id, name):
    """A holder that is OK; answers its id."""
    holder_id = new_id()
    await pool().execute(
        """
        INSERT INTO holders (customer_id, id, kind, status, party, name, created_at, updated_at)
        VALUES ($1, $2, 'ENDUSER', 'OK', 'PERSON', $3, now(), now())
        """,
        customer_id,
        holder_id,
        name,
    )
    return holder_id


async def open_vault(customer_id):
    """The vault of gold; answers its id."""
    async with transaction() as tx:
        await open_system_account(
            tx, customer_id, vault_key("GOLD"), name="Vault of GOLD", book=Book.VIRTUAL, unit=GOLD
        )
        return await tx.fetchval("SELECT id FROM system_accounts WHERE customer_id = $1", customer_id)


async def write_history(actor):
    """Holders, ledgers, wallets, and what moved between them: some of it in one instant, some later."""
    customer_id = actor.customer_id
    ada_id, bob_id = await make_holder(customer_id, "Ada"), await make_holder(customer_id, "Bob")
    vault_id = await open_vault(customer_id)
    free = {"allow_negative": True}
    gold = {"book": Book.VIRTUAL, "unit": GOLD}
    wallet = {"book": Book.WALLET, "unit": Unit("GBP", 2)}
    accounts = {
        "ada": await open_account(customer_id, holder_id=ada_id, **free),
        "ada_too": await open_account(customer_id, holder_id=ada_id, **free),
        "bob": await open_account(customer_id, holder_id=bob_id, **free),
        "nobody": await open_account(customer_id, **free),
        "idle": await open_account(customer_id, holder_id=ada_id, **free),
        "gold": await open_account(customer_id, holder_id=ada_id, **gold),
        "wallet": await open_account(customer_id, holder_id=bob_id, **wallet, **free),
        "asset": await open_account(customer_id, **wallet, normal_side=NormalSide.DEBIT, **free),
    }
    history = History(actor, ada_id, bob_id, accounts, vault_id)
    await _move(history)
    return history


async def _move(history):
    actor, of = history.actor, history.accounts
    # One instant for these, so that time alone does not order them.
    first = [
        post(actor, of[payer], of[payee], amount, metadata={"round": 1, "n": amount})
        for amount, (payer, payee) in enumerate(
            [("ada", "bob"), ("bob", "ada"), ("ada", "ada_too"), ("ada_too", "nobody"), ("nobody", "bob")] * 3, 100
        )
    ]
    outcomes = [made(outcome) for outcome in await carry_out(actor, *first)]
    await carry_out(actor, *[post(actor, of["wallet"], of["asset"], n, reference="Rent") for n in range(1, 6)])
    await carry_out(actor, reverse(actor, outcomes[0].id, reason="Mistake"), reverse(actor, outcomes[3].id))
    await carry_out(actor, *[_gold(history, n) for n in (5, 6, 7)])
    await carry_out(actor, _gold(history, 2, out=True))
    await carry_out(
        actor,
        post(actor, of["ada"], of["bob"], 7, reference="Rent", group_id=history.group_id),
        post(actor, of["ada"], of["nobody"], 8, reference="Rent", metadata={"round": 2}, group_id=history.group_id),
        post(actor, of["bob"], of["nobody"], 9, metadata={"round": 2, "nested": {"tags": ["a", "b"]}}),
    )
    await _hold(history)


def _gold(history, minor_units, *, out=False):
    sides = (history.accounts["gold"], history.vault_id) if out else (history.vault_id, history.accounts["gold"])
    return Post(
        actor=history.actor,
        resource_id=new_id(),
        key=None,
        debit_id=sides[0],
        credit_id=sides[1],
        amount=Amount(minor_units, 4, "GOLD"),
        kind=TransferKind.VIRTUAL_DEBIT if out else TransferKind.VIRTUAL_CREDIT,
        system_id=history.vault_id,
    )


async def _hold(history):
    actor, of = history.actor, history.accounts
    placed = await carry_out(
        actor,
        *[
            place(
                actor,
                of[payer],
                of[payee],
                10 + n,
                reference="Booking" if n % 3 else None,
                metadata={"payer": payer, "n": n},
            )
            for n, (payer, payee) in enumerate(
                [("ada", "bob"), ("bob", "ada"), ("ada", "ada_too"), ("nobody", "bob"), ("wallet", "asset")] * 2
            )
        ],
    )
    holds = [made(outcome) for outcome in placed]
    await carry_out(actor, capture(actor, holds[0].id, 4), capture(actor, holds[4].id))
    await carry_out(actor, release(actor, holds[1].id))
    await carry_out(actor, place(actor, of["ada"], of["nobody"], 50))


async def read_all(listing, cursors, actor, wanted, *, size):
    """A whole list, page by page, with how many pages it took."""
    found: list[Any] = []
    after, pages = None, 0
    while True:
        page = await listing(actor, wanted, limit=size, after=after)
        found += page
        if len(page) < size:
            return found, pages
        after = cursors(wanted, page)[-1]
        pages += 1


def amounts(gte, lte, asset=None):
    """A range of amounts, as it is written."""
    return check_amount_range(gte, lte, asset, ("amount",), is_of_account=True)


def is_alike(text, wanted):
    """Whether a text is the wanted one but for capital letters."""
    return text is not None and text.lower() == wanted.lower()


def is_in(wanted, amount, row):
    """Whether so many minor units of a row's unit are in a range, said plainly."""
    if wanted is None:
        return True
    value = Decimal(amount).scaleb(-row["scale"])
    gte, lte = (one and Decimal(one[0]).scaleb(-one[1]) for one in (wanted.gte, wanted.lte))
    is_of = wanted.asset is None or row["asset"] == wanted.asset
    return is_of and (gte is None or value >= gte) and (lte is None or value <= lte)
