"""Events of transfers, holds, payments and books."""

from datetime import UTC, datetime, timedelta
from typing import Any

from app.demo.triggers.steps import A_POUND, Steps
from app.kernel.clock import rfc3339

HALF = {"value": "0.50", "asset": "GBP"}
HOLD = "HoldSuccess { hold { id } }"
EXPIRES_AFTER = timedelta(seconds=3)
THE_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
GRACE = {"name": "Grace Hopper", "iban": "GB33BUKB20201555555555"}


async def transfer_posted(steps: Steps) -> str:
    """A pound goes from one ledger to another."""
    transfer_id, _, _ = await steps.transfer()
    return transfer_id


async def wallet_transfer_posted(steps: Steps) -> str:
    """A pound goes from one wallet to another."""
    _, [payer, payee] = await steps.account(wallets=2, allow_negative=True)
    return await steps.post(payer, payee)


async def hold_placed(steps: Steps) -> str:
    """A pound is held."""
    return await _placed(steps)


async def hold_captured(steps: Steps) -> str:
    """A hold is captured as a whole."""
    return await _captured(steps)


async def hold_captured_in_part(steps: Steps) -> str:
    """Half of a hold is captured; the rest stays held."""
    return await _captured(steps, amount=HALF, final=False)


async def hold_released(steps: Steps) -> str:
    """A hold is released as a whole."""
    return await _released(steps)


async def hold_released_in_part(steps: Steps) -> str:
    """Half of a hold is released."""
    return await _released(steps, amount=HALF)


async def hold_adjusted(steps: Steps) -> str:
    """A hold is made larger."""
    hold_id = await hold_placed(steps)
    await steps.client.do(
        "adjustHold", HOLD, idempotencyKey=steps.key, holdId=hold_id, amount={"value": "2.00", "asset": "GBP"}
    )
    return hold_id


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
    made = await steps.client.do(
        "placeHold",
        HOLD,
        idempotencyKey=steps.key,
        debitId=payer,
        creditId=payee,
        amount=A_POUND,
        expiresAt=None if expires_after is None else rfc3339(datetime.now(UTC) + expires_after),
    )
    return str(made["hold"]["id"])


async def _captured(steps: Steps, **more: Any) -> str:
    hold_id = await hold_placed(steps)
    await steps.client.do("captureHold", HOLD, idempotencyKey=steps.key, holdId=hold_id, **more)
    return hold_id


async def _released(steps: Steps, **more: Any) -> str:
    hold_id = await hold_placed(steps)
    await steps.client.do("releaseHold", HOLD, idempotencyKey=steps.key, holdId=hold_id, **more)
    return hold_id


async def _sent(steps: Steps, **more: Any) -> str:
    ledger_id = await steps.funded_ledger()
    made = await steps.client.do(
        "sendPayment",
        "PaymentSuccess { payment { id } }",
        idempotencyKey=steps.key,
        ledgerId=ledger_id,
        amount=A_POUND,
        counterparty=GRACE,
        **more,
    )
    return str(made["payment"]["id"])
