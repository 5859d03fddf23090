"""Which messages a replay is about: those that its endpoint asks for now and may read, whenever it was made."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from app.db.connection import fetchval
from app.db.transaction import Transaction, transaction
from app.events.event_types import (
    DERIVED_TYPES,
    LEDGER_BALANCE_CHANGED,
    TRANSFER_POSTED,
    WALLET_BALANCE_CHANGED,
    covers,
)
from app.events.visibility import readable_with_scopes
from app.webhooks.deliveries.match_messages import Interests, Message, wanted_types
from app.webhooks.deliveries.stored_events import read_events
from app.webhooks.records import WebhookEndpoint
from app.webhooks.replays.replay import WebhookReplay

POSITIONS_MAX = 100_000
"""How many positions of the feed are read at a time, wanted or not."""
COUNTED_AT_ONCE = 2_000

# Ids of events end in 00: the messages about the sides of a transfer have 01 and 10 there.
DEBIT_MESSAGE = "(left(event_id::text, 35) || translate(right(event_id::text, 1), '048c', '159d'))::uuid"
CREDIT_MESSAGE = "(left(event_id::text, 35) || translate(right(event_id::text, 1), '048c', '26ae'))::uuid"
LAST_MESSAGE = "(left(event_id::text, 35) || translate(right(event_id::text, 1), '048c', '37bf'))::uuid"
SIDES = (("debit_id", DEBIT_MESSAGE), ("credit_id", CREDIT_MESSAGE))
BOOKS_OF = {LEDGER_BALANCE_CHANGED: "<> 'WALLET'", WALLET_BALANCE_CHANGED: "= 'WALLET'"}


@dataclass(slots=True)
class _Sql:
    """A statement in parts, and the values of its parameters. `$1` is the customer, `$2` the endpoint."""

    arguments: list[Any]

    def place(self, value: Any) -> str:
        self.arguments.append(value)
        return f"${len(self.arguments)}"


class Matching:
    """The messages of one replay: counted all at once, or read a page at a time."""

    def __init__(self, replay: WebhookReplay, endpoint: WebhookEndpoint) -> None:
        self._replay = replay
        # What happened before the endpoint was made counts as well.
        self._endpoint = replace(endpoint, first_position=0)
        asked = [one for one in wanted_types(endpoint) if replay.event_types is None or covers(replay.event_types, one)]
        self._types = frozenset(asked)
        self._own = [one for one in asked if one not in DERIVED_TYPES]
        self._nouns = readable_with_scopes(endpoint.scopes)
        self._derived = [one for one in BOOKS_OF if one in self._types and one.split(".")[0] in self._nouns]

    async def count(self) -> int:
        """How many messages there are between the replay's positions.

        Counted in one statement, unless the endpoint's filter, or the holder of each side of transfers, decides.
        """
        if self._endpoint.filter is not None or (self._endpoint.holder_id is not None and self._derived):
            return await self._count_by_reading()
        sql = _Sql([self._replay.customer_id, self._endpoint.id])
        entries = self._entries_sql(sql, self._replay.position, self._replay.last_position)
        parts = [self._own_sql(sql), *(self._derived_sql(sql, one, *side) for one in self._derived for side in SIDES)]
        wanted = ""
        if self._replay.statuses is not None:
            statuses = sql.place([status.value for status in self._replay.statuses])
            or_none = " OR delivery.status IS NULL" if self._replay.wants_undelivered else ""
            wanted = f"""
                LEFT JOIN webhook_deliveries AS delivery
                    ON delivery.customer_id = $1 AND delivery.endpoint_id = $2 AND delivery.message_id = message.id
                WHERE delivery.status = ANY({statuses}::text[]){or_none}
            """
        count = await fetchval(
            f"""
            WITH entry AS ({entries}), message AS ({" UNION ALL ".join(parts)})
            SELECT count(*) FROM message {wanted}
            """,
            *sql.arguments,
        )
        return int(count)

    async def _count_by_reading(self) -> int:
        position, count = self._replay.position, 0
        while position < self._replay.last_position:
            until = min(self._replay.last_position, position + POSITIONS_MAX)
            async with transaction(by_key=True) as tx:
                messages, position = await self.read(tx, position, until, limit=COUNTED_AT_ONCE)
                count += await self._count_of(tx, [message.id for message in messages])
        return count

    async def _count_of(self, tx: Transaction, message_ids: list[UUID]) -> int:
        """How many of these messages have a delivery in one of the statuses asked for."""
        if self._replay.statuses is None or not message_ids:
            return len(message_ids)
        count = await tx.fetchval(
            """
            SELECT count(*) FROM unnest($3::uuid[]) AS message (id) LEFT JOIN LATERAL (
                SELECT status FROM webhook_deliveries
                WHERE customer_id = $1 AND endpoint_id = $2 AND message_id = message.id LIMIT 1
            ) AS delivery ON true
            WHERE delivery.status = ANY($4) OR ($5 AND delivery.status IS NULL)
            """,
            self._replay.customer_id,
            self._endpoint.id,
            message_ids,
            [status.value for status in self._replay.statuses],
            self._replay.wants_undelivered,
        )
        return int(count)

    async def read(self, tx: Transaction, after: int, until: int, *, limit: int) -> tuple[list[Message], int]:
        """The messages of up to `limit` events between two positions, and the position that they are complete to."""
        sql = _Sql([self._replay.customer_id, self._endpoint.id])
        entries = self._entries_sql(sql, after, until, only_delivered=True)
        rows = await tx.fetch(f"{entries} ORDER BY position LIMIT {sql.place(limit)}", *sql.arguments)
        interests = Interests([self._endpoint])
        ids = [row["event_id"] for row in interests.of_interest(rows)]
        matched = interests.match(rows, await read_events(tx, self._replay.customer_id, ids))
        messages = [message for message in matched if self._is_asked_for(message)]
        return messages, rows[-1]["position"] if len(rows) == limit else until

    def _is_asked_for(self, message: Message) -> bool:
        wanted = self._replay.resource_id
        return message.type in self._types and wanted in {None, message.resource_id}

    def _entries_sql(self, sql: _Sql, after: int, until: int, *, only_delivered: bool = False) -> str:
        """The entries of the feed that messages can be made from."""
        replay = self._replay
        types = self._own if not self._derived else [*self._own, TRANSFER_POSTED]
        parts = [
            "SELECT * FROM feed_entries WHERE customer_id = $1 AND $2::uuid IS NOT NULL",
            f"position > {sql.place(after)} AND position <= {sql.place(until)}",
            f"occurred_at >= {sql.place(replay.since)} AND occurred_at < {sql.place(replay.until)}",
            f"type = ANY({sql.place(types)}::text[])",
        ]
        if self._endpoint.holder_id is not None:
            place = sql.place(self._endpoint.holder_id)
            parts.append(f"(holder_id = {place} OR other_holder_id = {place})")
        if replay.resource_id is not None:
            place = sql.place(replay.resource_id)
            columns = ("resource_id", "debit_id", "credit_id") if self._derived else ("resource_id",)
            parts.append(f"({' OR '.join(f'{column} = {place}' for column in columns)})")
        if only_delivered and replay.statuses is not None and not replay.wants_undelivered:
            statuses = sql.place([status.value for status in replay.statuses])
            parts.append(
                f"""EXISTS (
                    SELECT FROM webhook_deliveries AS delivery
                    WHERE delivery.customer_id = $1 AND delivery.endpoint_id = $2
                      AND delivery.message_id >= event_id AND delivery.message_id <= {LAST_MESSAGE}
                      AND delivery.status = ANY({statuses}::text[])
                )"""
            )
        return " AND ".join(parts)

    def _own_sql(self, sql: _Sql) -> str:
        """The messages that are events themselves; those about the endpoint itself are not sent to it."""
        of_resource = ""
        if self._replay.resource_id is not None:
            of_resource = f"AND resource_id = {sql.place(self._replay.resource_id)}"
        return f"""
            SELECT event_id AS id FROM entry
            WHERE type = ANY({sql.place(self._own)}::text[]) AND resource_type = ANY({sql.place(self._nouns)}::text[])
              {of_resource}
              AND NOT (resource_type = 'webhook_endpoint' AND resource_id = $2)
              AND NOT (resource_type = 'webhook_delivery' AND $2::text = (
                  SELECT body::jsonb #>> '{{data,endpoint_id}}' FROM events
                  WHERE customer_id = $1 AND id = entry.event_id AND body_format IS NULL
              ))
        """

    def _derived_sql(self, sql: _Sql, derived: str, column: str, message: str) -> str:
        """The messages about one side of transfers, where that is a ledger, or a wallet, and no system account."""
        of_resource = ""
        if self._replay.resource_id is not None:
            of_resource = f"AND side.id = {sql.place(self._replay.resource_id)}"
        return f"""
            SELECT {message} AS id FROM entry
            JOIN posting_accounts AS side ON side.customer_id = $1 AND side.id = entry.{column}
            WHERE entry.type = '{TRANSFER_POSTED}' AND side.book {BOOKS_OF[derived]} {of_resource}
              AND NOT EXISTS (SELECT FROM system_accounts WHERE customer_id = $1 AND id = side.id)
        """
