"""The money in `quaestor demo`: it arrives, is transferred, held, captured, reversed and sent out."""

from dataclasses import dataclass
from typing import Any

from app.api_client import ApiClient
from app.demo.progress import Progress
from app.demo.receiver import DemoReceiver
from app.kernel.errors import Refused

PATIENCE_SECONDS = 30.0

TRANSFER = "TransferSuccess { transfer { id } }"
SENT = "query ($id: ID!) { payment(id: $id) { status transfer { id } } }"
TRIAL_BALANCE = "{ trialBalance { balanced } }"


@dataclass(slots=True)
class Money:
    """Runs this part of the demo with one client, and notes in `progress` which webhooks should come."""

    client: ApiClient
    receiver: DemoReceiver
    progress: Progress
    ledger_ids: dict[tuple[str, str], str]
    """By holder's name and asset. Ledgers that the server's catalog does not offer are missing."""
    story_id: str
    """Part of every idempotency key, so that a second run is not a replay of the first."""

    async def tell(self) -> None:
        """Move money through all ledgers, and ask whether the books balance.

        :raises Refused: a step was refused.
        """
        self.progress.step = "moving money"
        pounds = self._pair("GBP", "Pennine Ltd", "Amara Whitfield")
        euros = self._pair("EUR", "Jonas Keller", "Verre SARL")
        if euros:
            await self._receive(euros[0], "900.00", "EUR", "Rhein Handel GmbH")
            await self._pay(*euros, "125.50", "EUR", "Wine")
        for name, asset, value in (("Pennine Ltd", "GOLD", "12.5"), ("Amara Whitfield", "WHISKY", "63.40")):
            if (name, asset) in self.ledger_ids:
                await self._credit(self.ledger_ids[name, asset], value, asset)
        if pounds:
            await self._move_pounds(*pounds)
        self.progress.balanced = (await self.client.ask(TRIAL_BALANCE))["trialBalance"]["balanced"]

    async def _move_pounds(self, company: str, person: str) -> None:
        await self._receive(company, "2500.00", "GBP", "Calder Mills Ltd")
        await self._pay(company, person, "320.00", "GBP", "Salary")
        held = await self._do(
            "placeHold",
            "HoldSuccess { hold { id } }",
            "room",
            debitId=person,
            creditId=company,
            amount=amount_of("45.00", "GBP"),
        )
        hold_id = held["hold"]["id"]
        self.progress.resource_ids.add(hold_id)
        captured = await self._do(
            "captureHold",
            "HoldSuccess { hold { transfer { id } } }",
            "checkout",
            holdId=hold_id,
            amount=amount_of("30.00", "GBP"),
        )
        self.progress.transfer_ids.add(captured["hold"]["transfer"]["id"])
        mistake = await self._pay(person, company, "12.00", "GBP", "Paid twice")
        await self._transfer("reverseTransfer", "undo", transferId=mistake, reason="Paid twice")
        await self._send(company, "200.00", "GBP")

    def _pair(self, asset: str, *names: str) -> tuple[str, str] | None:
        first, second = (self.ledger_ids.get((name, asset)) for name in names)
        return (first, second) if first and second else None

    async def _receive(self, ledger_id: str, value: str, asset: str, payer: str) -> None:
        answer = await self._do(
            "simulateIncomingPayment",
            "PaymentSuccess { payment { id transfer { id } } }",
            f"in-{ledger_id}",
            type_name="SimulatePaymentInput",
            ledgerId=ledger_id,
            amount=amount_of(value, asset),
            counterparty={"name": payer},
        )
        self.progress.resource_ids.add(answer["payment"]["id"])
        self.progress.transfer_ids.add(answer["payment"]["transfer"]["id"])

    async def _credit(self, ledger_id: str, value: str, asset: str) -> None:
        await self._transfer(
            "creditVirtualLedger",
            f"credit-{ledger_id}",
            type_name="VirtualMovementInput",
            ledgerId=ledger_id,
            amount=amount_of(value, asset),
        )

    async def _pay(self, payer: str, payee: str, value: str, asset: str, reference: str) -> str:
        return await self._transfer(
            "postTransfer",
            f"{reference}-{payer}",
            debitId=payer,
            creditId=payee,
            amount=amount_of(value, asset),
            reference=reference,
        )

    async def _send(self, ledger_id: str, value: str, asset: str) -> None:
        """Send a payment, and wait for the webhook with the bank's answer."""
        counterparty = {
            "name": "Harbour Lettings",
            "ukBankAccount": {"sortCode": "200353", "accountNumber": "73061842"},
        }
        answer = await self._do(
            "sendPayment",
            "PaymentSuccess { payment { id hold { id } } }",
            "rent",
            ledgerId=ledger_id,
            amount=amount_of(value, asset),
            counterparty=counterparty,
        )
        payment_id: str = answer["payment"]["id"]
        self.progress.resource_ids |= {payment_id, answer["payment"]["hold"]["id"]}
        self.progress.step = "waiting for the bank"
        await self.receiver.until(
            lambda: self.progress.payment_statuses.get(payment_id, "PENDING") != "PENDING",
            timeout_seconds=PATIENCE_SECONDS,
        )
        sent = (await self.client.ask(SENT, id=payment_id))["payment"]
        if sent["transfer"] is None:
            raise Refused(f"The payment is {sent['status']}: is a worker running?")
        self.progress.transfer_ids.add(sent["transfer"]["id"])

    async def _transfer(self, mutation: str, step: str, **values: Any) -> str:
        """The id of the transfer that a mutation makes."""
        transfer_id: str = (await self._do(mutation, TRANSFER, step, **values))["transfer"]["id"]
        self.progress.transfer_ids.add(transfer_id)
        return transfer_id

    async def _do(self, mutation: str, success: str, step: str, **values: Any) -> dict[str, Any]:
        return await self.client.do(mutation, success, idempotencyKey=f"{self.story_id}-{step}", **values)


def amount_of(value: str, asset: str) -> dict[str, str]:
    """An amount as the API takes it: a plain decimal, and its asset."""
    return {"value": value, "asset": asset}
