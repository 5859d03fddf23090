"""Events of transfers, holds, payments and books."""

from datetime import UTC, datetime, timedelta
from typing import Any

from app.demo.triggers.steps import A_POUND, Steps
from app.kernel.clock import rfc3339

HALF = {"value": "0.50", "asset": "GBP"}
EXPIRES_AFTER = timedelta(seconds=3)
THE_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
GRACE = {"name": "Grace Hopper", "iban": "GB33BUKB20201555555555"}


async def transfer_posted(steps: Steps) -> str:
    """A pound goes from one ledger to another."""
    payer, payee = await steps.funded_ledger(), await steps.settled_ledger()
    return await steps.post(payer, payee)


async def wallet_transfer_posted(steps: Steps) -> str:
    """A pound goes from one wallet to another."""
    _, [payer, payee] = await steps.account(wallets=2, allow_negative=True)
    return await steps.post(payer, payee)


async def hold_placed(steps: Steps) -> str:
    """A pound is held."""
    return await _placed(steps)


async def hold_captured(steps: Steps) -> str:
    """A hold is captured as a whole."""
    return await _changed(steps, "captureHold")


async def hold_captured_in_part(steps: Steps) -> str:
    """Half of a hold is captured; the rest stays held."""
    return await _changed(steps, "captureHold", amount=HALF, final=False)


async def hold_released(steps: Steps) -> str:
    """A hold is released as a whole."""
    return await _changed(steps, "releaseHold")


async def hold_released_in_part(steps: Steps) -> str:
    """Half of a hold is released."""
    return await _changed(steps, "releaseHold", amount=HALF)


async def hold_adjusted(steps: Steps) -> str:
    """A hold is made larger."""
    return await _changed(steps, "adjustHold", amount={"value": "2.00", "asset": "GBP"})


async def hold_expired(steps: Steps) -> str:
    """A hold expires after three seconds."""
    return await _placed(steps, expires_after=EXPIRES_AFTER)


async def payment_sent(steps: Steps) -> str:
    """A payment is sent out, and the bank accepts it."""
    return await _sent(steps)


async def payment_declined(steps: Steps) -> str:
    """The bank declines a payment."""
    return await _sent(steps, metadata={"simulate": "decline"})


async def books_closed(steps: Steps) -> str:
    """The books are closed a microsecond further than they are, or through the beginning of 1970."""
    books = await steps.client.ask("{ viewer { customerId } booksClosedThrough }")
    closed_through = books["booksClosedThrough"]
    through = THE_BEGINNING
    if closed_through is not None:
        through = datetime.fromisoformat(closed_through) + timedelta(microseconds=1)
    await steps.client.do(
        "closeBooks",
        "BooksSuccess { replayed }",
        through=rfc3339(through),
        idempotencyKey=steps.key,
        reason="quaestor trigger",
    )
    return str(books["viewer"]["customerId"])


async def _placed(steps: Steps, *, expires_after: timedelta | None = None) -> str:
    payer, payee = await steps.funded_ledger(), await steps.settled_ledger()
    return await steps.done(
        "placeHold",
        "hold",
        debitId=payer,
        creditId=payee,
        amount=A_POUND,
        expiresAt=None if expires_after is None else rfc3339(datetime.now(UTC) + expires_after),
    )


async def _changed(steps: Steps, mutation: str, **more: Any) -> str:
    return await steps.done(mutation, "hold", holdId=await hold_placed(steps), **more)


async def _sent(steps: Steps, **more: Any) -> str:
    ledger_id = await steps.funded_ledger()
    return await steps.done("sendPayment", "payment", ledgerId=ledger_id, amount=A_POUND, counterparty=GRACE, **more)
