"""The plans that PostgreSQL makes of our statements, as tests read them."""

import re

from app.db.transaction import transaction


def nodes_of(plan):
    """All nodes of a plan in JSON."""
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes_of(inner)


async def planned_by_key(sql, form="TEXT"):
    """The plan that a connection keeps of a statement which is planned by key, as EXPLAIN tells it in this form."""
    numbers = {int(number) for number in re.findall(r"\$(\d+)", sql)}
    async with transaction(by_key=True) as tx:
        await tx.execute(f"PREPARE planned AS {sql}")
        rows = await tx.fetch(f"EXPLAIN (FORMAT {form}) EXECUTE planned({', '.join('NULL' for _ in numbers)})")
        await tx.execute("DEALLOCATE planned")
    return "\n".join(row[0] for row in rows)
