import asyncio
from dataclasses import replace

import pytest

from app.db.connection import fetch, fetchrow, fetchval
from app.kernel.errors import Forbidden, IdempotencyMismatch, Invalid, NotFound
from app.ledgers.issue_ledger import IssueLedger, issue_ledger
from app.ledgers.status import AssetOwner, LedgerUse
from app.partners.read_catalog import load_catalog
from app.settings import load_settings
from tests.bookkeeping import nothing_changes
from tests.ledgers.conftest import posting_account, some_id, stored_ledger

COMMAND = IssueLedger(
    partner_product="PayrNet-GBP-1",
    asset="gbp",
    primary_uses=(LedgerUse.PAYMENTS, LedgerUse.FEES, LedgerUse.PAYMENTS),
    assets_owned_by=AssetOwner.ME,
    jurisdiction="GB",
)


async def test_answers_pending_at_once(actor, catalog, make_holder):
    holder_id = await make_holder()
    ledger, replayed = await issue_ledger(actor, replace(COMMAND, holder_id=str(holder_id)), catalog=catalog)
    assert not replayed
    assert (ledger.status, ledger.iban_status, ledger.version) == ("PENDING", "NOT_REQUESTED", 1)
    assert (ledger.asset, ledger.scale, ledger.asset_class, ledger.is_virtual) == ("GBP", 2, "CURRENCY", False)
    assert (ledger.primary_uses, ledger.assets_owned_by, ledger.jurisdiction) == (["PAYMENTS", "FEES"], "ME", "GB")
    assert (ledger.type, ledger.partner_product, ledger.metadata) == ("SINGLE_USER", "PayrNet-GBP-1", {})
    assert (ledger.holder_id, ledger.holder.id, ledger.holder.status) == (holder_id, holder_id, "OK")
    assert (ledger.iban, ledger.bic, ledger.sort_code, ledger.account_number) == (None, None, None, None)
    assert (ledger.posted_minor_units, ledger.held_minor_units, ledger.sequence) == (0, 0, 0)
    assert ledger.created_at == ledger.updated_at


async def test_promises_its_provision_and_tells_of_its_creation(actor, catalog, told):
    ledger, _ = await issue_ledger(actor, COMMAND, catalog=catalog)
    promised = await fetch("SELECT kind, resource_id, customer_id FROM outbox_messages")
    assert [tuple(row) for row in promised] == [("provision_ledger", ledger.id, actor.customer_id)]
    assert await told(ledger.id) == [("ledger.created", 1, None)]


async def test_opens_its_posting_account_that_cannot_be_posted_to_yet(actor, catalog, make_holder):
    holder_id = await make_holder()
    ledger, _ = await issue_ledger(actor, replace(COMMAND, holder_id=str(holder_id)), catalog=catalog)
    account = await posting_account(ledger.id)
    assert (account["book"], account["asset"], account["scale"], account["normal_side"]) == ("BANK", "GBP", 2, "CREDIT")
    assert (account["is_open"], account["allow_negative"], account["holder_id"]) == (False, False, holder_id)
    assert (account["debits"], account["credits"], account["held"], account["sequence"]) == (0, 0, 0, 0)


async def test_counts_as_a_change(actor, catalog):
    ledger, _ = await issue_ledger(actor, COMMAND, catalog=catalog)
    changed = await fetchrow("SELECT * FROM ledger_changes")
    assert (changed["ledger_id"], changed["changed_at"]) == (ledger.id, ledger.created_at)


async def test_replays_the_same_key_with_the_same_content(actor, catalog):
    keyed = replace(COMMAND, idempotency_key="order-117", metadata={"a": 1})
    first, _ = await issue_ledger(actor, keyed, catalog=catalog)
    again, replayed = await issue_ledger(actor, keyed, catalog=catalog)
    assert (again.id, replayed) == (first.id, True)
    assert await fetchval("SELECT count(*) FROM ledgers") == 1
    assert await fetchval("SELECT count(*) FROM outbox_messages") == 1


async def test_replays_the_ledger_as_it_now_is(actor, catalog, work):
    keyed = replace(COMMAND, idempotency_key="order-117")
    await issue_ledger(actor, keyed, catalog=catalog)
    await work.all()
    again, replayed = await issue_ledger(actor, keyed, catalog=catalog)
    assert (again.status, replayed) == ("OK", True)


async def test_refuses_the_same_key_with_other_content(actor, catalog):
    await issue_ledger(actor, replace(COMMAND, idempotency_key="order-117"), catalog=catalog)
    with pytest.raises(IdempotencyMismatch) as refusal:
        await issue_ledger(actor, replace(COMMAND, idempotency_key="order-117", jurisdiction="FR"), catalog=catalog)
    assert refusal.value.path == ("idempotency_key",)
    assert await fetchval("SELECT count(*) FROM ledgers") == 1


async def test_takes_what_is_left_out_for_its_default_when_it_compares_content(actor, catalog):
    await issue_ledger(actor, replace(COMMAND, idempotency_key="order-117"), catalog=catalog)
    same = replace(COMMAND, idempotency_key="order-117", asset_class="CURRENCY", metadata=None)
    _, replayed = await issue_ledger(actor, same, catalog=catalog)
    assert replayed


async def test_takes_another_way_of_writing_for_the_same_content(actor, catalog, make_holder):
    holder_id = str(await make_holder())
    keyed = replace(COMMAND, idempotency_key="order-117", holder_id=holder_id)
    first, _ = await issue_ledger(actor, keyed, catalog=catalog)
    same = replace(
        keyed,
        holder_id=holder_id.upper(),
        asset=COMMAND.asset.lower(),
        primary_uses=COMMAND.primary_uses * 2,
        metadata={},
    )
    again, replayed = await issue_ledger(actor, same, catalog=catalog)
    assert (again.id, replayed) == (first.id, True)
    assert await fetchval("SELECT count(*) FROM ledgers") == 1


async def test_burns_no_key_with_a_refusal(actor, catalog, make_holder):
    keyed = replace(COMMAND, idempotency_key="order-117", holder_id="0197c1f0-7a5b-7c3e-9d42-3f1f5f6b7a84")
    with pytest.raises(NotFound):
        await issue_ledger(actor, keyed, catalog=catalog)
    assert await fetchval("SELECT count(*) FROM idempotency_keys") == 0
    _, replayed = await issue_ledger(actor, replace(keyed, holder_id=str(await make_holder())), catalog=catalog)
    assert not replayed


async def test_lets_two_customers_use_one_key(actor, other_actor, catalog):
    keyed = replace(COMMAND, idempotency_key="order-117")
    first, _ = await issue_ledger(actor, keyed, catalog=catalog)
    second, replayed = await issue_ledger(other_actor, replace(keyed, jurisdiction="FR"), catalog=catalog)
    assert not replayed
    assert first.id != second.id


async def test_issues_one_ledger_when_the_same_key_comes_twenty_times_at_once(actor, catalog):
    keyed = replace(COMMAND, idempotency_key="order-117")
    answers = await asyncio.gather(*(issue_ledger(actor, keyed, catalog=catalog) for _ in range(20)))
    assert len({ledger.id for ledger, _ in answers}) == 1
    assert sorted(replayed for _, replayed in answers) == [False] + [True] * 19
    assert await fetchval("SELECT count(*) FROM ledgers") == 1
    assert await fetchval("SELECT count(*) FROM events WHERE type = 'ledger.created'") == 1


async def test_needs_the_scope(actor, catalog):
    with pytest.raises(Forbidden) as refusal:
        await issue_ledger(replace(actor, scopes=frozenset({"ledgers:read"})), COMMAND, catalog=catalog)
    assert refusal.value.required_scope == "ledgers:write"
    assert await fetchval("SELECT count(*) FROM ledgers") == 0


async def test_lets_one_holders_actor_issue_for_that_holder_only(actor, catalog, make_holder):
    mine, another = await make_holder(), await make_holder()
    narrowed = replace(actor, holder_id=mine)
    ledger, _ = await issue_ledger(narrowed, replace(COMMAND, holder_id=str(mine)), catalog=catalog)
    assert (await stored_ledger(ledger.id))["holder_id"] == mine
    with pytest.raises(NotFound):
        await issue_ledger(narrowed, replace(COMMAND, holder_id=str(another)), catalog=catalog)
    with pytest.raises(Forbidden):
        await issue_ledger(narrowed, COMMAND, catalog=catalog)
    assert await fetchval("SELECT count(*) FROM ledgers") == 1


@pytest.mark.parametrize(
    ("environment", "offered"),
    [
        ("PLAY", "Offered are: ExampleBank-EUR-1, ExampleBank-GBP-1."),
        ("PLAYLIVE", "Offered are: PayrNet-EUR-1, PayrNet-GBP-1."),
        ("LIVE", "Offered are: none."),  # Every bank of the shipped catalog is a simulator.
    ],
)
async def test_lists_the_products_of_its_environment_to_who_asked_for_another(actor, environment, offered):
    catalog = load_catalog(load_settings(environment=environment))
    with pytest.raises(Invalid) as refusal:
        await issue_ledger(actor, replace(COMMAND, partner_product="PayrNet-GBP-2"), catalog=catalog)
    assert (refusal.value.path, offered in refusal.value.message) == (("partner_product",), True)
    assert await fetchval("SELECT count(*) FROM ledgers") == 0


async def test_opens_the_settlement_account_of_its_product_with_the_first(actor, other_actor, issue):
    await issue()
    await issue()
    await issue(by=other_actor)
    await issue(partner_product="PayrNet-EUR-1", asset="EUR")
    found = await fetch(
        """
        SELECT s.customer_id, s.system_key, s.name, p.book, p.asset, p.scale, p.normal_side, p.holder_id, p.is_open,
               p.allow_negative, p.is_system
        FROM system_accounts AS s JOIN posting_accounts AS p ON p.customer_id = s.customer_id AND p.id = s.id
        ORDER BY s.system_key DESC, s.customer_id
        """
    )

    def settlement(one, product, asset):
        name, key = f"Settlement with {product}", f"settlement:{product}"
        return (one.customer_id, key, name, "BANK", asset, 2, "DEBIT", None, True, True, True)

    assert [tuple(row) for row in found] == [
        *(settlement(one, "PayrNet-GBP-1", "GBP") for one in (actor, other_actor)),
        settlement(actor, "PayrNet-EUR-1", "EUR"),
    ]


async def test_opens_one_settlement_account_when_asked_at_once(actor, issue, make_holder):
    holder_id = await make_holder()
    await asyncio.gather(*(issue(holder_id) for _ in range(20)))
    assert await fetchval("SELECT count(*) FROM system_accounts") == 1
    assert await fetchval("SELECT count(*) FROM posting_accounts WHERE is_system") == 1
    assert await fetchval("SELECT count(*) FROM posting_accounts WHERE NOT is_system") == 20


async def test_opens_nothing_when_it_is_refused(actor, catalog):
    async with nothing_changes():
        with pytest.raises(NotFound):
            await issue_ledger(actor, replace(COMMAND, holder_id=some_id()), catalog=catalog)
