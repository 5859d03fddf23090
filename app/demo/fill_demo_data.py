"""Fill a customer with demo data: some of everything, to explore in GraphiQL."""

from app.demo.data import HOLDERS, LEDGERS, THE_CUSTOMER, DemoHolder, DemoLedger, demo_key
from app.holders.create_holder import CreateHolder, create_holder
from app.kernel.actor import Actor
from app.ledgers.assign_iban import AssignIban, assign_iban
from app.ledgers.issue_ledger import IssueLedger, issue_ledger
from app.ledgers.issue_virtual_ledger import IssueVirtualLedger, issue_virtual_ledger
from app.ledgers.models import Ledger
from app.partners.catalog import Catalog
from app.settings import Environment


async def fill_demo_data(actor: Actor, *, catalog: Catalog) -> None:
    """Make the demo data's holders and ledgers through the verbs. Called again, it changes nothing.

    A worker does screening and banks in the background, as always. Ledgers that this environment's catalog does not
    offer are left out.

    :raises AssertionError: this is LIVE, which gets no demo data.
    """
    issued = await demo_ledgers(actor, catalog=catalog)
    for ledger in LEDGERS:
        if ledger.asks_for_iban and ledger.ref in issued:
            await assign_iban(actor, AssignIban(str(issued[ledger.ref].id), demo_key(ledger.ref)))


async def demo_ledgers(actor: Actor, *, catalog: Catalog) -> dict[str, Ledger]:
    """The demo ledgers by ref. They and their holders are made if they do not exist yet."""
    assert catalog.environment is not Environment.LIVE, "LIVE gets no demo data"
    holder_ids: dict[str | None, str | None] = {None: None, THE_CUSTOMER: str(actor.customer_id)}
    for holder in HOLDERS:
        holder_ids[holder.ref] = await _create(actor, holder)
    issued = {ledger.ref: await _issue(actor, ledger, holder_ids[ledger.holder], catalog) for ledger in LEDGERS}
    return {ref: ledger for ref, ledger in issued.items() if ledger is not None}


async def _create(actor: Actor, holder: DemoHolder) -> str:
    command = CreateHolder(holder.party, holder.email, holder.address, holder.metadata, demo_key(holder.ref))
    created, _ = await create_holder(actor, command, given_id=holder.given_id)
    return str(created.id)


async def _issue(actor: Actor, ledger: DemoLedger, holder_id: str | None, catalog: Catalog) -> Ledger | None:
    key = demo_key(ledger.ref)
    if catalog.virtual_asset(ledger.asset) is not None:
        virtual = IssueVirtualLedger(
            asset=ledger.asset, holder_id=holder_id, type=ledger.type, metadata=ledger.metadata, idempotency_key=key
        )
        return (await issue_virtual_ledger(actor, virtual, catalog=catalog))[0]
    product = next((product for product in catalog.offered_products() if product.asset == ledger.asset), None)
    if product is None:
        return None
    command = IssueLedger(
        partner_product=product.name,
        asset=product.asset,
        primary_uses=ledger.uses,
        assets_owned_by=ledger.owner,
        jurisdiction=ledger.jurisdiction,
        holder_id=holder_id,
        type=ledger.type,
        metadata=ledger.metadata,
        idempotency_key=key,
    )
    return (await issue_ledger(actor, command, catalog=catalog, given_id=ledger.given_id))[0]
