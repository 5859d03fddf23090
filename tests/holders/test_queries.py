"""Reading holders: one customer's, and for one holder's actor only itself."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.db import pages
from app.db.identifiers import new_id
from app.db.pages import Page
from app.db.transaction import transaction
from app.holders.queries import HolderFilter, count_holders, find_holder, holder_cursors, lock_holder, read_holders
from app.holders.status import HolderKind, HolderStatus
from app.kernel.cursor import encode_cursor
from app.kernel.errors import Forbidden, Invalid, NotFound

ALL = HolderFilter()


async def ids(actor, wanted=ALL, *, limit=100, after=None):
    return [holder.id for holder in await read_holders(actor, wanted, Page(limit, after))]


@pytest.fixture
async def three(make_holder):
    """Three holders, newest first: OK, MISSING_DATA, PENDING."""
    made = [
        await make_holder(metadata={"crm": {"id": 1, "x": 2}}),
        await make_holder(HolderStatus.MISSING_DATA, metadata={"crm": {"id": 2}}),
        await make_holder(HolderStatus.OK, metadata={"tag": "it's"}),
    ]
    return made[::-1]


async def test_lists_the_newest_first(actor, three):
    assert await read_holders(actor, ALL, Page(100)) == three


async def test_goes_on_after_a_cursor(actor, three):
    first_page = await read_holders(actor, ALL, Page(2))
    assert first_page == three[:2]
    assert await read_holders(actor, ALL, Page(2, holder_cursors(ALL, [first_page[-1]])[0])) == three[2:]
    assert await read_holders(actor, ALL, Page(2, holder_cursors(ALL, [three[2]])[0])) == []


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"status": (HolderStatus.OK,)}, [0]),
        ({"status": (HolderStatus.OK, HolderStatus.PENDING)}, [0, 2]),
        ({"status": ()}, []),
        ({"kind": (HolderKind.ENDUSER,)}, [0, 1, 2]),
        ({"kind": (HolderKind.CUSTOMER,)}, []),
        ({"metadata": {"crm": {"id": 1}}}, [2]),
        ({"metadata": {"crm": {}}}, [1, 2]),
        ({"metadata": {"tag": "it's"}}, [0]),
        ({"metadata": {"crm": {"id": "1"}}}, []),
        ({"metadata": {}}, [0, 1, 2]),
    ],
    ids=repr,
)
async def test_filters_and_counts(actor, three, wanted, found):
    assert await ids(actor, HolderFilter(**wanted)) == [three[index].id for index in found]
    assert await count_holders(actor, HolderFilter(**wanted)) == len(found)


async def test_filters_by_the_time_of_the_last_change(actor, three):
    since = HolderFilter(changed_since=three[0].updated_at)
    assert await ids(actor, since) == [three[0].id]
    assert await ids(actor, HolderFilter(changed_since=three[0].updated_at + timedelta(seconds=1))) == []


async def test_counts_no_further_than_its_limit(actor, three, monkeypatch):
    monkeypatch.setattr(pages, "COUNT_MAX", 2)
    assert await count_holders(actor, ALL) is None
    monkeypatch.setattr(pages, "COUNT_MAX", 3)
    assert await count_holders(actor, ALL) == 3


async def test_shows_nothing_of_another_customer(three, make_actor):
    other = await make_actor()
    assert await ids(other) == []
    assert await count_holders(other, ALL) == 0
    assert await find_holder(other, three[0].id) is None
    with pytest.raises(NotFound):
        async with transaction() as tx:
            await lock_holder(tx, other, three[0].id)


async def test_shows_one_holder_s_actor_itself_only(actor, three):
    narrowed = replace(actor, holder_id=three[1].id)
    assert await ids(narrowed) == [three[1].id]
    assert await count_holders(narrowed, ALL) == 1
    assert (await find_holder(narrowed, three[1].id)).id == three[1].id
    assert await find_holder(narrowed, three[0].id) is None
    with pytest.raises(NotFound):
        async with transaction() as tx:
            await lock_holder(tx, narrowed, three[0].id)
    async with transaction() as tx:
        assert (await lock_holder(tx, narrowed, three[1].id, share=True))["id"] == three[1].id


async def test_finds_none_that_is_not_there(actor):
    assert await find_holder(actor, new_id()) is None


async def test_asks_for_the_scope(actor, three):
    blind = replace(actor, scopes=frozenset({"holders:write"}))
    for reading in (find_holder(blind, three[0].id), ids(blind), count_holders(blind, ALL)):
        with pytest.raises(Forbidden) as refusal:
            await reading
        assert refusal.value.required_scope == "holders:read"


@pytest.mark.parametrize("made", ["garbage", "other filter", "other list", "no instant", "no id"])
async def test_refuses_a_cursor_that_is_not_of_this_list(actor, three, made):
    made_for = ["holders", None, None, None, None]
    cursor = {
        "garbage": "%%%",
        "other filter": holder_cursors(HolderFilter(kind=(HolderKind.ENDUSER,)), [three[0]])[0],
        "other list": encode_cursor(["ledgers", None, None, None, None], ["2026-11-20T12:00:00Z", str(new_id())]),
        "no instant": encode_cursor(made_for, ["yesterday", str(new_id())]),
        "no id": encode_cursor(made_for, ["2026-11-20T12:00:00Z", "\x00"]),
    }[made]
    with pytest.raises(Invalid) as refusal:
        await read_holders(actor, ALL, Page(1, cursor))
    assert refusal.value.path == ("after",)
