"""How batches were posted, as a metric."""

from collections import Counter

from app.api.operations.posting_counts import posting_counts
from app.journal.coalescer import close_coalescer, coalescer
from app.journal.memory import QUIET_MIN
from tests.bookkeeping import open_account
from tests.journal.orders import post


async def test_counts_how_batches_went(database, make_actor, monkeypatch):
    monkeypatch.setattr("app.api.operations.posting_counts.batches_of_process", counts := Counter())
    monkeypatch.setattr("app.journal.coalescer.batches_of_process", counts)
    await close_coalescer()
    actor = await make_actor()
    payer, payee = await open_account(actor.customer_id, balance=100), await open_account(actor.customer_id)
    for number in range(1 + QUIET_MIN + 2):
        await coalescer().submit(actor.customer_id, [post(actor, payer, payee, 1, f"key-{number}")])
    await coalescer().submit(actor.customer_id, [post(actor, payer, payee, 1, "key-2")])
    await coalescer().submit(actor.customer_id, [post(actor, payer, payee, 1_000, "key-3")])

    [family] = posting_counts()
    told = {sample.labels["went"]: sample.value for sample in family.samples if sample.name.endswith("_total")}
    assert told == {"remembered": 2, "read": 1 + QUIET_MIN, "changed": 1, "locked": 1}
    await close_coalescer()
