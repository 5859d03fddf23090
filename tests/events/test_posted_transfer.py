"""A transfer's event is told in the same bytes, whether its body is made at the posting or from its row years later."""

from datetime import UTC, datetime, timedelta

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.db.connection import fetchval
from app.db.guarded_statement import INSTANT_LATER
from app.db.identifiers import new_id
from app.events.posted_transfer import (
    FACTS_SQL,
    PARTIES,
    VERSION,
    checksum_of,
    format_of,
    is_format,
    rendered,
    without_time,
)
from app.events.record import API_VERSION
from app.journal.events import transfer_posted
from app.journal.posting_accounts import Book
from app.journal.records import CreditSide, DebitSide, Side, Transfer
from app.journal.status import TransferKind
from app.kernel.actor import Actor, Via
from app.kernel.clock import rfc3339
from app.kernel.money import Unit

FACTS = (
    *("01a00000-0000-7000-8000-0000000000e0", "rest", 'a "request"', "01a00000-0000-7000-8000-0000000000a0"),
    *("PAYMENT_OUT", "1050", "GBP", "2", "01a00000-0000-7000-8000-0000000000d0", "-5", "7"),
    *("01a00000-0000-7000-8000-0000000000c0", "100000", "9223372036854775807", "a \\ and a \t and an é"),
    *("01a00000-0000-7000-8000-000000000001", "01a00000-0000-7000-8000-000000000002", None, None, None, "true"),
    "2026-11-20T08:31:02.123456Z",
)
TOLD = (
    '{"id":"01a00000-0000-7000-8000-0000000000e0","type":"transfer.posted","timestamp":"2026-11-20T08:31:02.123456Z",'
    '"api_version":"2026-11-20","resource":{"type":"transfer","id":"01a00000-0000-7000-8000-0000000000a0","version":1},'
    '"previous":null,"data":{"id":"01a00000-0000-7000-8000-0000000000a0","kind":"PAYMENT_OUT","amount":{"value":"10.50",'
    '"minor_units":"1050","asset":"GBP","scale":2},"debit":{"id":"01a00000-0000-7000-8000-0000000000d0",'
    '"type":"ledger","balance_after":"-0.05","sequence":"7"},"credit":{"id":"01a00000-0000-7000-8000-0000000000c0",'
    '"type":"system_account","balance_after":"1000.00","sequence":"9223372036854775807"},'
    '"reference":"a \\\\ and a \\t and an é","hold_id":"01a00000-0000-7000-8000-000000000001",'
    '"payment_id":"01a00000-0000-7000-8000-000000000002","reverses_id":null,"group_id":null,'
    '"effective_at":"2026-11-20T08:31:02.123456Z","forced":true,"posted_at":"2026-11-20T08:31:02.123456Z"},'
    '"cause":{"via":"rest","request_id":"a \\"request\\""}}'
)
"""What 113 said when it was released: receivers and checksums have it, so it never changes."""


def test_tells_the_first_format_as_it_was_released():
    assert rendered(113, FACTS) == TOLD
    assert checksum_of(without_time(113, FACTS)) == 226_453_137


def test_has_a_new_version_when_the_version_of_messages_changes():
    assert f'"api_version":"{API_VERSION}"' in rendered(VERSION * 100 + 11, FACTS)


def test_has_a_number_for_whatever_stands_behind_the_two_sides():
    formats = {format_of(debit, credit): (debit, credit) for debit in PARTIES for credit in PARTIES}
    assert sorted(formats) == [111, 112, 113, 121, 122, 123, 131, 132, 133]
    for number, parties in formats.items():
        data = orjson.loads(rendered(number, FACTS))["data"]
        assert (data["debit"]["type"], data["credit"]["type"]) == parties


@pytest.mark.parametrize("number", [0, 11, 101, 110, 114, 140, 211, 999, -1])
def test_knows_which_numbers_are_no_format(number):
    assert not is_format(number)
    assert is_format(132)


INSTANTS = st.integers(0, 253_000_000_000_000_000).map(
    lambda microseconds: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
)
TEXTS = st.none() | st.text(st.characters(exclude_characters="\x00", exclude_categories=("Cs",)), max_size=60)
IDS = st.none() | st.uuids()
BALANCES = st.integers(-(10**38) + 1, 10**38 - 1)
SEQUENCES = st.integers(1, 2**63 - 1)


@st.composite
def sides(draw):
    book = draw(st.sampled_from(Book))
    return [Side(draw(st.uuids()), book, is_system=draw(st.booleans()), holder_id=draw(IDS)) for _ in range(2)]


@st.composite
def transfers(draw):
    debit, credit = draw(sides())
    return Transfer(
        customer_id=new_id(),
        id=draw(st.uuids()),
        kind=draw(st.sampled_from(TransferKind)),
        amount=draw(st.integers(1, 10**38 - 1)),
        unit=Unit(draw(st.sampled_from(["GBP", "NULL", "X1"])), draw(st.integers(0, 18))),
        debit=DebitSide(debit),
        debit_sequence=draw(SEQUENCES),
        debit_balance_after=draw(BALANCES),
        credit=CreditSide(credit),
        credit_sequence=draw(SEQUENCES),
        credit_balance_after=draw(BALANCES),
        hold_id=draw(IDS),
        payment_id=draw(IDS),
        reverses_id=draw(IDS),
        reversed_by_id=None,
        reference=draw(TEXTS),
        metadata={},
        is_forced=draw(st.booleans()),
        posted_at=draw(INSTANTS),
        group_id=draw(IDS),
        backdated_to=draw(st.none() | INSTANTS),
    )


async def facts_as_stored(event, transfer):
    """What PostgreSQL makes of the two rows."""
    return await fetchval(
        f"""
        SELECT {FACTS_SQL}
        FROM (SELECT $1::uuid AS id, $2::text AS via, $3::text AS request_id) AS event,
             (SELECT $4::uuid AS id, $5::text AS kind, $6::numeric(38, 0) AS amount_minor_units, $7::text AS asset,
                     $8::smallint AS scale, $9::uuid AS debit_id, $10::numeric(38, 0) AS debit_balance_after,
                     $11::bigint AS debit_sequence, $12::uuid AS credit_id, $13::numeric(38, 0) AS credit_balance_after,
                     $14::bigint AS credit_sequence, $15::text AS reference, $16::uuid AS hold_id,
                     $17::uuid AS payment_id, $18::uuid AS reverses_id, $19::uuid AS group_id,
                     $20::timestamptz AS effective_at, $21::boolean AS is_forced, $22::timestamptz AS posted_at
             ) AS posted
        """,
        *(event.id, event.actor.via.value, event.actor.request_id, transfer.id, transfer.kind.value, transfer.amount),
        *(transfer.unit.asset, transfer.unit.scale, transfer.debit.account_id, transfer.debit_balance_after),
        *(transfer.debit_sequence, transfer.credit.account_id, transfer.credit_balance_after, transfer.credit_sequence),
        *(transfer.reference, transfer.hold_id, transfer.payment_id, transfer.reverses_id, transfer.group_id),
        *(transfer.backdated_to, transfer.is_forced, transfer.posted_at),
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(transfer=transfers(), request_id=TEXTS, via=st.sampled_from(Via), is_known=st.booleans())
async def test_makes_the_same_bytes_of_the_row(database, transfer, request_id, via, is_known):
    actor = Actor(transfer.customer_id, frozenset({"*"}), via, "api_key:test", request_id=request_id)
    instant = rfc3339(transfer.posted_at)
    event = transfer_posted(transfer, actor, instant if is_known else INSTANT_LATER)
    facts = await facts_as_stored(event, transfer)

    frozen = event.body if is_known else event.body.replace(INSTANT_LATER, instant)
    number = format_of(*(orjson.loads(frozen)["data"][side]["type"] for side in ("debit", "credit")))
    assert rendered(number, facts) == frozen
    assert orjson.dumps(orjson.loads(frozen)).decode() == frozen
    if event.body_format is not None:
        assert (event.body_format, event.body_checksum) == (number, checksum_of(without_time(number, facts)))
