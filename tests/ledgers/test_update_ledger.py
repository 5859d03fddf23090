import asyncio
from dataclasses import replace

import pytest

from app.db.connection import fetchrow
from app.kernel.errors import Forbidden, IdempotencyMismatch, Invalid, NotFound, VersionConflict
from app.ledgers.update_ledger import UpdateLedger, update_ledger
from tests.ledgers.conftest import some_id


@pytest.mark.parametrize(
    ("before", "sent", "after"),
    [
        ({"foo": "bar"}, {"more": 1}, {"foo": "bar", "more": 1}),
        ({"foo": "bar"}, {"foo": "baz"}, {"foo": "baz"}),
        ({"foo": "bar", "keep": 1}, {"foo": None}, {"keep": 1}),
        ({"deep": {"a": 1, "b": 2}}, {"deep": {"a": 3}}, {"deep": {"a": 3}}),
        ({"foo": "bar"}, {"gone": None, "new": [None, {"x": None}]}, {"foo": "bar", "new": [None, {"x": None}]}),
        ({"foo": "bar"}, None, {}),
    ],
)
async def test_merges_metadata_key_by_key(actor, issue, told, before, sent, after):
    ledger_id = await issue(metadata=before)
    ledger, replayed = await update_ledger(actor, UpdateLedger(str(ledger_id), sent))
    assert (ledger.metadata, ledger.version, replayed) == (after, 2, False)
    assert (await told(ledger_id))[-1] == ("ledger.updated", 2, {"metadata": before})


@pytest.mark.parametrize("sent", [{}, {"foo": "bar"}, {"gone": None}])
async def test_writes_nothing_where_nothing_changes(actor, issue, told_types, sent):
    ledger_id = await issue(metadata={"foo": "bar"})
    ledger, _ = await update_ledger(actor, UpdateLedger(str(ledger_id), sent))
    assert (ledger.metadata, ledger.version) == ({"foo": "bar"}, 1)
    assert await told_types(ledger_id) == ["ledger.created"]


async def test_counts_as_a_change(actor, issue):
    ledger_id = await issue()
    before = await fetchrow("SELECT changed_at FROM ledger_changes")
    ledger, _ = await update_ledger(actor, UpdateLedger(str(ledger_id), {"a": 1}))
    after = await fetchrow("SELECT changed_at FROM ledger_changes")
    assert after["changed_at"] == ledger.updated_at
    assert after["changed_at"] > before["changed_at"]


async def test_refuses_another_version_than_was_read(actor, issue, read):
    ledger_id = await issue()
    await update_ledger(actor, UpdateLedger(str(ledger_id), {"a": 1}, if_version=1))
    with pytest.raises(VersionConflict) as refusal:
        await update_ledger(actor, UpdateLedger(str(ledger_id), {"a": 2}, if_version=1))
    assert refusal.value.path == ("if_version",)
    assert ((await read(ledger_id)).metadata, (await read(ledger_id)).version) == ({"a": 1}, 2)


async def test_refuses_a_result_that_is_too_large(actor, issue, read):
    ledger_id = await issue(metadata={"a": "x" * 10_000})
    with pytest.raises(Invalid) as refusal:
        await update_ledger(actor, UpdateLedger(str(ledger_id), {"b": "x" * 10_000}))
    assert refusal.value.path == ("metadata",)
    assert list((await read(ledger_id)).metadata) == ["a"]


async def test_loses_none_of_many_updates_at_once(actor, issue, read, told):
    ledger_id = await issue()
    await asyncio.gather(
        *(update_ledger(actor, UpdateLedger(str(ledger_id), {f"key{number}": number})) for number in range(20))
    )
    assert (await read(ledger_id)).metadata == {f"key{number}": number for number in range(20)}
    assert [version for _, version, _ in await told(ledger_id)] == list(range(1, 22))


async def test_lets_one_of_two_win_that_read_the_same_version(actor, issue, read):
    ledger_id = await issue()
    answers = await asyncio.gather(
        *(update_ledger(actor, UpdateLedger(str(ledger_id), {"winner": name}, if_version=1)) for name in "ab"),
        return_exceptions=True,
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["VersionConflict", "tuple"]
    assert (await read(ledger_id)).version == 2


async def test_is_once_for_one_key(actor, issue, read):
    ledger_id = await issue()
    keyed = UpdateLedger(str(ledger_id), {"a": 1}, if_version=1, idempotency_key="update-1")
    await update_ledger(actor, keyed)
    await update_ledger(actor, UpdateLedger(str(ledger_id), {"a": 2}))
    ledger, replayed = await update_ledger(actor, keyed)
    assert (ledger.metadata, ledger.version, replayed) == ({"a": 2}, 3, True)
    with pytest.raises(IdempotencyMismatch):
        await update_ledger(actor, replace(keyed, metadata={"a": 9}))


async def test_tells_the_keys_removed_from_those_left_out(actor, issue):
    """Content with a null is other content than content without it."""
    ledger_id = await issue(metadata={"a": 1})
    await update_ledger(actor, UpdateLedger(str(ledger_id), {"a": None}, idempotency_key="update-1"))
    with pytest.raises(IdempotencyMismatch):
        await update_ledger(actor, UpdateLedger(str(ledger_id), {}, idempotency_key="update-1"))


async def test_refuses_what_does_not_exist_or_is_anothers(actor, other_actor, issue, read):
    ledger_id = await issue()
    with pytest.raises(NotFound):
        await update_ledger(other_actor, UpdateLedger(str(ledger_id), {"a": 1}))
    with pytest.raises(NotFound):
        await update_ledger(actor, UpdateLedger(some_id(), {"a": 1}))
    with pytest.raises(Forbidden):
        await update_ledger(replace(actor, scopes=frozenset()), UpdateLedger(str(ledger_id), {"a": 1}))
    assert (await read(ledger_id)).version == 1


async def test_takes_an_id_in_capitals_for_the_same_content(actor, issue):
    keyed = UpdateLedger(str(await issue()), {"a": 1}, idempotency_key="update-1")
    await update_ledger(actor, keyed)
    _, replayed = await update_ledger(actor, replace(keyed, ledger_id=keyed.ledger_id.upper()))
    assert replayed
