"""Issue a ledger behind a partner bank: it is PENDING at once, and the bank is asked in the background."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from app.db.identifiers import new_id, parse_id
from app.db.transaction import Transaction, transaction, whole_use_case
from app.holders.queries import lock_holder
from app.idempotency.reserve_key import reserve_key
from app.journal.posting_accounts import Book, NewPostingAccount, NormalSide, open_posting_accounts
from app.journal.system_accounts import open_system_account, settlement_key, vault_key
from app.kernel.actor import Actor
from app.kernel.checks import check_country, check_metadata
from app.kernel.errors import AssetMismatch, Forbidden, Invalid
from app.kernel.money import Unit
from app.ledgers.events import LEDGER_NOUN
from app.ledgers.models import Ledger, LedgerModel
from app.ledgers.queries import lock_ledger, read_in_transaction
from app.ledgers.status import AssetOwner, IbanStatus, LedgerStatus, LedgerType, LedgerUse
from app.lifecycle.advance import mark_changed, tell
from app.outbox.promise import promise
from app.partners.catalog import Catalog, Product


@dataclass(frozen=True, slots=True)
class IssueLedger:
    """The ledger to issue. Without a holder it is unassigned."""

    partner_product: str
    asset: str
    primary_uses: tuple[LedgerUse, ...]
    assets_owned_by: AssetOwner
    jurisdiction: str
    holder_id: str | None = None
    asset_class: str = "CURRENCY"
    type: LedgerType = LedgerType.SINGLE_USER
    metadata: Any = None
    idempotency_key: str | None = None


@whole_use_case
async def issue_ledger(
    actor: Actor, command: IssueLedger, *, catalog: Catalog, given_id: UUID | None = None
) -> tuple[Ledger, bool]:
    """A new PENDING ledger, with the work to provision it promised; and whether this was a replay.

    `given_id` is for the demo data only, where one ledger has a fixed id.

    :raises Invalid, AssetMismatch, NotFound, IdempotencyMismatch, Forbidden: nothing happened.
    """
    actor.require("ledgers:write")
    product = _product(command, catalog)
    if not command.primary_uses:
        raise Invalid("A ledger has at least one primary use, such as PAYMENTS.", path=("primary_uses",))
    columns = {
        "type": command.type.value,
        "is_virtual": False,
        "asset_class": "CURRENCY",
        "asset": product.asset,
        "scale": product.scale,
        "status": LedgerStatus.PENDING.value,
        "primary_uses": list(dict.fromkeys(use.value for use in command.primary_uses)),
        "assets_owned_by": command.assets_owned_by.value,
        "jurisdiction": check_country(command.jurisdiction, ("jurisdiction",)),
        "partner_product": product.name,
        "metadata": checked_metadata(command.metadata),
    }
    async with transaction() as tx:
        ledger_id = given_id or new_id()
        content = replace(
            command,
            asset=product.asset,
            primary_uses=tuple(dict.fromkeys(command.primary_uses)),
            **normalized(command.holder_id, columns),
        )
        existing = await reserve_key(tx, actor, "issueLedger", command.idempotency_key, content, ledger_id)
        if existing is None:
            await insert_ledger(tx, actor, ledger_id, command.holder_id, columns, is_open=False)
            await promise(tx, actor, "provision_ledger", ledger_id)
        return await read_in_transaction(tx, actor, existing or ledger_id), existing is not None


async def insert_ledger(
    tx: Transaction, actor: Actor, ledger_id: UUID, holder_id: str | None, columns: dict[str, Any], *, is_open: bool
) -> None:
    """Write a new ledger with its posting account and its `ledger.created` event. The first ledger of a product or
    virtual asset also opens the settlement account or the vault.

    :raises NotFound: this actor has no such holder.
    """
    unit = Unit(columns["asset"], columns["scale"])
    book = Book.VIRTUAL if columns["is_virtual"] else Book.BANK
    # First, since the lock order has posting accounts before holders, and others that open the same one wait here.
    await _open_counterpart(tx, actor, columns.get("partner_product"), book=book, unit=unit)
    holder = await check_holder(tx, actor, holder_id)
    account = NewPostingAccount(
        id=ledger_id, book=book, unit=unit, normal_side=NormalSide.CREDIT, holder_id=holder, is_open=is_open
    )
    await open_posting_accounts(tx, actor.customer_id, [account])
    now = await tx.now()
    _ = await LedgerModel.create(
        using_db=tx.tortoise,
        id=ledger_id,
        customer_id=actor.customer_id,
        holder_id=holder,
        iban_status=IbanStatus.NOT_REQUESTED.value,
        created_at=now,
        updated_at=now,
        **columns,
    )
    row = await lock_ledger(tx, actor, ledger_id, ())
    await mark_changed(tx, LEDGER_NOUN, row)
    await tell(tx, actor, LEDGER_NOUN, "ledger.created", row)


async def _open_counterpart(tx: Transaction, actor: Actor, product: str | None, *, book: Book, unit: Unit) -> None:
    if product is None:
        system_key, name = vault_key(unit.asset), f"Vault of {unit.asset}"
    else:
        system_key, name = settlement_key(product), f"Settlement with {product}"
    await open_system_account(tx, actor.customer_id, system_key, name=name, book=book, unit=unit)


async def check_holder(tx: Transaction, actor: Actor, holder_id: str | None) -> UUID | None:
    """The id of the named holder, which this actor may use; None if no holder was named.

    :raises NotFound, Forbidden: there is no such holder, or a holder's token named none.
    """
    path = ("holder_id",)
    if holder_id is None:
        if actor.holder_id is not None:
            raise Forbidden("A holder's own access token issues ledgers for that holder only.", path=path)
        return None
    checked = parse_id(holder_id, path)
    await lock_holder(tx, actor, checked, share=True)
    return checked


def normalized(holder_id: str | None, columns: dict[str, Any]) -> dict[str, Any]:
    """The request for a new ledger in one form, however it was written, to compare requests with the same key.

    :raises Invalid: the holder's id is malformed.
    """
    holder = None if holder_id is None else str(parse_id(holder_id, ("holder_id",)))
    return {"holder_id": holder, "metadata": columns["metadata"] or None}


def checked_metadata(sent: Any) -> dict[str, Any]:
    """The metadata as sent, or none."""
    return {} if sent is None else check_metadata(sent, ("metadata",))


def _product(command: IssueLedger, catalog: Catalog) -> Product:
    offered = {product.name: product for product in catalog.offered_products()}
    product = offered.get(command.partner_product)
    if product is None:
        raise Invalid(
            f"This partner product is not offered here. Offered are: {', '.join(sorted(offered)) or 'none'}.",
            path=("partner_product",),
        )
    if command.asset_class != "CURRENCY":
        raise Invalid(
            f"{product.name} holds a CURRENCY. For a commodity issue a virtual ledger.", path=("asset_class",)
        )
    if command.asset.upper() != product.asset:
        raise AssetMismatch(
            f"{product.name} holds {product.asset}, not this asset: change one of them.", path=("asset",)
        )
    return product
