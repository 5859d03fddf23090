"""Search of holders by the words of their names and e-mail addresses.

What begins a word of very many holders is found by walking through the list, in its order, until a page is full; what
is rarer, by an index on the words. Nobody knows beforehand which it is, so the statement of a page tries both.

The words are stored with a holder, folded, beside the text that they were made of. Where that is another text than the
holder now has, an earlier version wrote the holder: its words are made before anybody searches.
"""

from functools import partial
from typing import Any
from uuid import UUID

from app.db.connection import by_key_pool
from app.db.snapshot import before_snapshot
from app.db.transaction import transaction, whole_use_case
from app.db.where import Where
from app.kernel.actor import Actor
from app.kernel.checks import check_text, refuse
from app.kernel.errors import LimitExceeded, Path
from app.kernel.words import words_of, words_to_find

INDEX_HOLDERS = "index_holders"
"""The kind of work by which the words of a customer's earlier holders are made."""
BATCH_SIZE = 500
BATCHES_MAX = 4
"""How many batches one search makes up for."""
RETRY_AFTER_SECONDS = 5.0

NEAR_PAGES = 4
"""How many pages of the list are looked through before the index is asked."""
FOUND_MAX = 2_000
"""Up to so many holders that the index finds are sorted. If there are more, the list is walked instead: soon, so many
of them fill a page."""

# Written like the condition of the index `holders_without_words`.
_WITHOUT_WORDS = "words_of IS DISTINCT FROM name || E'\\n' || coalesce(email, '')"
_SOME_SQL = f"""
    SELECT id, name, email FROM holders WHERE customer_id = $1 AND {_WITHOUT_WORDS}
    ORDER BY id LIMIT $2 FOR NO KEY UPDATE
"""
# PostgreSQL takes it for a condition that nearly all meet, and would read the whole table until it finds one.
# Connections for look-ups by key take the index, in which there is none.
_LACKS_SQL = f"SELECT EXISTS (SELECT FROM holders WHERE customer_id = $1 AND {_WITHOUT_WORDS})"


def search_columns(name: str, email: str | None) -> dict[str, Any]:
    """The columns by which a holder with this name and e-mail address is found."""
    return {"words": words_to_find(name, email or ""), "words_of": f"{name}\n{email or ''}"}


def checked_search(text: str, path: Path) -> tuple[str, ...]:
    """The words of a search. Each is to begin a word of what is found.

    :raises Invalid: there is no word in it.
    """
    words = words_of(check_text(text, path))
    if not words:
        refuse("There is no word in this: give the beginning of a name or of an e-mail address.", path)
    return tuple(words)


def search_terms(customer_id: UUID, words: tuple[str, ...]) -> str:
    """The search as PostgreSQL takes it: each word as the beginning of one of this customer's."""
    return " & ".join(f"'{customer_id}:{word}':*" for word in words)


def page_by_words_sql(where: Where, cursor: Where, ending: str, words: tuple[str, ...]) -> str:
    """A page of the customer's holders with all these words, as rows of `holders`.

    `where` has the other conditions and `cursor` those of the page alone; both share their arguments. `ending` orders
    and limits the page.
    """
    begun = "".join(
        f" AND EXISTS (SELECT FROM unnest(words) AS word WHERE starts_with(word, {where.place(word)}))"
        for word in words
    )
    terms = where.place(search_terms(where.arguments[0], words))
    order, limit = ending.split(" LIMIT ")
    page_order = order.replace("created_at", "page.created_at").replace(" id", " page.id")
    following = cursor.more_sql
    return f"""
        WITH near AS MATERIALIZED (
            SELECT created_at, id FROM (
                SELECT * FROM holders WHERE customer_id = $1{following} {order} LIMIT {NEAR_PAGES} * {limit}::bigint
            ) AS next
            WHERE true{where.more_sql}{begun} LIMIT {limit}
        ), found AS MATERIALIZED (
            SELECT created_at, id FROM holders
            WHERE customer_id = $1{following}{where.more_sql} AND (SELECT count(*) FROM near) < {limit}
                AND tenant_words(customer_id, words) @@ {terms}::text::tsquery
            LIMIT {FOUND_MAX + 1}
        ), walked AS (
            SELECT created_at, id FROM holders
            WHERE customer_id = $1{following}{where.more_sql}{begun} AND (SELECT count(*) FROM found) > {FOUND_MAX}
            {order} LIMIT {limit}
        )
        SELECT holder.* FROM (
            SELECT created_at, id FROM near WHERE (SELECT count(*) FROM near) = {limit}
            UNION ALL
            SELECT created_at, id FROM found WHERE (SELECT count(*) FROM found) <= {FOUND_MAX}
            UNION ALL
            SELECT created_at, id FROM walked
        ) AS page
        CROSS JOIN LATERAL (SELECT * FROM holders WHERE customer_id = $1 AND id = page.id LIMIT 1) AS holder
        {page_order} LIMIT {limit}
    """


async def index_holders(actor: Actor) -> None:
    """Make the words of all of the customer's holders that have none. It may be interrupted, and go on later."""
    while await index_some(actor.customer_id) == BATCH_SIZE:
        pass


async def wait_until_indexed(customer_id: UUID) -> None:
    """Make the words that a search of the customer's holders would miss, before the snapshot of this task's answer.

    :raises LimitExceeded: there are too many to be made now; a part of them was.
    """
    await before_snapshot([(INDEX_HOLDERS, customer_id)], partial(_catch_up, customer_id))


async def _catch_up(customer_id: UUID) -> None:
    if not await by_key_pool().fetchval(_LACKS_SQL, customer_id):
        return
    for _ in range(BATCHES_MAX):
        if await index_some(customer_id) < BATCH_SIZE:
            return
    message = "Holders of an earlier version are still being prepared for searches: ask again after the delay."
    raise LimitExceeded(message, retry_after_seconds=RETRY_AFTER_SECONDS)


@whole_use_case
async def index_some(customer_id: UUID) -> int:
    """Make the words of some holders; answers of how many."""
    async with transaction() as tx:
        rows = await tx.fetch(_SOME_SQL, customer_id, BATCH_SIZE)
        made = [search_columns(row["name"], row["email"]) for row in rows]
        await tx.execute(
            """
            UPDATE holders AS h SET words = string_to_array(n.words, ' '), words_of = n.words_of
            FROM unnest($2::uuid[], $3::text[], $4::text[]) AS n (id, words, words_of)
            WHERE h.customer_id = $1 AND h.id = n.id
            """,
            customer_id,
            [row["id"] for row in rows],
            [" ".join(one["words"]) for one in made],
            [one["words_of"] for one in made],
        )
    return len(rows)
