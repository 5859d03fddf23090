import asyncio
import itertools
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.db.connection import fetchval, pool
from app.db.identifiers import new_id
from app.db.pages import Page
from app.kernel.actor import Actor, Via
from app.kernel.errors import Forbidden, Invalid
from app.ledgers.queries import (
    LedgerFilter,
    LedgerOrder,
    LedgerOrderField,
    UkBankAccount,
    count_ledgers,
    find_ledger,
    find_ledger_by_iban,
    find_ledger_by_uk_bank_account,
    find_ledgers,
    ledger_cursors,
    list_ledgers,
)
from app.ledgers.status import IbanStatus, LedgerStatus, LedgerType
from tests.bookkeeping import fund

SEED = 20_261_120
NEWEST_FIRST = LedgerOrder()
ORDERS = [LedgerOrder(field, descending) for field in LedgerOrderField for descending in (True, False)]
BASE = datetime(2026, 11, 20, 12, tzinfo=UTC)


async def insert_ledgers(rows):
    """Write ledgers as they are, with their posting accounts and their narrow rows."""
    async with pool().acquire() as connection, connection.transaction():
        for row in rows:
            await connection.execute(
                """
                INSERT INTO posting_accounts (customer_id, id, book, asset, scale, normal_side, holder_id, is_open,
                                              allow_negative)
                VALUES ($1, $2, 'BANK', $3, 2, 'CREDIT', $4, true, false)
                """,
                row["customer_id"],
                row["id"],
                row["asset"],
                row["holder_id"],
            )
            columns = [name for name in row if name != "changed_at"]
            places = ", ".join(f"${index + 1}" for index in range(len(columns)))
            await connection.execute(
                f"INSERT INTO ledgers ({', '.join(columns)}) VALUES ({places})", *(row[name] for name in columns)
            )
            await connection.execute(
                "INSERT INTO ledger_changes VALUES ($1, $2, $3)", row["customer_id"], row["id"], row["changed_at"]
            )


def varied_rows(customer_id, holder_ids, count, *, first_number=0):
    """Ledgers that differ in everything, several at the same instants."""
    chance = random.Random(SEED + first_number)
    for number in range(first_number, first_number + count):
        is_virtual = chance.random() < 0.25
        asset = chance.choice(["GOLD", "WHISKY"] if is_virtual else ["GBP", "EUR", "USD"])
        has_iban = not is_virtual and chance.random() < 0.5
        status = "OK" if is_virtual else chance.choice([one.value for one in LedgerStatus])
        unheld = status != "MISSING_DATA" and chance.random() < 0.3
        created_at = BASE + timedelta(seconds=number // 7)
        changed_at = created_at + timedelta(seconds=chance.choice([0, 0, 5, 10]))
        frozen_at = changed_at if number % 5 == 0 and status != "CLOSED" else None
        yield {
            "customer_id": customer_id,
            "id": new_id(),
            "holder_id": None if unheld else chance.choice(holder_ids),
            "type": chance.choice(["SINGLE_USER", "OMNIBUS"]),
            "is_virtual": is_virtual,
            "asset_class": "COMMODITY" if is_virtual else "CURRENCY",
            "asset": asset,
            "scale": 2,
            "status": status,
            "missing_data": ["dateOfBirth"] if status == "MISSING_DATA" else [],
            "primary_uses": [] if is_virtual else ["PAYMENTS"],
            "assets_owned_by": None if is_virtual else "ME",
            "jurisdiction": None if is_virtual else "GB",
            "partner_product": None if is_virtual else f"PayrNet-{asset}-{chance.choice([1, 2])}",
            "iban": f"GB00PAYR040052{number:08}" if has_iban else None,
            "bic": "PAYRGB2LXXX" if has_iban else None,
            "iban_status": "OK"
            if has_iban
            else ("NOT_REQUESTED" if is_virtual else chance.choice(["NOT_REQUESTED", "PENDING", "DECLINED"])),
            "sort_code": "040052" if has_iban and asset == "GBP" else None,
            "account_number": f"{number:08}" if has_iban and asset == "GBP" else None,
            "metadata": chance.choice([{}, {"team": "a"}, {"team": "b", "tags": ["x", "y"]}, {"deep": {"n": 1}}]),
            "freeze_scope": frozen_at and "DEBITS",
            "freeze_reason": frozen_at and "Court order.",
            "frozen_at": frozen_at,
            "created_at": created_at,
            "updated_at": changed_at,
            "changed_at": changed_at,
        }


def contains(value, wanted):
    """jsonb's `@>`, for what these tests write."""
    if isinstance(wanted, dict):
        return isinstance(value, dict) and all(name in value and contains(value[name], wanted[name]) for name in wanted)
    if isinstance(wanted, list):
        return isinstance(value, list) and all(any(contains(one, item) for one in value) for item in wanted)
    return value == wanted


def model(row, wanted):
    """Whether a filter lets a row through, as domain and contract say it."""
    account = wanted.uk_bank_account
    checks = [
        wanted.ids is None or row["id"] in wanted.ids,
        wanted.holder_id is None or row["holder_id"] == wanted.holder_id,
        wanted.unassigned is None or (row["holder_id"] is None) == wanted.unassigned,
        wanted.virtual is None or row["is_virtual"] == wanted.virtual,
        wanted.frozen is None or (row["frozen_at"] is not None) == wanted.frozen,
        wanted.changed_since is None or row["changed_at"] >= wanted.changed_since,
        wanted.created_at_gte is None or row["created_at"] >= wanted.created_at_gte,
        wanted.created_at_lt is None or row["created_at"] < wanted.created_at_lt,
        wanted.iban is None or row["iban"] == wanted.iban,
        account is None or (row["sort_code"], row["account_number"]) == (account.sort_code, account.account_number),
        wanted.metadata is None or contains(row["metadata"], wanted.metadata),
    ]
    for name in ("status", "iban_status", "type", "asset", "asset_class", "partner_product"):
        values = getattr(wanted, name)
        checks.append(values is None or row[name] in values)
    return all(checks)


def modeled(rows, wanted, order):
    """The whole list that a filter and order ask for."""
    column = "changed_at" if order.field is LedgerOrderField.UPDATED_AT else "created_at"
    found = [row for row in rows if model(row, wanted)]
    return [row["id"] for row in sorted(found, key=lambda row: (row[column], row["id"]), reverse=order.descending)]


@pytest.fixture
async def holders(make_holder):
    return [await make_holder() for _ in range(3)]


@pytest.fixture
async def rows(actor, other_actor, holders, make_holder):
    ours = list(varied_rows(actor.customer_id, holders, 60))
    theirs = list(varied_rows(other_actor.customer_id, [await make_holder(by=other_actor)], 20))
    for row in theirs:
        row["iban"] = row["bic"] = row["sort_code"] = row["account_number"] = None
        row["iban_status"] = "NOT_REQUESTED" if row["is_virtual"] else "PENDING"
    await insert_ledgers([*ours, *theirs])
    return ours


@pytest.fixture
def single_filters(rows, holders):
    with_account = next(row for row in rows if row["sort_code"])
    with_iban = next(row for row in rows if row["iban"])
    return {
        "ids": (rows[3]["id"], rows[40]["id"], new_id()),
        "holder_id": holders[1],
        "unassigned": True,
        "status": (LedgerStatus.OK, LedgerStatus.ERROR),
        "iban_status": (IbanStatus.PENDING,),
        "type": (LedgerType.OMNIBUS,),
        "asset": ("GBP", "GOLD"),
        "asset_class": ("CURRENCY",),
        "partner_product": ("PayrNet-GBP-1", "PayrNet-EUR-2"),
        "virtual": False,
        "frozen": True,
        "changed_since": BASE + timedelta(seconds=9),
        "created_at_gte": BASE + timedelta(seconds=3),
        "created_at_lt": BASE + timedelta(seconds=6),
        "iban": with_iban["iban"],
        "uk_bank_account": UkBankAccount(with_account["sort_code"], with_account["account_number"]),
        "metadata": {"tags": ["x"]},
    }


def cursor_of(wanted, order, ledger):
    return ledger_cursors(wanted, order, [ledger])[0]


async def read_all(actor, wanted, order, size):
    """The whole list, forward, page by page."""
    found, after = [], None
    while page := await list_ledgers(actor, wanted, order, Page(size, after=after)):
        found += page
        after = cursor_of(wanted, order, page[-1])
    return [ledger.id for ledger in found]


async def read_all_backward(actor, wanted, order, size):
    """The whole list, from its end, page by page."""
    found, before = [], None
    while page := await list_ledgers(actor, wanted, order, Page(size, before=before, backward=True)):
        found = page + found
        before = cursor_of(wanted, order, page[0])
    return [ledger.id for ledger in found]


async def test_has_a_value_for_every_filter(single_filters):
    assert set(single_filters) == set(LedgerFilter.__slots__)


async def test_obeys_each_filter_alone_in_every_order(actor, rows, single_filters):
    for (name, value), order in itertools.product(single_filters.items(), ORDERS):
        wanted = LedgerFilter(**{name: value})
        expected = modeled(rows, wanted, order)
        assert 0 < len(expected) < len(rows), name
        found = await list_ledgers(actor, wanted, order, Page(1_000))
        assert [ledger.id for ledger in found] == expected, (name, order)
        assert await count_ledgers(actor, wanted) == len(expected)


async def test_obeys_filters_combined(actor, rows, single_filters):
    chance = random.Random(SEED)
    hits = 0
    for _ in range(150):
        names = chance.sample(sorted(single_filters), chance.choice([2, 2, 3, 4]))
        wanted = LedgerFilter(**{name: single_filters[name] for name in names})
        order = chance.choice(ORDERS)
        expected = modeled(rows, wanted, order)
        hits += bool(expected)
        assert await read_all(actor, wanted, order, 7) == expected, names
        assert await count_ledgers(actor, wanted) == len(expected)
    assert hits > 30


@pytest.mark.parametrize("wanted", [{"ids": ()}, {"status": ()}, {"asset": ()}, {"partner_product": ()}])
async def test_finds_nothing_in_an_empty_list_of_values(actor, rows, wanted):
    assert await list_ledgers(actor, LedgerFilter(**wanted), NEWEST_FIRST, Page(10)) == []
    assert await count_ledgers(actor, LedgerFilter(**wanted)) == 0


async def test_takes_empty_metadata_and_false_for_what_they_say(actor, rows):
    assert await count_ledgers(actor, LedgerFilter(metadata={})) == 60
    held = LedgerFilter(unassigned=False)
    assert await count_ledgers(actor, held) == sum(row["holder_id"] is not None for row in rows)


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: f"{order.field}-{order.descending}")
@pytest.mark.parametrize("size", [1, 2, 7, 59, 60, 61])
async def test_pages_both_ways_over_equal_instants(actor, rows, order, size):
    expected = modeled(rows, LedgerFilter(), order)
    assert await read_all(actor, LedgerFilter(), order, size) == expected
    assert await read_all_backward(actor, LedgerFilter(), order, size) == expected


async def test_shows_each_ledger_once_while_others_are_added(actor, rows, holders):
    known = set(modeled(rows, LedgerFilter(), NEWEST_FIRST))
    found, after = [], None
    for number in itertools.count(1_000, 5):
        page = await list_ledgers(actor, LedgerFilter(), NEWEST_FIRST, Page(7, after=after))
        if not page:
            break
        found += [ledger.id for ledger in page]
        after = cursor_of(LedgerFilter(), NEWEST_FIRST, page[-1])
        await insert_ledgers(varied_rows(actor.customer_id, holders, 5, first_number=number))
    assert len(found) == len(set(found))
    assert set(found) == known


async def test_refuses_the_cursor_of_another_filter_order_or_list(actor, rows):
    (first,) = await list_ledgers(actor, LedgerFilter(), NEWEST_FIRST, Page(1))
    cursor = cursor_of(LedgerFilter(), NEWEST_FIRST, first)
    for wanted, order in (
        (LedgerFilter(virtual=True), NEWEST_FIRST),
        (LedgerFilter(metadata={"a": 1}), NEWEST_FIRST),
        (LedgerFilter(), LedgerOrder(descending=False)),
        (LedgerFilter(), LedgerOrder(LedgerOrderField.UPDATED_AT)),
    ):
        for page in (Page(1, after=cursor), Page(1, before=cursor, backward=True)):
            with pytest.raises(Invalid) as refusal:
                await list_ledgers(actor, wanted, order, page)
            assert refusal.value.path == (("before",) if page.backward else ("after",))


async def test_finds_a_ledger_by_each_key(actor, other_actor, rows):
    row = next(row for row in rows if row["sort_code"])
    account = UkBankAccount(row["sort_code"], row["account_number"])
    for who, expected in ((actor, row["id"]), (other_actor, None)):
        for found in (
            await find_ledger(who, row["id"]),
            await find_ledger_by_iban(who, row["iban"]),
            await find_ledger_by_uk_bank_account(who, account),
        ):
            assert (found and found.id) == expected
    assert set(await find_ledgers(actor, [row["id"], new_id()])) == {row["id"]}
    assert await find_ledgers(other_actor, [row["id"]]) == {}


async def test_shows_one_holders_actor_that_holders_ledgers_only(actor, rows, holders):
    narrowed = replace(actor, holder_id=holders[0])
    own = [row for row in rows if row["holder_id"] == holders[0]]
    listed = await list_ledgers(narrowed, LedgerFilter(), NEWEST_FIRST, Page(1_000))
    assert [ledger.id for ledger in listed] == modeled(own, LedgerFilter(), NEWEST_FIRST)
    assert await count_ledgers(narrowed, LedgerFilter()) == len(own)
    for nothing in (LedgerFilter(holder_id=holders[1]), LedgerFilter(unassigned=True)):
        assert await list_ledgers(narrowed, nothing, NEWEST_FIRST, Page(10)) == []
    assert set(await find_ledgers(narrowed, [row["id"] for row in rows])) == {row["id"] for row in own}


async def test_shows_a_stranger_nothing(rows):
    stranger = Actor(new_id(), frozenset({"*"}), Via.GRAPHQL, "nobody")
    assert await list_ledgers(stranger, LedgerFilter(), NEWEST_FIRST, Page(10)) == []
    assert await count_ledgers(stranger, LedgerFilter()) == 0


async def test_needs_the_scope(actor):
    blind = replace(actor, scopes=frozenset({"ledgers:write"}))
    for reading in (
        find_ledger(blind, new_id()),
        find_ledgers(blind, [new_id()]),
        list_ledgers(blind, LedgerFilter(), NEWEST_FIRST, Page(1)),
        count_ledgers(blind, LedgerFilter()),
    ):
        with pytest.raises(Forbidden) as refusal:
            await reading
        assert refusal.value.required_scope == "ledgers:read"


async def test_reads_while_many_others_do(actor, rows):
    expected = modeled(rows, LedgerFilter(), NEWEST_FIRST)
    answers = await asyncio.gather(*(read_all(actor, LedgerFilter(), NEWEST_FIRST, 13) for _ in range(30)))
    assert answers == [expected] * 30


class TestCreditsAndDebits:
    @pytest.mark.parametrize("direction", [True, False])
    async def test_are_changes_as_soon_as_they_are_committed(self, actor, issue_virtual, direction):
        ledger_ids = [await issue_virtual() for _ in range(3)]
        order = LedgerOrder(LedgerOrderField.UPDATED_AT, direction)
        first = await find_ledger(actor, ledger_ids[0])
        since = LedgerFilter(changed_since=first.updated_at + timedelta(microseconds=1))
        assert await count_ledgers(actor, since) == 2

        await fund(actor.customer_id, ledger_ids[0], 5)
        assert await count_ledgers(actor, since) == 3
        await fund(actor.customer_id, ledger_ids[1], 5)
        listed = await list_ledgers(actor, since, order, Page(10))
        expected = [ledger_ids[2], ledger_ids[0], ledger_ids[1]]
        assert [ledger.id for ledger in listed] == (expected[::-1] if direction else expected)
        assert await fetchval("SELECT count(*) FROM unnumbered_events") == 0
        for ledger in listed:
            assert ledger == await find_ledger(actor, ledger.id)

    async def test_move_no_cursor_to_where_a_ledger_is_not_yet(self, actor, issue_virtual, monkeypatch):
        """As when one is committed between the numbering and the reading."""
        ledger_ids = [await issue_virtual() for _ in range(3)]
        order = LedgerOrder(LedgerOrderField.UPDATED_AT, descending=False)
        before = await find_ledger(actor, ledger_ids[0])
        await fund(actor.customer_id, ledger_ids[0], 5)

        async def number_nothing(customer_id):
            assert customer_id == actor.customer_id

        monkeypatch.setattr("app.ledgers.queries.number_before_reading", number_nothing)
        (first,) = await list_ledgers(actor, LedgerFilter(), order, Page(1))
        assert (first.id, first.updated_at, first.posted_minor_units) == (before.id, before.updated_at, 5)
        cursor = ledger_cursors(LedgerFilter(), order, [first])[0]
        rest = await list_ledgers(actor, LedgerFilter(), order, Page(10, after=cursor))
        assert [ledger.id for ledger in rest] == ledger_ids[1:]
