"""The steps that triggers are made of: mutations of the API, each about objects of its own."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any
from uuid import uuid4

from app.api_client import ApiClient
from app.kernel.errors import NotReachable, Refused

PATIENCE_SECONDS = 60.0
LOOK_EVERY_SECONDS = 0.1
WAIT_MS = 50_000
MADE_BY = {"made_by": "quaestor trigger"}
COUNTRY = "GB"
NEVER_SENT_TO = "https://1.1.1.1/quaestor-trigger"
"""A public address, so that every server takes it. The endpoints made with it ask for nothing that happens, are
deleted at once, and nothing is sent to them."""
NOTHING_THAT_HAPPENS = ["webhook_delivery.exhausted"]
A_POUND = {"value": "1.00", "asset": "GBP"}


class Steps:
    """One run, with one client: what is made in it has names and keys of its own."""

    def __init__(self, client: ApiClient) -> None:
        self.client = client
        self.run_id = uuid4().hex
        self._keys = 0

    @property
    def key(self) -> str:
        """A new idempotency key."""
        self._keys += 1
        return f"trigger-{self.run_id}-{self._keys}"

    async def done(self, mutation: str, noun: str, **given: Any) -> str:
        """The id of what a mutation made or changed, such as a `ledger`. It gets an idempotency key of its own."""
        success = f"{noun.capitalize()}Success {{ {noun} {{ id }} }}"
        answer = await self.client.do(mutation, success, idempotencyKey=self.key, **given)
        return str(answer[noun]["id"])

    async def holder(self, *, simulate: str | None = None, birth: str | None = "1987-04-01") -> str:
        """A new holder's id. Without a date of birth it is MISSING_DATA."""
        person = {"name": "Ada Byron", **({} if birth is None else {"dateOfBirth": birth})}
        return await self.done(
            "createHolder",
            "holder",
            party={"person": person},
            address={"country": COUNTRY},
            metadata=_metadata(simulate),
        )

    async def settled_holder(self, status: str = "OK", **wanted: Any) -> str:
        """A new holder with this status."""
        holder_id = await self.holder(**wanted)
        await self.until(status, lambda: self._field("holder", holder_id, "status"))
        return holder_id

    async def ledger(
        self,
        *,
        holder_id: str | None = None,
        asset: str = "GBP",
        simulate: str | None = None,
        jurisdiction: str = COUNTRY,
    ) -> str:
        """A new ledger's id."""
        return await self.done(
            "issueLedger",
            "ledger",
            partnerProduct=await self._product(asset),
            asset=asset,
            primaryUses=["PAYMENTS"],
            assetsOwnedBy="OTHER",
            jurisdiction=jurisdiction,
            holderId=holder_id,
            metadata=_metadata(simulate),
        )

    async def settled_ledger(self, status: str = "OK", **wanted: Any) -> str:
        """A new ledger with this status, of nobody unless a holder is given."""
        ledger_id = await self.ledger(**wanted)
        document = "query ($id: ID!, $ms: Int!) { ledger(by: {id: $id}, wait: true, timeoutMs: $ms) { status } }"
        found = (await self.client.ask(document, id=ledger_id, ms=WAIT_MS))["ledger"]["status"]
        if found != status:
            raise Refused(f"A ledger was to be {status}, and is {found}: is the worker running?")
        return ledger_id

    async def funded_ledger(self) -> str:
        """A new ledger that holds a hundred pounds."""
        ledger_id = await self.settled_ledger()
        await self.payment_in(ledger_id)
        return ledger_id

    async def payment_in(self, ledger_id: str) -> str:
        """The id of a payment of a hundred pounds that arrives."""
        return await self.done(
            "simulateIncomingPayment",
            "payment",
            type_name="SimulatePaymentInput",
            ledgerId=ledger_id,
            amount={"value": "100.00", "asset": "GBP"},
        )

    async def account(self, *, wallets: int = 0, allow_negative: bool = False) -> tuple[str, list[str]]:
        """The ids of a new account and its wallets."""
        made = await self.client.do(
            "createAccount",
            "AccountSuccess { account { id wallets { nodes { id } } } }",
            type="GROUP",
            reference=f"trigger-{self.run_id}",
            metadata=MADE_BY,
            wallets=[
                {
                    "name": f"wallet {number}",
                    "currency": "GBP",
                    "accountingType": "LIABILITY",
                    "decimalPlaces": 2,
                    "allowNegative": allow_negative,
                }
                for number in range(wallets)
            ],
        )
        account = made["account"]
        return str(account["id"]), [str(wallet["id"]) for wallet in account["wallets"]["nodes"]]

    async def wallet(self) -> str:
        """A new wallet's id."""
        _, [wallet_id] = await self.account(wallets=1)
        return wallet_id

    async def post(self, debit_id: str, credit_id: str) -> str:
        """The id of a transfer of a pound."""
        return await self.done("postTransfer", "transfer", debitId=debit_id, creditId=credit_id, amount=A_POUND)

    async def endpoint(self, url: str = NEVER_SENT_TO) -> str:
        """The id of a new endpoint, which nothing is sent to but pings."""
        made = await self.client.do(
            "createWebhookEndpoint",
            "WebhookSecretSuccess { endpoint { id } }",
            url=url,
            description="quaestor trigger",
            eventTypes=NOTHING_THAT_HAPPENS,
        )
        return str(made["endpoint"]["id"])

    async def endpoint_status(self, endpoint_id: str) -> str:
        """Its status."""
        found = await self.client.ask("query ($id: ID!) { webhookEndpoint(id: $id) { status } }", id=endpoint_id)
        return str(found["webhookEndpoint"]["status"])

    async def delete_endpoint(self, endpoint_id: str) -> None:
        """Delete it."""
        await self.client.do_to(endpoint_id, "deleteWebhookEndpoint", "endpointId", "DeletedSuccess { deletedId }")

    async def _product(self, asset: str) -> str:
        """A partner product that this server offers for this asset."""
        products = (await self.client.ask("{ partnerProducts { name asset } }"))["partnerProducts"]
        offered = [product["name"] for product in products if product["asset"] == asset]
        if not offered:
            raise Refused(f"This server offers no ledgers in {asset}: its catalog has no such product here.")
        return str(offered[0])

    async def _field(self, noun: str, node_id: str, field: str) -> Any:
        assert re.fullmatch("[a-zA-Z]+", f"{noun}{field}")
        found = await self.client.ask(f"query ($id: ID!) {{ {noun}(id: $id) {{ {field} }} }}", id=node_id)
        return found[noun][field]

    async def until(
        self, wanted: object, look: Callable[[], Awaitable[Any]], *, within_seconds: float = PATIENCE_SECONDS
    ) -> None:
        """Look until it is so.

        :raises NotReachable: it is not so in time: no worker is running.
        """
        until = monotonic() + within_seconds
        while (found := await look()) != wanted:
            if monotonic() >= until:
                raise NotReachable(f"Nothing became {wanted}, it is still {found}: is the worker running?")
            await asyncio.sleep(LOOK_EVERY_SECONDS)


def _metadata(simulate: str | None) -> dict[str, str]:
    return MADE_BY if simulate is None else {**MADE_BY, "simulate": simulate}
