"""Transfers between ledgers over REST, which the seeds call transactions."""

from functools import partial
from typing import Any, get_args

from app.api.rest import money_shapes as shapes
from app.api.rest.fields import number_of
from app.api.rest.operation import Answer, Asked, Operation, id_of
from app.api.rest.told_ledgers import id_text, without_none
from app.api.rest.values import TRANSACTION_STATUSES, TRANSACTION_TYPES
from app.db.identifiers import parse_id
from app.idempotency.find_made import find_made
from app.journal import transfer_queries
from app.journal.amounts import AmountText
from app.journal.find_asset import find_asset
from app.journal.operations import TRANSFER_OPERATIONS
from app.journal.post_transfer import PostTransfer, post_transfer
from app.journal.records import Side, Transfer
from app.journal.transfer_queries import find_reversals, find_transfer
from app.kernel.actor import Actor
from app.kernel.checks import refuse
from app.kernel.errors import NotFound, Path
from app.ledgers.credit_virtual_ledger import VirtualMovement, credit_virtual_ledger
from app.ledgers.debit_virtual_ledger import debit_virtual_ledger

TAG = "Transactions"
TRANSACTIONS = "/v1/customer/transactions"
AMOUNT: dict[Path, Path] = {("amount", "value"): ("amount",), ("amount", "asset"): ("amount",)}
MOVEMENT_NAMES: dict[Path, Path] = {**AMOUNT, ("metadata",): ("transaction_meta",)}
NAMES: dict[Path, Path] = {
    **MOVEMENT_NAMES,
    ("debit_id",): ("ledger_from_id",),
    ("credit_id",): ("ledger_to_id",),
}

_id_of = partial(id_of, "transaction_id")


async def _inter_ledger(asked: Asked, body: shapes.InterLedgerBody) -> Answer:
    command = PostTransfer(
        debit_id=body.ledger_from_id,
        credit_id=body.ledger_to_id,
        amount=AmountText(body.amount, await find_asset(asked.actor, body.ledger_from_id)),
        idempotency_key=asked.key,
        reference=body.reference,
        metadata=body.transaction_meta,
        effective_at=body.effective_at,
    )
    return _id_of(await post_transfer(asked.actor, command))


async def _manual_credit(asked: Asked, body: shapes.ManualMovementBody) -> Answer:
    return _id_of(await credit_virtual_ledger(asked.actor, await _movement(asked, body)))


async def _manual_debit(asked: Asked, body: shapes.ManualMovementBody) -> Answer:
    return _id_of(await debit_virtual_ledger(asked.actor, await _movement(asked, body)))


async def _movement(asked: Asked, body: shapes.ManualMovementBody) -> VirtualMovement:
    amount = AmountText(body.amount, await find_asset(asked.actor, body.ledger_id))
    return VirtualMovement(body.ledger_id, amount, asked.key, body.reference, body.transaction_meta, body.effective_at)


async def _fetch(asked: Asked) -> Answer:
    transfer = await find_transfer(asked.actor, parse_id(asked.names["transaction_id"], ("transaction_id",)))
    if transfer is None:
        raise NotFound("There is no such transaction.")
    return Answer(await _told(asked.actor, transfer))


async def _fetch_by_key(asked: Asked, given: shapes.TransactionKeyParameters) -> Answer:
    asked.actor.require(transfer_queries.READ)
    operations = TRANSFER_OPERATIONS if given.operation is None else [OPERATION_OF[given.operation]]
    made = await find_made(asked.actor, operations, given.idempotency_key, ("key",))
    if len(made) > 1:
        words = ", ".join(word for word, operation in OPERATION_OF.items() if operation in made)
        refuse(f"This key was used with several operations: give one of {words}.", ("operation",))
    found = [await find_transfer(asked.actor, transfer_id) for transfer_id in made.values()]
    if not found or found[0] is None:
        raise NotFound("Nothing was done with this key so far.", path=("key",))
    return Answer(await _told(asked.actor, found[0]))


async def _told(actor: Actor, transfer: Transfer) -> Any:
    reversals = []
    if transfer.reversed_by_id is not None:
        reversals = (await find_reversals(actor, [transfer.id])).get(transfer.id, [])
    return without_none(
        {
            "transaction_id": str(transfer.id),
            "transaction_type": TRANSACTION_TYPES[transfer.kind],
            "transaction_status": TRANSACTION_STATUSES[transfer.status],
            "amount": number_of(transfer.amount, transfer.unit.scale),
            "asset_type": transfer.unit.asset.lower(),
            "reverses_transaction_id": id_text(transfer.reverses_id),
            "reversed_by_transaction_ids": [str(one.id) for one in reversals] or None,
            "reversed_amount": number_of(transfer.reversed, transfer.unit.scale) if transfer.reversed else None,
            "created_at": transfer.posted_at,
            "effective_at": transfer.effective_at,
            "ledger_from_id": _told_side(transfer.debit),
            "ledger_to_id": _told_side(transfer.credit),
            "payment_id": id_text(transfer.payment_id),
            "hold_id": id_text(transfer.hold_id),
            "group_id": id_text(transfer.group_id),
            "reference": transfer.reference,
            "forced": transfer.is_forced or None,
            "transaction_meta": transfer.metadata or None,
        }
    )


def _told_side(side: Side) -> Any:
    """The ledger on a side; None for a system account, whose id no client can use."""
    return None if side.is_system else str(side.account_id)


OPERATION_OF = dict(zip(get_args(shapes.TransactionOperationText), TRANSFER_OPERATIONS, strict=True))
WRITE, READ = ("transfers:write",), ("transfers:read",)

_move = partial(
    Operation,
    method="POST",
    tag=TAG,
    status=201,
    answers=shapes.TransactionIdAnswer,
    scopes=WRITE,
    refusals=(404, 409),
    needs_key=True,
)
_fetch_one = partial(Operation, method="GET", tag=TAG, answers=shapes.TransactionAnswer, scopes=READ, refusals=(404,))

OPERATIONS = (
    _move(
        name="postTransfer",
        path=f"{TRANSACTIONS}/inter-ledger",
        summary="Move money between two ledgers",
        description="At once, or not at all. Both hold the same asset.",
        call=_inter_ledger,
        body=shapes.InterLedgerBody,
        names=NAMES,
    ),
    _move(
        name="creditVirtualLedger",
        path=f"{TRANSACTIONS}/manual-credit",
        summary="Credit a virtual ledger by hand",
        description="More of what it holds was taken into the vault.",
        call=_manual_credit,
        body=shapes.ManualMovementBody,
        names=MOVEMENT_NAMES,
    ),
    _move(
        name="debitVirtualLedger",
        path=f"{TRANSACTIONS}/manual-debit",
        summary="Debit a virtual ledger by hand",
        description="Some of what it holds was given out of the vault.",
        call=_manual_debit,
        body=shapes.ManualMovementBody,
        names=MOVEMENT_NAMES,
    ),
    _fetch_one(
        name="fetchTransaction",
        path=f"{TRANSACTIONS}/{{transaction_id}}",
        summary="Fetch a transaction",
        call=_fetch,
    ),
    _fetch_one(
        name="fetchTransactionByKey",
        path=TRANSACTIONS,
        summary="Find out what became of a request",
        description=(
            "The transaction that was made with this idempotency key, over any door. 404 means that nothing was done "
            "with it so far; a request may still be under way."
        ),
        call=_fetch_by_key,
        parameters=shapes.TransactionKeyParameters,
        names={("key",): ("idempotency_key",)},
    ),
)
