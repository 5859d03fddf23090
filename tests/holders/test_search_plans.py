"""Over 20,000 analyzed holders: what a search reads, however common its words are, and that it finds all the same."""

import json
from dataclasses import replace
from itertools import product

import pytest

from app.db.connection import by_key_pool, fetch, fetchval, pool
from app.db.identifiers import new_id
from app.db.pages import Page
from app.holders import queries
from app.holders import search as module
from app.holders.queries import HolderFilter, holder_cursors, read_holders
from app.holders.search import FOUND_MAX, NEAR_PAGES, checked_search
from app.holders.status import HolderStatus
from app.kernel.actor import Actor, Via
from tests.plans import nodes_of

HOLDERS, OTHERS = 20_000, 20
LIMIT = 21
# Every holder has a word of all, one of its own, and one of many: a fifth, a fiftieth, the older half.
FILL = """
    INSERT INTO holders (customer_id, id, kind, status, party, name, email, country, created_at, updated_at, words,
                         words_of)
    SELECT customer_id, gen_random_uuid(), 'ENDUSER', CASE WHEN n % 500 = 7 THEN 'QUARANTINE' ELSE 'OK' END, 'PERSON',
           made.name, 'a@b.test', 'GB', made_at, made_at,
           string_to_array(lower(made.name), ' ') || ARRAY['a', 'b', 'test'],
           made.name || E'\\na@b.test'
    FROM customers AS c CROSS JOIN LATERAL generate_series(1, CASE WHEN c.customer_id = $1 THEN $2 ELSE 100 END) AS n
    CROSS JOIN LATERAL (
        SELECT 'Holder own' || md5(n::text) || CASE WHEN n % 5 = 0 THEN ' fifth' ELSE '' END
               || CASE WHEN n % 50 = 0 THEN ' fiftieth' ELSE '' END || CASE WHEN n < $2 / 2 THEN ' elder' ELSE '' END
               AS name,
               '2026-01-01T00:00:00Z'::timestamptz + n * interval '1 minute' AS made_at
    ) AS made
"""


@pytest.fixture(scope="module")
async def actor(own_database):
    """One customer with 20,000 holders among smaller ones."""
    ids = [new_id() for _ in range(1 + OTHERS)]
    execute = pool().execute
    await execute("INSERT INTO customers SELECT unnest($1::uuid[]), 'Example Ltd', now()", ids)
    await execute(FILL, ids[0], HOLDERS)
    await execute("VACUUM ANALYZE holders")
    return Actor(ids[0], frozenset({"*"}), Via.GRAPHQL, "api_key:test")


async def rows_read(actor, text, monkeypatch, page=None, **more):
    """How many rows of holders the statement of a page reads, and by which indexes."""
    statements = []

    async def note(sql, *arguments):
        statements.append((sql, arguments))
        return await fetch(sql, *arguments)

    monkeypatch.setattr(queries, "fetch", note)
    await read_holders(actor, HolderFilter(search=checked_search(text, ()), **more), page or Page(LIMIT))
    monkeypatch.undo()
    [(sql, arguments)] = statements
    told = json.loads(await fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", *arguments))[0]["Plan"]
    scans = [one for one in nodes_of(told) if one.get("Relation Name") == "holders" and one["Actual Loops"]]
    rows = sum((one["Actual Rows"] + one.get("Rows Removed by Filter", 0)) * one["Actual Loops"] for one in scans)
    indexes = {one["Index Name"] for one in nodes_of(told) if "Index Name" in one and one["Actual Loops"]}
    assert not [one for one in scans if one["Node Type"] == "Seq Scan"], scans
    return rows, indexes - {"holders_pkey"}


async def test_stops_early_at_what_begins_a_word_of_every_holder(actor, monkeypatch):
    for text in ("hol", "h", "own", "hol own te"):
        rows, indexes = await rows_read(actor, text, monkeypatch)
        assert rows <= 2 * LIMIT, text
        assert indexes == {"holders_created_at"}, text


async def test_finds_what_is_rare_by_its_index(actor, monkeypatch):
    word = await fetchval("SELECT 'own' || left(md5('7'), 12)")
    rows, indexes = await rows_read(actor, f"hol {word}", monkeypatch)
    assert rows <= NEAR_PAGES * LIMIT + 2
    assert indexes == {"holders_created_at", "holders_words"}
    rows, _ = await rows_read(actor, "fiftieth", monkeypatch)
    assert rows <= NEAR_PAGES * LIMIT + HOLDERS / 50 + LIMIT


@pytest.mark.thorough
async def test_reads_a_part_of_what_begins_a_word_of_many(actor, monkeypatch):
    rows, _ = await rows_read(actor, "fif", monkeypatch)
    assert rows <= NEAR_PAGES * LIMIT + FOUND_MAX + 1 + 5 * LIMIT + LIMIT < HOLDERS / 5


async def every_page(actor, wanted, page):
    """The ids of all pages, in the order of reading."""
    found = []
    while True:
        read = await read_holders(actor, wanted, page)
        found += [one.id for one in (reversed(read) if page.backward else read)]
        if len(read) < page.limit:
            return found
        at = holder_cursors(wanted, [read[0] if page.backward else read[-1]], descending=page.descending)[0]
        page = replace(page, **{"before" if page.backward else "after": at})


@pytest.mark.parametrize(
    ("text", "pattern", "status"),
    [
        ("fiftieth", "% fiftieth%", None),
        ("fif eld", "% fifth%elder", None),
        ("elder", "% elder", "QUARANTINE"),
        ("hol", "%", "QUARANTINE"),
        ("own0a", "% own0a%", None),
        ("nobody", "nobody", None),
    ],
)
async def test_finds_each_once_in_every_order(actor, text, pattern, status):
    expected = await fetch(
        "SELECT id FROM holders WHERE customer_id = $1 AND lower(name) LIKE $2 AND ($3::text IS NULL OR status = $3)"
        " ORDER BY created_at, id",
        actor.customer_id,
        pattern,
        status,
    )
    ids = [row["id"] for row in expected]
    wanted = HolderFilter(search=checked_search(text, ()), status=None if status is None else (HolderStatus(status),))
    for descending, backward in product((False, True), repeat=2):
        pages = Page(997, descending=descending, backward=backward)
        found = await every_page(actor, wanted, pages)
        assert found == (ids if descending is backward else ids[::-1])
    assert [one.id for one in await read_holders(actor, wanted, Page(2, descending=False))] == ids[:2]


async def test_walks_on_to_what_begins_later(actor, monkeypatch):
    newest = await fetch(
        "SELECT id FROM holders WHERE customer_id = $1 AND 'elder' = ANY(words) ORDER BY created_at DESC, id DESC"
        " LIMIT $2",
        actor.customer_id,
        LIMIT,
    )
    read = await read_holders(actor, HolderFilter(search=checked_search("eld", ())), Page(LIMIT))
    assert [one.id for one in read] == [row["id"] for row in newest]
    rows, _ = await rows_read(actor, "eld", monkeypatch)
    assert rows <= NEAR_PAGES * LIMIT + FOUND_MAX + 1 + HOLDERS / 2 + 3 * LIMIT


async def test_asks_for_holders_without_words_by_their_index(actor):
    for asked, sql, more in (
        (by_key_pool(), module._LACKS_SQL, ()),
        (pool(), module._SOME_SQL, (module.BATCH_SIZE,)),
    ):
        told = await asked.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", actor.customer_id, *more)
        scans = [one for one in nodes_of(json.loads(told)[0]["Plan"]) if one.get("Relation Name") == "holders"]
        assert [(one["Index Name"], one["Actual Rows"]) for one in scans] == [("holders_without_words", 0)]
        assert not [one for one in scans if one.get("Rows Removed by Filter")]
