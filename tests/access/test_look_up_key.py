"""Keys that are looked up at the same time share a statement, and each caller gets its own row."""

import asyncio

import pytest

from app.access import look_up_key as module
from app.access import note_last_use
from app.access.authenticate import authenticate
from app.access.key_format import MARKER_OF_TOKENS, new_key, read_key
from app.access.look_up_key import UNDER_WAY_MAX, LookUps, look_up_key, open_look_ups
from app.access.open_customer import open_customer
from app.access.revoke_api_key import revoke_api_key
from app.db.connection import fetch
from app.db.identifiers import new_id
from app.journal.coalescer import ROUND_CUSTOMERS_MAX
from app.kernel.actor import Via
from app.process import _Keys


class Held:
    """Holds statements back until it is opened, and counts them."""

    def __init__(self, monkeypatch):
        self.open, self.single, self.together = asyncio.Event(), 0, []
        self.fault = None
        read_one, read_many = module.fetchrow, module.fetch

        async def one(*arguments):
            self.single += 1
            await self.open.wait()
            return await read_one(*arguments)

        async def many(sql, customers, prefixes):
            self.together.append(prefixes.count(",") + 1)
            if self.fault is not None:
                raise self.fault
            return await read_many(sql, customers, prefixes)

        monkeypatch.setattr(module, "fetchrow", one)
        monkeypatch.setattr(module, "fetch", many)


@pytest.fixture
async def held(monkeypatch):
    open_look_ups(together_max=module.TOGETHER_MAX)
    yield Held(monkeypatch)
    await _Keys(customers_max=ROUND_CUSTOMERS_MAX).start()


async def keys_of_new_customers(count):
    return [read_key((await open_customer(f"Customer {number}")).api_key) for number in range(count)]


async def asked_at_once(parts):
    """The look-ups of these keys as tasks that have begun."""
    tasks = [asyncio.create_task(look_up_key(one)) for one in parts]
    await asyncio.sleep(0)
    return tasks


async def test_shares_one_statement_between_those_that_wait(database, held):
    known = await keys_of_new_customers(5)
    stranger = read_key(new_key(known[0].customer_id))
    asked = [*known, stranger, known[4]]
    tasks = await asked_at_once(asked)
    held.open.set()
    rows = await asyncio.gather(*tasks)
    assert held.single == UNDER_WAY_MAX
    assert held.together == [4]  # The last key was asked for twice.
    assert [row and row["secret_hash"] for row in rows] == [
        *[one.secret_hash for one in known],
        None,
        known[4].secret_hash,
    ]


async def test_finds_the_same_alone_and_together(database, held):
    customer = await open_customer("Example Ltd")
    parts = read_key(customer.api_key)
    held.open.set()
    alone = dict(await look_up_key(parts))
    held.open.clear()
    tasks = await asked_at_once([parts] * 3)
    held.open.set()
    together = dict((await asyncio.gather(*tasks))[-1])
    assert held.together == [1]
    assert alone.pop("now") < together.pop("now")
    assert alone == together


async def test_keeps_tokens_and_keys_apart(database, held):
    [key] = await keys_of_new_customers(1)
    token = read_key(new_key(key.customer_id, MARKER_OF_TOKENS))
    tasks = await asked_at_once([key, key, key, token])
    held.open.set()
    rows = await asyncio.gather(*tasks)
    assert [row is not None for row in rows] == [True, True, True, False]


async def test_never_shares_a_look_up_that_began_before(database, held):
    """A key that is revoked while look-ups are under way is not let in by whoever asks after that."""
    customer = await open_customer("Example Ltd")
    parts = read_key(customer.api_key)
    held.open.set()
    actor = await authenticate(f"API-Key {customer.api_key}", Via.GRAPHQL)
    held.open.clear()
    before = await asked_at_once([parts] * UNDER_WAY_MAX)
    await revoke_api_key(actor, str(actor.api_key_id))
    [after] = await asked_at_once([parts])
    held.open.set()
    assert (await after)["revoked_at"] is not None
    await asyncio.gather(*before)


async def test_does_not_mind_a_caller_that_leaves(database, held):
    parts = await keys_of_new_customers(4)
    tasks = await asked_at_once(parts)
    tasks[2].cancel()
    await asyncio.sleep(0)
    held.open.set()
    rows = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(rows[2], asyncio.CancelledError)
    assert rows[3]["secret_hash"] == parts[3].secret_hash


async def test_tells_everybody_of_a_failure_and_goes_on(database, held):
    parts = await keys_of_new_customers(4)
    held.fault = ConnectionResetError("away")
    tasks = await asked_at_once(parts)
    held.open.set()
    rows = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(row) for row in rows[2:]] == [ConnectionResetError] * 2
    held.fault = None
    held.open.clear()
    tasks = await asked_at_once(parts)
    held.open.set()
    assert [row["secret_hash"] for row in await asyncio.gather(*tasks)] == [one.secret_hash for one in parts]


async def test_leaves_nobody_waiting_when_it_is_cancelled(database, held, monkeypatch):
    begun = asyncio.Event()

    async def hang(*_arguments):
        begun.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(module, "fetch", hang)
    tasks = await asked_at_once(await keys_of_new_customers(4))
    held.open.set()
    await begun.wait()
    for together in module._Process.keys._tasks:
        together.cancel()
    async with asyncio.timeout(5):
        rows = await asyncio.gather(*tasks, return_exceptions=True)
    assert [isinstance(row, asyncio.CancelledError) for row in rows] == [False, False, True, True]


async def test_looks_up_a_bounded_number_together(database, held):
    open_look_ups(together_max=2)
    parts = await keys_of_new_customers(7)
    tasks = await asked_at_once(parts)
    held.open.set()
    rows = await asyncio.gather(*tasks)
    assert [row["secret_hash"] for row in rows] == [one.secret_hash for one in parts]
    assert held.together == [2, 2, 1]


async def test_looks_each_up_by_itself_where_customers_share_no_statement(database, held):
    await _Keys(customers_max=1).start()
    tasks = await asked_at_once(await keys_of_new_customers(4))
    assert held.single == 4
    held.open.set()
    assert all(await asyncio.gather(*tasks))
    assert held.together == []
    assert note_last_use._Process.together_max == 1


@pytest.mark.parametrize("sql", [module._KEYS_SQL, module._TOKENS_SQL])
async def test_finds_each_by_an_index(database, sql):
    """Also on tables that have no statistics."""
    rows = await fetch(f"EXPLAIN {LookUps(sql)._together_sql}", f"{{{new_id()}}}", "{abcdefgh}")
    plan = "\n".join(line for (line,) in rows)
    assert "prefix = asked.prefix" in plan
    assert "Seq Scan" not in plan
