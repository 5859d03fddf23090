"""Which verb each kind of promised work calls. Only this file knows."""

from collections.abc import Mapping

from app.holders.screen_holder import screen_holder
from app.holders.screening import BuiltInScreening
from app.holders.search import INDEX_HOLDERS, index_holders
from app.journal.expire_hold import expire_hold
from app.kernel.actor import Actor
from app.ledgers.obtain_iban import obtain_iban
from app.ledgers.provision_ledger import provision_ledger
from app.ledgers.resubmit_ledgers import resubmit_ledgers
from app.outbox.claim import Message
from app.outbox.drain import Handler
from app.partners.directory import PartnerDirectory
from app.partners.read_catalog import load_catalog
from app.payments.carry_out_payment import carry_out_payment
from app.payments.receive_payment import receive_payment, return_payment
from app.settings import Settings
from app.webhooks.deliveries.settle_deliveries import settle_deliveries
from app.webhooks.replays.carry_out_replay import carry_out_replay


def make_handlers(settings: Settings) -> Mapping[str, Handler]:
    """The verb for each kind of work, with the adapters that the settings name."""
    catalog = load_catalog(settings)
    directory = PartnerDirectory(catalog, settings)
    screening = BuiltInScreening(settings)

    async def screen(actor: Actor, message: Message) -> None:
        await screen_holder(actor, message.resource_id, screening=screening)

    async def provision(actor: Actor, message: Message) -> None:
        await provision_ledger(actor, message.resource_id, catalog=catalog, partner_for=directory.partner_for)

    async def obtain(actor: Actor, message: Message) -> None:
        await obtain_iban(actor, message.resource_id, partner_for=directory.partner_for)

    async def resubmit(actor: Actor, message: Message) -> None:
        await resubmit_ledgers(actor, message.resource_id)

    async def send(actor: Actor, message: Message) -> None:
        await carry_out_payment(actor, message.resource_id, partner_for=directory.partner_for)

    async def expire(actor: Actor, message: Message) -> None:
        await expire_hold(actor, message.resource_id)

    async def settle(actor: Actor, message: Message) -> None:
        await settle_deliveries(actor, message.resource_id)

    async def send_again(actor: Actor, message: Message) -> None:
        await carry_out_replay(actor, message.resource_id)

    async def index(actor: Actor, _: Message) -> None:
        await index_holders(actor)

    return {
        INDEX_HOLDERS: index,
        "screen_holder": screen,
        "provision_ledger": provision,
        "obtain_iban": obtain,
        "resubmit_ledgers": resubmit,
        "send_payment": send,
        **_arrivals(directory),
        "expire_hold": expire,
        "settle_deliveries": settle,
        "replay_webhooks": send_again,
    }


def _arrivals(directory: PartnerDirectory) -> Mapping[str, Handler]:
    """The work that a bank promises when money has arrived."""

    async def receive(actor: Actor, message: Message) -> None:
        arrival = await directory.find_arrival(message.resource_id)
        assert arrival is not None, "a bank tells of what it knows"
        await receive_payment(actor, arrival)

    async def give_back(actor: Actor, message: Message) -> None:
        await return_payment(actor, message.resource_id, partner_for=directory.partner_for)

    return {"receive_payment": receive, "return_payment": give_back}
