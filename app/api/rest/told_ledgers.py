"""Ledgers and their entries as REST answers them."""

from typing import Any
from uuid import UUID

from app.accounts.models import Wallet
from app.api.rest.control_shapes import BalanceAnswer
from app.api.rest.fields import number_of
from app.api.rest.ledger_shapes import EntryAnswer, HolderAnswer, LedgerAnswer, PartnerAnswer
from app.api.rest.values import (
    ASSET_CLASSES,
    ASSET_OWNERS,
    ENTRY_TYPES,
    FREEZE_SCOPES,
    IBAN_STATUSES,
    LEDGER_STATUSES,
    LEDGER_TYPES,
    LEDGER_USES,
)
from app.holders.models import Holder
from app.holders.status import HolderKind, Party
from app.journal.frozen import Freeze
from app.journal.records import Entry
from app.kernel.actor import Actor
from app.kernel.money import decimal_text
from app.ledgers.models import Ledger
from app.partners.catalog import AssetClass, Catalog, Partner


def told_ledger(ledger: Ledger, actor: Actor, catalog: Catalog) -> LedgerAnswer:
    """A ledger, for this actor. A key that may not read holders does not get the holder's name."""
    product = None if ledger.partner_product is None else catalog.product(ledger.partner_product)
    told: dict[str, Any] = {
        "ledger_id": str(ledger.id),
        "ledger_type": LEDGER_TYPES[ledger.type],
        "asset_class": ASSET_CLASSES[AssetClass(ledger.asset_class)],
        "asset_type": ledger.asset.lower(),
        "ledger_status": LEDGER_STATUSES[ledger.status],
        "amount": number_of(ledger.posted_minor_units, ledger.scale),
        "balance": told_balance(ledger, ledger.scale),
        "decimal_places": ledger.scale,
        "is_virtual": ledger.is_virtual,
        "is_settled": ledger.is_settled,
        "created_at": ledger.created_at,
        "last_modified_at": ledger.updated_at,
        "version": ledger.version,
        "ledger_status_reason": ledger.status_reason,
        "missing_data": ledger.missing_data or None,
        "holder_id": id_text(ledger.holder_id),
        "ledger_primary_use_types": [LEDGER_USES[use] for use in ledger.primary_uses] or None,
        "ledger_who_owns_assets": None if ledger.assets_owned_by is None else ASSET_OWNERS[ledger.assets_owned_by],
        "ledger_t_and_cs_country_of_jurisdiction": ledger.jurisdiction,
        "partner_product": ledger.partner_product,
        "iban": ledger.iban,
        "bic_swift": ledger.bic,
        "ledger_iban_status": IBAN_STATUSES.get(ledger.iban_status),
        "uk_sort_code": ledger.sort_code,
        "uk_account_number": ledger.account_number,
        "overdraft_limit": told_limit(ledger.overdraft_limit_minor_units, ledger.scale),
        "freeze": told_freeze(ledger.freeze),
        "ledger_meta": ledger.metadata or None,
    }
    if ledger.holder is not None and actor.may("holders:read"):
        told["ledger_holder"] = told_holder(ledger.holder)
    if product is not None:
        told["partner"] = _told_partner(product.partner)
        told["partner_id"], told["partner_ref"] = str(product.partner.id), product.partner.ref
    answer: LedgerAnswer = without_none(told)
    return answer


def told_balance(party: Ledger | Wallet, scale: int) -> BalanceAnswer:
    """What a ledger or wallet holds."""
    return {
        "posted": number_of(party.posted_minor_units, scale),
        "held": number_of(party.held_minor_units, scale),
        "available": number_of(party.available_minor_units, scale),
        "sequence": str(party.sequence),
    }


def told_freeze(found: Freeze | None) -> Any:
    """What is forbidden on a ledger or wallet; None unless it is frozen."""
    if found is None:
        return None
    return {"scope": FREEZE_SCOPES[found.scope], "reason": found.reason, "frozen_at": found.frozen_at}


def told_limit(minor_units: int, scale: int) -> Any:
    """An overdraft limit; None where there is none."""
    return number_of(minor_units, scale) if minor_units else None


def told_holder(holder: Holder) -> HolderAnswer:
    """Who holds a ledger, in short."""
    identifier = "customer_id" if holder.kind is HolderKind.CUSTOMER else "enduser_id"
    party = "person" if holder.party is Party.PERSON else "company"
    told: Any = {identifier: str(holder.id), party: {"name": holder.name}}
    answer: HolderAnswer = told
    return answer


def told_entry(entry: Entry) -> EntryAnswer:
    """One side of a transfer."""
    transfer = entry.transfer
    told: Any = {
        "ledger_entry_id": str(entry.id),
        "ledger_id": str(entry.side.account_id),
        "transaction_id": str(transfer.id),
        "ledger_entry_type": ENTRY_TYPES[entry.direction],
        "amount": decimal_text(transfer.amount, transfer.unit.scale),
        "balance_after": decimal_text(entry.balance_after, transfer.unit.scale),
        "sequence": str(entry.sequence),
        "created_at": transfer.posted_at,
        "effective_at": transfer.effective_at,
    }
    answer: EntryAnswer = told
    return answer


def id_text(found: UUID | None) -> str | None:
    """An id as text: the JSON encoder does not take the driver's own class of UUID."""
    return None if found is None else str(found)


def without_none(told: dict[str, Any]) -> Any:
    """The fields that are not null."""
    return {name: value for name, value in told.items() if value is not None}


def _told_partner(partner: Partner) -> PartnerAnswer:
    return {"partner_id": str(partner.id), "partner_ref": partner.ref, "company": {"name": partner.name}}
