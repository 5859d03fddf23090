"""What objects of all nouns are called in a list that has them side by side: their type and a title."""

from app.access.access_token import AccessToken
from app.access.api_key import ApiKey
from app.accounts.models import Account, Wallet
from app.events.event import Event
from app.holders.models import Holder
from app.journal.records import Entry, Hold, Transfer
from app.journal.system_accounts import SystemAccount
from app.kernel.money import decimal_text
from app.ledgers.models import Ledger
from app.nodes.find_nodes import NodeObject
from app.payments.records import Payment
from app.payments.status import PaymentDirection
from app.webhooks.records import WebhookDelivery, WebhookEndpoint
from app.webhooks.replays.replay import WebhookReplay

RESOURCE_TYPES: dict[type[NodeObject], str] = {
    Holder: "holder",
    Ledger: "ledger",
    Account: "account",
    Wallet: "wallet",
    SystemAccount: "system_account",
    Transfer: "transfer",
    Hold: "hold",
    Entry: "entry",
    Payment: "payment",
    Event: "event",
    ApiKey: "api_key",
    AccessToken: "access_token",
    WebhookEndpoint: "webhook_endpoint",
    WebhookDelivery: "webhook_delivery",
    WebhookReplay: "webhook_replay",
}
"""Named as in events."""


def resource_type_of(node: NodeObject) -> str:
    """What it is: `ledger`."""
    return RESOURCE_TYPES[type(node)]


def title_of(node: NodeObject) -> str:
    """What it is called, in a few words: `10.00 GBP, Invoice 2026-117`."""
    match node:
        case Holder() | SystemAccount() | ApiKey():
            return node.name
        case Ledger():
            return f"{node.asset} ledger{_after(node.iban or _uk_account(node))}"
        case Account():
            return node.reference
        case Wallet():
            return f"{node.account_reference}, {node.name} {node.currency}"
        case Event():
            return node.type
        case AccessToken():
            return node.prefix
        case WebhookEndpoint():
            return node.url
        case WebhookDelivery():
            return f"{node.event_type}, {node.status}"
        case WebhookReplay():
            return f"{node.scheduled} of {node.matched} messages"
        case _:
            return _title_of_money(node)


def _title_of_money(node: Transfer | Hold | Entry | Payment) -> str:
    match node:
        case Payment():
            way = "to" if node.direction is PaymentDirection.OUT else "from"
            return f"{node.amount.value} {node.amount.unit.asset} {way} {node.counterparty.name}"
        case Entry():
            return f"{node.direction} {_amount(node.transfer)}{_after(node.transfer.reference)}"
        case _:
            return f"{_amount(node)}{_after(node.reference)}"


def _amount(moved: Transfer | Hold) -> str:
    return f"{decimal_text(moved.amount, moved.unit.scale)} {moved.unit.asset}"


def _uk_account(ledger: Ledger) -> str | None:
    return None if ledger.sort_code is None else f"{ledger.sort_code} {ledger.account_number}"


def _after(text: str | None) -> str:
    return "" if text is None else f", {text}"
