"""Cursors of the feed: they name an epoch, unless it is the first, and are refused where the feed has no such place."""

import pytest

from app.events import feed_place as module
from app.events.feed_place import FeedPlace, feed_place
from app.kernel.cursor import encode_cursor
from app.kernel.errors import CursorExpired, ErrorCode, Invalid

PATH = ("after",)


@pytest.mark.parametrize("place", [FeedPlace(0), FeedPlace(17), FeedPlace(17, "0123456789abcdef")])
def test_is_what_its_cursor_stands_for(place):
    assert feed_place(place.cursor, PATH) == place


def test_is_none_without_a_cursor():
    assert feed_place(None, PATH) is None


def test_is_of_the_first_epoch_where_the_cursor_names_none():
    """As those do that were made before there were epochs."""
    assert encode_cursor("feed", [17]) == FeedPlace(17).cursor == "WyI2MmU3YWUwZjVlYzMiLDE3XQ"


@pytest.mark.parametrize(("sent", "taken"), [(-5, 0), (2**70, 2**63 - 1)])
def test_never_leaves_the_range_of_positions(sent, taken):
    assert feed_place(encode_cursor("feed", [sent]), PATH) == FeedPlace(taken)


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        encode_cursor("holders", [1]),
        encode_cursor("feed", ["1"]),
        encode_cursor("feed", []),
        encode_cursor("feed", [1, 2]),
        encode_cursor("feed", [1, "epoch", "more"]),
    ],
)
def test_refuses_what_is_none_of_the_feed(cursor):
    with pytest.raises(Invalid) as refusal:
        feed_place(cursor, ("after",))
    assert refusal.value.path == ("after",)


@pytest.mark.parametrize("end", [FeedPlace(5, "b"), FeedPlace(9, "b")])
async def test_is_within_a_feed_that_goes_as_far_in_its_epoch(end):
    await FeedPlace(5, "b").check_within(end, PATH)


@pytest.mark.parametrize("place", [FeedPlace(6, "b"), FeedPlace(1), FeedPlace(1, "a"), FeedPlace(0, "a")])
async def test_is_refused_beyond_the_end_and_in_another_epoch(database, place):
    with pytest.raises(CursorExpired) as refusal:
        await place.check_within(FeedPlace(5, "b"), PATH)
    assert (refusal.value.code, refusal.value.path) == (ErrorCode.CURSOR_EXPIRED, PATH)
    assert "Read the feed again" in refusal.value.message


async def test_may_be_ahead_of_a_server_that_follows_another(monkeypatch):
    async def is_following(sql):
        return sql == "SELECT pg_is_in_recovery()"

    monkeypatch.setattr(module, "fetchval", is_following)
    await FeedPlace(6, "b").check_within(FeedPlace(5, "b"), PATH)
    with pytest.raises(CursorExpired):
        await FeedPlace(6, "a").check_within(FeedPlace(5, "b"), PATH)
