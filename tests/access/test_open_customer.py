import pytest

from app.access.authenticate import authenticate
from app.access.note_last_use import finish_noting_last_use
from app.access.open_customer import open_customer
from app.db.connection import fetch, fetchrow, fetchval
from app.events.feed import read_feed
from app.kernel.actor import Via
from app.kernel.errors import Invalid


async def test_makes_a_customer_that_is_a_holder_under_the_same_id(database):
    opened = await open_customer("  Example Ltd ")
    assert await fetchval("SELECT name FROM customers WHERE customer_id = $1", opened.customer_id) == "Example Ltd"
    holder = await fetchrow("SELECT * FROM holders")
    assert (holder["customer_id"], holder["id"]) == (opened.customer_id, opened.customer_id)
    assert (holder["kind"], holder["party"], holder["status"]) == ("CUSTOMER", "COMPANY", "OK")
    assert (holder["name"], holder["version"]) == ("Example Ltd", 1)
    assert await fetchval("SELECT count(*) FROM outbox_messages") == 0


async def test_gives_a_first_key_with_every_scope(database):
    opened = await open_customer("Example Ltd")
    actor = await authenticate(f"API-Key {opened.api_key}", Via.GRAPHQL)
    assert (actor.customer_id, actor.scopes) == (opened.customer_id, frozenset({"*"}))
    await finish_noting_last_use()


async def test_tells_of_all_that_it_made_in_the_customers_feed(database):
    opened = await open_customer("Example Ltd")
    actor = await authenticate(f"API-Key {opened.api_key}", Via.GRAPHQL)
    entries = await read_feed(actor, after=0, limit=10)
    assert [entry.event.type for entry in entries] == ["api_key.created", "holder.created", "holder.status.ok"]
    assert [entry.event.actor for entry in entries] == ["operator"] * 3
    await finish_noting_last_use()


@pytest.mark.parametrize("name", ["", "  ", "a\x00b", "x" * 256])
async def test_refuses_a_bad_name_and_makes_nothing(database, name):
    with pytest.raises(Invalid) as refusal:
        await open_customer(name)
    assert refusal.value.path == ("name",)
    assert await fetch("SELECT 1 FROM customers") == []


async def test_lets_two_customers_share_a_name(database):
    first, second = await open_customer("Example Ltd"), await open_customer("Example Ltd")
    assert first.customer_id != second.customer_id
    assert await fetchval("SELECT count(*) FROM customers") == 2
