"""Transfers: types and queries."""

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from app.api.graphql.context import Info
from app.api.graphql.described import described, described_type
from app.api.graphql.journal_enums import TransferKind, TransferStatus
from app.api.graphql.journal_filters import TransferFilter, wanted_transfers
from app.api.graphql.key_of_operation import Key, id_named
from app.api.graphql.known_assets import check_amount_asset
from app.api.graphql.loaders import load_hold, load_payment, load_reversals, load_transfer
from app.api.graphql.money import Money, money_of
from app.api.graphql.node import EXAMPLE_ID, Node, PerhapsItsId
from app.api.graphql.paging import Connection, Which, paged, read_page_of
from app.api.graphql.posting_parties import PostingParty, party_of
from app.api.graphql.scalars import JSONValue
from app.api.graphql.views import shows, view
from app.db.pages import Page
from app.journal import records, transfer_queries
from app.journal.entry_queries import entries_of
from app.journal.operations import TRANSFER_OPERATIONS
from app.journal.reversed_amounts import REVERSALS_MAX

if TYPE_CHECKING:
    from app.api.graphql.entries import Entry
    from app.api.graphql.holds import Hold
    from app.api.graphql.payments import Payment


def _group_id(view: Any) -> str | None:
    transfer: records.Transfer = view.shown
    return None if transfer.group_id is None else str(transfer.group_id)


@shows(
    records.Transfer,
    amount=money_of("amount"),
    reversed_amount=money_of("reversed"),
    group_id=_group_id,
    forced=lambda view: view.shown.is_forced,
)
@described_type("A debit and a credit of the same amount. Never changed, only reversed.")
class Transfer(Node):
    kind: TransferKind = described("Why money moved: `INTER_LEDGER`.")
    status: TransferStatus = described("Whether it was reversed, in part or whole: `POSTED`.")
    amount: Money = described('How much moved: `{ value: "10.00", asset: "GBP" }`. Also known as `amount`.')
    reversed_amount: Money = described(
        'How much of it was reversed, over all reversals: `{ value: "0.00", asset: "GBP" }`.'
    )
    group_id: strawberry.ID | None = described(
        f"The atomic batch that it belongs to: `{EXAMPLE_ID}`. Null: it was posted on its own."
    )
    reference: str | None = described("What for, in your words: `Invoice 2026-117`.")
    metadata: JSONValue = described('Your own fields: `{"invoice": "2026-117"}`. Also known as `transaction_meta`.')
    forced: bool = described(
        "True: a bank had done it already, so it was posted although a freeze or the floor forbade it: `false`."
    )
    effective_at: dt.datetime = described(
        "The value date: when it was posted, unless it was backdated: `2026-10-31T00:00:00Z`."
    )
    posted_at: dt.datetime = described(
        "When, by the database's clock: `2026-11-20T12:00:00.123456Z`. Also known as `created_at`."
    )
    shown: strawberry.Private[records.Transfer]

    @described("What was debited: among ledgers, the one that paid. Also known as `ledger_from_id`.")
    async def debit(self, info: Info) -> PostingParty:
        return await party_of(self.shown.debit, info.context)

    @described("What was credited: among ledgers, the one that received. Also known as `ledger_to_id`.")
    async def credit(self, info: Info) -> PostingParty:
        return await party_of(self.shown.credit, info.context)

    @described("Its two sides, as far as the actor may read them: the debit first.")
    def entries(self, info: Info) -> list[Annotated["Entry", strawberry.lazy("app.api.graphql.entries")]]:
        return [view(entry, info.context) for entry in entries_of(info.context.actor, self.shown)]

    @described("The transfer that this one reverses; null where it is no reversal.")
    async def reverses(self, info: Info) -> "Transfer | None":
        return view(await load_transfer(info.context, self.shown.reverses_id), info.context)

    @described("The last transfer that reversed this one, or a part of it; null while none has.")
    async def reversed_by(self, info: Info) -> "Transfer | None":
        return view(await load_transfer(info.context, self.shown.reversed_by_id), info.context)

    @described(
        "All that reversed it or a part of it, oldest first: at most 1,000.",
        length=REVERSALS_MAX,
        needs="transfers:read",
    )
    async def reversals(self, info: Info) -> list["Transfer"]:
        if self.shown.reversed_by_id is None:
            return []
        return [view(one, info.context) for one in await load_reversals(info.context, self.shown.id) or ()]

    @described("The hold whose capture posted it; null where there was none.")
    async def hold(self, info: Info) -> Annotated["Hold", strawberry.lazy("app.api.graphql.holds")] | None:
        return view(await load_hold(info.context, self.shown.hold_id), info.context)

    @described("The payment that moved it; null where there was none. Needs the scope `payments:read`.")
    async def payment(self, info: Info) -> Annotated["Payment", strawberry.lazy("app.api.graphql.payments")] | None:
        return view(await load_payment(info.context, self.shown.payment_id), info.context)


@strawberry.type
class TransferQueries:
    """Queries about transfers."""

    @described("One transfer, by its id or by the key that it was made with; null where there is none.")
    async def transfer(self, info: Info, id: PerhapsItsId = None, key: Key = None) -> Transfer | None:
        named = await id_named(info.context, id, key, TRANSFER_OPERATIONS, transfer_queries.READ)
        found = None if named is None else await transfer_queries.find_transfer(info.context.actor, named)
        return view(found, info.context)

    @paged("Transfers, newest first unless ordered otherwise.")
    async def transfers(self, info: Info, page: Page, filter: Which[TransferFilter] = None) -> Connection[Transfer]:
        wanted = wanted_transfers(filter)
        await check_amount_asset(info.context, wanted.amount, transfer_queries.READ)
        read, cursors = transfer_queries.read_transfers, transfer_queries.transfer_cursors
        return await read_page_of(info.context, wanted, page, read=read, cursors=cursors)
