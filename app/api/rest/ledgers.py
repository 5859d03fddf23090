"""Ledgers over REST: the paths of the seed."""

from functools import partial
from uuid import UUID

from app.api.rest import ledger_shapes as shapes
from app.api.rest.operation import Answer, Asked, Operation, id_of
from app.api.rest.told_ledgers import told_ledger
from app.api.rest.values import member_of
from app.db.identifiers import parse_id
from app.kernel.errors import NotFound, Path
from app.ledgers.assign_iban import AssignIban, assign_iban
from app.ledgers.assign_ledger import AssignLedger, assign_ledger
from app.ledgers.close_ledger import CloseLedger, close_ledger
from app.ledgers.issue_ledger import IssueLedger, issue_ledger
from app.ledgers.issue_virtual_ledger import IssueVirtualLedger, issue_virtual_ledger
from app.ledgers.models import Ledger
from app.ledgers.queries import UkBankAccount, find_ledger, find_ledger_by_iban, find_ledger_by_uk_bank_account
from app.ledgers.status import AssetOwner, LedgerType, LedgerUse
from app.ledgers.update_ledger import UpdateLedger, update_ledger
from app.ledgers.wait_for_ledger import TIMEOUT_MS_MAX, wait_for_ledger
from app.partners.bank_identifiers import check_uk_bank_account, normalize_iban
from app.partners.catalog import AssetClass

TAG = "Ledgers"
LEDGERS = "/v1/customer/ledgers"
LEDGER = f"{LEDGERS}/{{ledger_id}}"
WAIT_SECONDS = TIMEOUT_MS_MAX / 1000

NAMES: dict[Path, Path] = {
    ("asset",): ("asset_type",),
    ("type",): ("ledger_type",),
    ("primary_uses",): ("ledger_primary_use_types",),
    ("assets_owned_by",): ("ledger_who_owns_assets",),
    ("jurisdiction",): ("ledger_t_and_cs_country_of_jurisdiction",),
    ("metadata",): ("ledger_meta",),
    ("uk_bank_account", "sort_code"): ("uk_sort_code",),
    ("uk_bank_account", "account_number"): ("uk_account_number",),
}
"""The fields of ledgers' commands, as the seed calls them."""

_id_of = partial(id_of, "ledger_id")


async def _issue(asked: Asked, body: shapes.IssueLedgerBody) -> Answer:
    command = IssueLedger(
        partner_product=body.partner_product,
        asset=body.asset_type,
        primary_uses=tuple(member_of(use, LedgerUse) for use in body.ledger_primary_use_types),
        assets_owned_by=member_of(body.ledger_who_owns_assets, AssetOwner),
        jurisdiction=body.ledger_t_and_cs_country_of_jurisdiction,
        holder_id=body.holder_id,
        asset_class=member_of(body.asset_class, AssetClass),
        type=member_of(body.ledger_type, LedgerType),
        metadata=body.ledger_meta,
        idempotency_key=asked.idempotency_key,
    )
    return _id_of(await issue_ledger(asked.actor, command, catalog=asked.catalog))


async def _issue_virtual(asked: Asked, body: shapes.IssueVirtualLedgerBody) -> Answer:
    command = IssueVirtualLedger(
        asset=body.asset_type,
        asset_class=member_of(body.asset_class, AssetClass),
        holder_id=body.holder_id,
        type=member_of(body.ledger_type, LedgerType),
        metadata=body.ledger_meta,
        idempotency_key=asked.idempotency_key,
    )
    return _id_of(await issue_virtual_ledger(asked.actor, command, catalog=asked.catalog))


async def _assign(asked: Asked, body: shapes.AssignBody) -> Answer:
    command = AssignLedger(asked.names["ledger_id"], body.holder_id, asked.idempotency_key)
    return _id_of(await assign_ledger(asked.actor, command))


async def _assign_iban(asked: Asked, _body: shapes.NoBody) -> Answer:
    command = AssignIban(asked.names["ledger_id"], asked.idempotency_key)
    return _id_of(await assign_iban(asked.actor, command))


async def _close(asked: Asked, body: shapes.CloseBody) -> Answer:
    command = CloseLedger(asked.names["ledger_id"], body.reason, asked.idempotency_key)
    return _id_of(await close_ledger(asked.actor, command))


async def _update(asked: Asked, body: shapes.UpdateLedgerBody) -> Answer:
    command = UpdateLedger(asked.names["ledger_id"], body.ledger_meta, body.if_version, asked.idempotency_key)
    return _id_of(await update_ledger(asked.actor, command))


async def _fetch(asked: Asked) -> Answer:
    return _told(asked, await find_ledger(asked.actor, _ledger_id(asked)))


async def _wait(asked: Asked) -> Answer:
    ledger_id = _ledger_id(asked)
    found = await wait_for_ledger(
        lambda: find_ledger(asked.actor, ledger_id),
        timeout_seconds=WAIT_SECONDS,
        backup_poll_seconds=asked.settings.wait_backup_poll_seconds,
    )
    return _told(asked, found)


async def _by_iban(asked: Asked, given: shapes.ByIbanParameters) -> Answer:
    return _told(asked, await find_ledger_by_iban(asked.actor, normalize_iban(given.iban, ("iban",))))


async def _by_uk_bank_account(asked: Asked, given: shapes.ByUkBankAccountParameters) -> Answer:
    number = check_uk_bank_account(given.uk_sort_code, given.uk_account_number, ("uk_bank_account",))
    return _told(asked, await find_ledger_by_uk_bank_account(asked.actor, UkBankAccount(*number)))


def _ledger_id(asked: Asked) -> UUID:
    return parse_id(asked.names["ledger_id"], ("ledger_id",))


def _told(asked: Asked, ledger: Ledger | None) -> Answer:
    if ledger is None:
        raise NotFound("There is no such ledger.")
    return Answer(told_ledger(ledger, asked.actor, asked.catalog))


WRITE, READ = ("ledgers:write",), ("ledgers:read",)

_change = partial(
    Operation, method="POST", tag=TAG, answers=shapes.LedgerIdAnswer, scopes=WRITE, refusals=(404, 409), names=NAMES
)
_fetch_one = partial(Operation, method="GET", tag=TAG, answers=shapes.LedgerAnswer, scopes=READ, refusals=(404,))

OPERATIONS = (
    _change(
        name="issueLedger",
        path=LEDGERS,
        summary="Issue a ledger",
        description="It is pending at once, and the bank is asked in the background: ask and wait at `…/wait`.",
        call=_issue,
        body=shapes.IssueLedgerBody,
        status=201,
    ),
    _change(
        name="issueVirtualLedger",
        path=f"{LEDGERS}/virtual",
        summary="Issue a virtual ledger",
        description="No bank stands behind it: it is OK at once, and credited and debited by hand.",
        call=_issue_virtual,
        body=shapes.IssueVirtualLedgerBody,
        status=201,
    ),
    _change(
        name="assignLedger",
        path=f"{LEDGER}/assign",
        summary="Give an unassigned ledger its holder",
        description="Once: a ledger that is held is `invalid-state-of-entity`.",
        call=_assign,
        body=shapes.AssignBody,
    ),
    _change(
        name="assignIban",
        path=f"{LEDGER}/assign-iban",
        summary="Assign a ledger an IBAN",
        description="A EUR ledger has none before it is asked for. The bank is asked in the background.",
        call=_assign_iban,
        body=shapes.NoBody,
        needs_body=False,
    ),
    _change(
        name="closeLedger",
        path=f"{LEDGER}/close",
        summary="Close a ledger for good",
        description="It must hold nothing, and have no holds. Closing twice is closing once.",
        call=_close,
        body=shapes.CloseBody,
        needs_body=False,
    ),
    _change(
        name="updateLedger",
        method="PUT",
        path=LEDGER,
        summary="Change a ledger's own fields",
        call=_update,
        body=shapes.UpdateLedgerBody,
    ),
    _fetch_one(
        name="fetchLedger",
        path=LEDGER,
        summary="Fetch a ledger",
        call=_fetch,
    ),
    _fetch_one(
        name="waitForLedger",
        path=f"{LEDGER}/wait",
        summary="Fetch a ledger once it is settled",
        description=(
            f"Answers when nothing will change by itself any more, or after {WAIT_SECONDS:g} seconds, as it then is. "
            "The answer comes with the commit that settles it."
        ),
        call=_wait,
    ),
    _fetch_one(
        name="fetchLedgerByIban",
        path=f"{LEDGERS}/by-iban",
        summary="Fetch a ledger by its IBAN",
        call=_by_iban,
        parameters=shapes.ByIbanParameters,
    ),
    _fetch_one(
        name="fetchLedgerByUkBankAccount",
        path=f"{LEDGERS}/by-uk-bank-account",
        summary="Fetch a ledger by its sort code and account number",
        call=_by_uk_bank_account,
        parameters=shapes.ByUkBankAccountParameters,
        names=NAMES,
    ),
)
