"""Holds: types and queries."""

import datetime as dt

import strawberry

from app.api.graphql.context import Info
from app.api.graphql.described import described, described_type
from app.api.graphql.journal_enums import HoldStatus
from app.api.graphql.journal_filters import HoldFilter, wanted_holds
from app.api.graphql.key_of_operation import Key, id_named
from app.api.graphql.known_assets import check_amount_asset
from app.api.graphql.loaders import load_captures, load_transfer
from app.api.graphql.money import Money, money_of
from app.api.graphql.node import Node, PerhapsItsId
from app.api.graphql.paging import Connection, Which, paged, read_page_of
from app.api.graphql.posting_parties import PostingParty, party_of
from app.api.graphql.scalars import JSONValue
from app.api.graphql.transfers import Transfer
from app.api.graphql.views import shows, view
from app.db.pages import Page
from app.journal import hold_queries, records
from app.journal.hold_changes import VERSIONS_MAX
from app.journal.instructions import CAPTURE_OPERATION
from app.journal.operations import HOLD_OPERATIONS
from app.journal.transfer_queries import find_transfer


@shows(records.Hold, **{part: money_of(part) for part in ("amount", "captured", "released", "remaining")})
@described_type(
    "Reserved funds. A final capture posts a transfer of at most what remains and releases the rest; one that is "
    "not final leaves the rest held."
)
class Hold(Node):
    status: HoldStatus = described("Where it stands: `PLACED`.")
    amount: Money = described('How much in all, as placed or adjusted: `{ value: "10.00", asset: "GBP" }`.')
    captured: Money = described('How much of it was captured: `{ value: "4.00", asset: "GBP" }`.')
    released: Money = described('How much of it was given back: `{ value: "1.00", asset: "GBP" }`.')
    remaining: Money = described('How much of it is still held, the rest: `{ value: "5.00", asset: "GBP" }`.')
    expires_at: dt.datetime | None = described(
        "From when on it cannot be captured: `2026-11-27T12:00:00.000000Z`. Null: never."
    )
    reference: str | None = described("What for, in your words: `Booking 117`.")
    metadata: JSONValue = described('Your own fields: `{"booking": "117"}`.')
    created_at: dt.datetime = described("When it was placed: `2026-11-20T12:00:00.123456Z`.")
    updated_at: dt.datetime = described("When it last changed: as `createdAt`.")
    shown: strawberry.Private[records.Hold]

    @described("What its transfer debits: among ledgers, the one that pays.")
    async def debit(self, info: Info) -> PostingParty:
        return await party_of(self.shown.debit, info.context)

    @described("What its transfer credits: among ledgers, the one that receives.")
    async def credit(self, info: Info) -> PostingParty:
        return await party_of(self.shown.credit, info.context)

    @described("The transfer of its last capture; null while there is none.")
    async def transfer(self, info: Info) -> Transfer | None:
        return view(await load_transfer(info.context, self.shown.transfer_id), info.context)

    @described(
        "The transfers of all its captures, oldest first: at most 1,000.", length=VERSIONS_MAX, needs="transfers:read"
    )
    async def transfers(self, info: Info) -> list[Transfer]:
        if not self.shown.captured:
            return []
        return [view(one, info.context) for one in await load_captures(info.context, self.shown.id) or ()]


@strawberry.type
class HoldQueries:
    """Queries about holds."""

    @described(
        "One hold, by its id or by a key that it was placed, captured, released or adjusted with; null where there "
        "is none."
    )
    async def hold(self, info: Info, id: PerhapsItsId = None, key: Key = None) -> Hold | None:
        named = await id_named(info.context, id, key, HOLD_OPERATIONS, hold_queries.READ)
        if key is not None and key.operation == CAPTURE_OPERATION and named is not None:
            captured = await find_transfer(info.context.actor, named)
            named = None if captured is None else captured.hold_id
        found = None if named is None else await hold_queries.find_hold(info.context.actor, named)
        return view(found, info.context)

    @paged("Holds, newest first unless ordered otherwise.")
    async def holds(self, info: Info, page: Page, filter: Which[HoldFilter] = None) -> Connection[Hold]:
        wanted = wanted_holds(filter)
        await check_amount_asset(info.context, wanted.amount, hold_queries.READ)
        read, cursors = hold_queries.read_holds, hold_queries.hold_cursors
        return await read_page_of(info.context, wanted, page, read=read, cursors=cursors)
