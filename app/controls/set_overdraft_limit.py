"""Set how far below zero a ledger or wallet may go."""

from dataclasses import dataclass

from app.accounts.events import WALLET_NOUN
from app.accounts.models import Wallet
from app.controls.party import Party, change_party, checked_id, lock_party, read_party
from app.db.transaction import transaction, whole_use_case
from app.idempotency.reserve_key import reserve_key
from app.journal.amounts import AmountText, minor_units_of, parse_limit
from app.journal.posting_accounts import set_overdraft_limit_of
from app.kernel.actor import Actor
from app.kernel.checks import refuse
from app.kernel.errors import InvalidState
from app.kernel.money import MinorUnits, Money
from app.ledgers.models import Ledger
from app.partners.catalog import Catalog

LIMIT_PATH = ("limit",)


@dataclass(frozen=True, slots=True)
class SetOverdraftLimit:
    """The ledger's or wallet's id, and its new limit; zero takes it away."""

    id: str
    limit: AmountText
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class _Content:
    id: str
    limit: str


@whole_use_case
async def set_overdraft_limit(
    actor: Actor, command: SetOverdraftLimit, *, catalog: Catalog, noun: str | None = None
) -> tuple[Ledger | Wallet, bool]:
    """The ledger or wallet with this limit, and whether it had it before.

    :raises InvalidState: more than the new limit is used; or it has no floor at all, is closed, or was declined.
    :raises Invalid: the limit is malformed; or the ledger's product grants no overdraft.
    :raises AssetMismatch, NotFound, IdempotencyMismatch, Forbidden: nothing happened.
    """
    party_id = checked_id(actor, command.id)
    asked = parse_limit(command.limit, LIMIT_PATH)
    async with transaction() as tx:
        content = _Content(str(party_id), asked.canonical())
        existing = await reserve_key(tx, actor, "setOverdraftLimit", command.idempotency_key, content, party_id)
        party = await lock_party(tx, actor, party_id, noun)
        limit = minor_units_of(asked, party.unit, LIMIT_PATH)
        is_so = limit == party.row["overdraft_limit_minor_units"]
        if existing is None and not is_so:
            _check(party, limit, catalog)
            await set_overdraft_limit_of(tx, actor.customer_id, party_id, limit, used=party.used)
            await change_party(
                tx,
                actor,
                party,
                "ledger.overdraft_changed",
                "wallet.overdraft_changed",
                overdraft_limit_minor_units=limit,
            )
        return await read_party(tx, actor, party), existing is not None or is_so


def _check(party: Party, limit: MinorUnits, catalog: Catalog) -> None:
    party.check_not_over()
    if party.account["allow_negative"]:
        raise InvalidState("This wallet may be negative without limit: it needs no overdraft.", path=("id",))
    is_lowered = limit < party.row["overdraft_limit_minor_units"]
    if is_lowered and limit < party.used:
        used = Money(party.used, party.unit)
        message = f"{used.value} {used.unit.asset} of this overdraft is used or held: the limit cannot be less."
        raise InvalidState(message, path=(*LIMIT_PATH, "value"))
    if not is_lowered and party.noun is not WALLET_NOUN:
        _check_product(party.row["partner_product"], catalog)


def _check_product(name: str | None, catalog: Catalog) -> None:
    if name is None:
        refuse("A virtual ledger has no overdraft: nobody lends what it holds.", ("id",))
    product = catalog.product(name)
    if product is None or not product.allows_overdraft:
        allowed = [one.name for one in catalog.offered_products() if one.allows_overdraft]
        refuse(f"The product {name} grants no overdraft; those that do are {', '.join(allowed) or 'none'}.", ("id",))
