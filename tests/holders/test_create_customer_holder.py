from app.access.operators import operator_actor
from app.db.connection import fetchval
from app.db.transaction import transaction
from app.holders.create_customer_holder import create_customer_holder
from app.holders.queries import find_holder
from app.holders.status import HolderKind, HolderStatus, Party


async def test_makes_the_customer_a_holder_that_is_ok_and_never_screened(actor, told):
    operator = operator_actor(actor.customer_id)
    async with transaction() as tx:
        await create_customer_holder(tx, operator, "Example Ltd")
    holder = await find_holder(actor, actor.customer_id)

    assert (holder.kind, holder.party, holder.status) == (HolderKind.CUSTOMER, Party.COMPANY, HolderStatus.OK)
    assert (holder.name, holder.missing_data, holder.version) == ("Example Ltd", [], 1)
    assert await told(actor.customer_id) == [("holder.created", 1, None), ("holder.status.ok", 1, None)]
    assert await fetchval("SELECT count(*) FROM outbox_messages") == 0
    assert "Example" not in await fetchval("SELECT string_agg(body, '') FROM events")
