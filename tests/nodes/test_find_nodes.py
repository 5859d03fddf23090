"""Any object by its id, of whatever noun; only this actor's."""

from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import ip_network

import pytest

from app.access.access_token import AccessToken
from app.access.api_key import ApiKey
from app.access.create_access_token import CreateAccessToken, create_access_token
from app.access.open_customer import open_customer
from app.access.operators import operator_actor
from app.db.connection import fetchval
from app.db.identifiers import new_id
from app.events.event import Event
from app.holders.create_holder import CreateHolder, create_holder
from app.holders.models import Holder
from app.holders.party import PersonDetails
from app.journal.amounts import AmountText
from app.journal.place_hold import PlaceHold, place_hold
from app.journal.records import Entry, Hold, Transfer, entry_id
from app.journal.status import EntryDirection
from app.journal.system_accounts import SystemAccount
from app.kernel.errors import Forbidden
from app.ledgers.credit_virtual_ledger import VirtualMovement, credit_virtual_ledger
from app.ledgers.issue_virtual_ledger import IssueVirtualLedger, issue_virtual_ledger
from app.ledgers.models import Ledger
from app.nodes.find_nodes import find_nodes
from app.partners.read_catalog import load_catalog
from app.settings import load_settings
from app.webhooks.egress import EgressRules
from app.webhooks.endpoints.create_webhook_endpoint import CreateWebhookEndpoint, create_webhook_endpoint
from app.webhooks.endpoints.ping_webhook_endpoint import ping_webhook_endpoint
from app.webhooks.records import WebhookDelivery, WebhookEndpoint
from app.webhooks.replays.replay import WebhookReplay
from app.webhooks.replays.replay_webhooks import ReplayWebhooks, replay_webhooks
from app.webhooks.vault import Vault

EGRESS = EgressRules(allows_http=True, allowed_networks=(ip_network("127.0.0.0/8"),), allowed_ports=((80, 80),))
VAULT = Vault("a key of the settings for the tests")


@pytest.fixture
async def actor(database):
    return operator_actor((await open_customer("Example Ltd")).customer_id)


@pytest.fixture
async def objects(actor):
    """The id of one object of each noun, by its class."""
    holder, _ = await create_holder(actor, CreateHolder(PersonDetails("Ada")))
    ledger, _ = await issue_virtual_ledger(actor, IssueVirtualLedger("GOLD"), catalog=load_catalog(load_settings()))
    endpoint, _ = await create_webhook_endpoint(
        actor, CreateWebhookEndpoint("http://127.0.0.1/hooks"), vault=VAULT, egress=EGRESS
    )
    delivery = await ping_webhook_endpoint(actor, str(endpoint.id))
    replay = await replay_webhooks(actor, ReplayWebhooks(str(endpoint.id), since=datetime(2020, 1, 1, tzinfo=UTC)))
    transfer, hold = await move_gold(actor, ledger.id)
    key_id = await fetchval("SELECT id FROM api_keys")
    token, _ = await create_access_token(replace(actor, api_key_id=key_id), CreateAccessToken(str(holder.id), ["*"]))
    return {
        Holder: holder.id,
        Ledger: ledger.id,
        SystemAccount: transfer.debit.account_id,
        Transfer: transfer.id,
        Hold: hold.id,
        Entry: entry_id(transfer.id, EntryDirection.CREDIT),
        WebhookEndpoint: endpoint.id,
        WebhookDelivery: delivery.id,
        WebhookReplay: replay.id,
        ApiKey: key_id,
        AccessToken: token.id,
        Event: await fetchval("SELECT id FROM events WHERE resource_id = $1", holder.id),
    }


async def move_gold(actor, ledger_id):
    """A transfer into a ledger out of nowhere, and a hold of it for another one."""
    gold = AmountText("1.5", "GOLD")
    other, _ = await issue_virtual_ledger(actor, IssueVirtualLedger("GOLD"), catalog=load_catalog(load_settings()))
    transfer, _ = await credit_virtual_ledger(actor, VirtualMovement(str(ledger_id), gold, "key"))
    hold, _ = await place_hold(
        actor, PlaceHold(debit_id=str(ledger_id), credit_id=str(other.id), amount=gold, idempotency_key="key")
    )
    return transfer, hold


async def test_finds_an_object_of_each_noun(actor, objects):
    found = await find_nodes(actor, list(objects.values()))
    assert {type(node): node_id for node_id, node in found.items()} == objects
    assert all(node.id == node_id for node_id, node in found.items())


async def test_finds_one_alone_and_none_that_is_not_there(actor, objects):
    assert set(await find_nodes(actor, [objects[Ledger]])) == {objects[Ledger]}
    assert await find_nodes(actor, [new_id()]) == {}
    assert await find_nodes(actor, []) == {}


async def test_finds_the_customer_s_own_holder_by_the_customer_s_id(actor):
    found = await find_nodes(actor, [actor.customer_id])
    assert found[actor.customer_id].name == "Example Ltd"


async def test_finds_both_entries_of_a_transfer_but_not_a_system_accounts(actor, objects):
    transfer_id = objects[Transfer]
    debit, credit = (entry_id(transfer_id, direction) for direction in EntryDirection)
    found = await find_nodes(actor, [debit, credit, entry_id(new_id(), EntryDirection.CREDIT)])
    assert {node_id: type(node) for node_id, node in found.items()} == {credit: Entry}
    # What merely looks like an entry's id, as half of all identifiers do, is none without a transfer.
    blind = replace(actor, scopes=frozenset({"ledgers:read"}))
    assert await find_nodes(blind, [entry_id(new_id(), EntryDirection.CREDIT)]) == {}


async def test_shows_nothing_of_another_customer(objects):
    other = operator_actor((await open_customer("Other Ltd")).customer_id)
    assert await find_nodes(other, list(objects.values())) == {}


async def test_answers_with_the_scope_that_is_missing(actor, objects):
    blind = replace(actor, scopes=frozenset({"ledgers:read"}))
    found = await find_nodes(blind, list(objects.values()))

    lacking = {kind: found[node_id] for kind, node_id in objects.items() if isinstance(found.get(node_id), Forbidden)}
    assert {kind: refusal.required_scope for kind, refusal in lacking.items()} == {
        Holder: "holders:read",
        WebhookEndpoint: "webhooks:read",
        WebhookDelivery: "webhooks:read",
        WebhookReplay: "webhooks:read",
        SystemAccount: "transfers:read",
        Transfer: "transfers:read",
        Hold: "transfers:read",
        Entry: "transfers:read",
    }
    assert isinstance(found[objects[Ledger]], Ledger)
    assert objects[Event] not in found
    assert objects[AccessToken] not in found
    assert objects[ApiKey] not in found  # Unless it is the one that asks.
    asking = replace(blind, api_key_id=objects[ApiKey])
    assert isinstance((await find_nodes(asking, [objects[ApiKey]]))[objects[ApiKey]], ApiKey)


async def test_shows_one_holder_s_actor_itself_and_what_is_its_own(actor, objects):
    narrowed = replace(actor, holder_id=objects[Holder])
    found = await find_nodes(narrowed, list(objects.values()))
    seen = {kind for kind, node_id in objects.items() if not isinstance(found.get(node_id, Forbidden("")), Forbidden)}
    assert seen == {Holder, Event}

    somebody_else = replace(actor, holder_id=new_id())
    found = await find_nodes(somebody_else, list(objects.values()))
    assert all(isinstance(node, Forbidden) for node in found.values())
