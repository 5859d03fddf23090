"""The body of `transfer.posted`. It repeats what the transfer's row holds, so it is not stored: whoever reads it makes
it again from that row, byte for byte as it was told when the transfer was posted.

Nothing that it is made from ever changes: a transfer's row, the columns of the event, and the format. The format is a
number: the version of the renderer, then what stands behind the debited and the credited side, a digit each (`132`). A
change of the text needs a new version beside the old ones, which stay for the events that were told by them.

Events of earlier versions, and those written while such a version may still run, have their body and no format.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias
from uuid import UUID
from zlib import crc32

import orjson

from app.db.connection import Record
from app.db.guarded_statement import INSTANT_LATER
from app.kernel.money import decimal_text

PARTIES = ("ledger", "wallet", "system_account")
"""What may stand behind a side, by its digit, from 1 on."""
VERSION = 1
"""The renderer of new events."""

Facts: TypeAlias = Sequence[Any]
"""What a body is made from, in the order of `FACTS_SQL`: as text or, when it is posted, as it is. Only what a transfer
may lack is None.
"""

_INSTANT_SQL = "to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
FACTS_SQL = f"""
    ARRAY[event.id::text, event.via, event.request_id, posted.id::text, posted.kind, posted.amount_minor_units::text,
          posted.asset, posted.scale::text, posted.debit_id::text, posted.debit_balance_after::text,
          posted.debit_sequence::text, posted.credit_id::text, posted.credit_balance_after::text,
          posted.credit_sequence::text, posted.reference, posted.hold_id::text, posted.payment_id::text,
          posted.reverses_id::text, posted.group_id::text, {_INSTANT_SQL.format("posted.effective_at")},
          posted.is_forced::text, {_INSTANT_SQL.format("posted.posted_at")}]
"""
BODY_SQL = f"""
    event.body, event.body_format, CASE WHEN event.body_format IS NOT NULL THEN (
        SELECT {FACTS_SQL} FROM transfers AS posted
        WHERE posted.customer_id = event.customer_id AND posted.id = event.resource_id
    ) END AS facts
"""
"""The columns that `body_of` needs, of a row of `events AS event`."""


def body_of(row: Record) -> str:
    """The body of an event that was read with `BODY_SQL`: what a FULL webhook carries, byte for byte."""
    body_format: int | None = row["body_format"]
    if body_format is None:
        body: str = row["body"]
        return body
    assert row["facts"] is not None, "a transfer is never deleted"
    return rendered(body_format, row["facts"])


def format_of(debit: str, credit: str) -> int:
    """The format of a new event, by what stands behind the two sides."""
    return VERSION * 100 + (PARTIES.index(debit) + 1) * 10 + PARTIES.index(credit) + 1


def is_format(body_format: int) -> bool:
    """Whether this version has the renderer."""
    version, parties = divmod(body_format, 100)
    return version in _RENDERERS and all(0 < digit <= len(PARTIES) for digit in divmod(parties, 10))


def rendered(body_format: int, facts: Facts) -> str:
    """The body that a transfer is told in."""
    version, parties = divmod(body_format, 100)
    return _RENDERERS[version](PARTIES[parties // 10 - 1], PARTIES[parties % 10 - 1], facts)


def without_time(body_format: int, facts: Facts) -> str:
    """The body with `INSTANT_LATER` in the place of the time: some are made before it is known."""
    return rendered(body_format, [*facts[:-1], INSTANT_LATER])


def checksum_of(body_without_time: str) -> int:
    """CRC-32. The time needs none: the rows of the event and of the transfer both have it."""
    checksum = crc32(body_without_time.encode())
    return checksum - 2**32 if checksum >= 2**31 else checksum  # As PostgreSQL's integer has a sign.


def _render_1(debit_party: str, credit_party: str, facts: Facts) -> str:
    # Written out by hand for speed: every transfer needs one.
    event_id, via, request_id, transfer_id, kind, amount, asset, scale = facts[:8]
    debit_id, debit_balance, debit_sequence, credit_id, credit_balance, credit_sequence = facts[8:14]
    reference, hold_id, payment_id, reverses_id, group_id, effective_at, forced, posted_at = facts[14:]
    scale = int(scale)
    return (
        f'{{"id":"{event_id}","type":"transfer.posted","timestamp":"{posted_at}","api_version":"2026-11-20",'
        f'"resource":{{"type":"transfer","id":"{transfer_id}","version":1}},"previous":null,'
        f'"data":{{"id":"{transfer_id}","kind":"{kind}",'
        f'"amount":{{"value":"{_decimal(amount, scale)}","minor_units":"{amount}","asset":"{asset}","scale":{scale}}},'
        f'"debit":{{"id":"{debit_id}","type":"{debit_party}",'
        f'"balance_after":"{_decimal(debit_balance, scale)}","sequence":"{debit_sequence}"}},'
        f'"credit":{{"id":"{credit_id}","type":"{credit_party}",'
        f'"balance_after":"{_decimal(credit_balance, scale)}","sequence":"{credit_sequence}"}},'
        f'"reference":{_text(reference)},"hold_id":{_id(hold_id)},"payment_id":{_id(payment_id)},'
        f'"reverses_id":{_id(reverses_id)},"group_id":{_id(group_id)},"effective_at":"{effective_at or posted_at}",'
        f'"forced":{forced},"posted_at":"{posted_at}"}},'
        f'"cause":{{"via":"{via}","request_id":{_text(request_id)}}}}}'
    )


def _decimal(minor_units: str | int, scale: int) -> str:
    return decimal_text(int(minor_units), scale)


def _text(value: str | None) -> str:
    return "null" if value is None else orjson.dumps(value).decode()


def _id(value: UUID | str | None) -> str:
    return "null" if value is None else f'"{value}"'


_RENDERERS: dict[int, Callable[[str, str, Facts], str]] = {1: _render_1}
