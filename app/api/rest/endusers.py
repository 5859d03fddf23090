"""Endusers over REST: the holders that a customer serves."""

from functools import partial
from typing import Any
from uuid import UUID

from app.api.rest import enduser_shapes as shapes
from app.api.rest.operation import LAST_SEEN_PATH, NEWEST_FIRST, Answer, Asked, Operation, id_of, next_page
from app.api.rest.told_ledgers import without_none
from app.api.rest.values import ENDUSER_STATUSES, member_of
from app.db.identifiers import parse_id
from app.db.pages import Page
from app.holders.create_holder import CreateHolder, create_holder
from app.holders.models import Holder
from app.holders.party import ADDRESS_PARTS, AddressDetails, CompanyDetails, PersonDetails
from app.holders.queries import HolderFilter, find_holder, holder_cursors, read_holders
from app.holders.status import HolderField, HolderKind, Party
from app.holders.update_holder import UpdateHolder, update_holder
from app.holders.wait_for_holder import wait_for_holder
from app.kernel.checks import refuse
from app.kernel.errors import NotFound, Path

TAG = "Endusers"
ENDUSERS = "/v1/customer/endusers"
ENDUSER = f"{ENDUSERS}/{{enduser_id}}"
WAIT_SECONDS = 50.0
NAMES: dict[Path, Path] = {
    ("holder_id",): ("enduser_id",),
    ("party", "person"): ("person",),
    ("party", "company"): ("company",),
    ("metadata",): ("enduser_meta",),
}
_LACKING = {"dateOfBirth": "date_of_birth", "registrationNumber": "registration_number"}
"""What an enduser lacks, in the bodies' names. What the screening asks for keeps the screening's name."""

_id_of = partial(id_of, "enduser_id")


async def _create(asked: Asked, body: shapes.CreateEnduserBody) -> Answer:
    party = _party(body.person, body.company)
    if party is None:
        refuse("Say who it is: give a `person` or a `company`.", ("party", "person"))
    command = CreateHolder(
        party, body.email, _address(body.address), body.enduser_meta, idempotency_key=asked.idempotency_key
    )
    return _id_of(await create_holder(asked.actor, command))


async def _update(asked: Asked, body: shapes.UpdateEnduserBody) -> Answer:
    command = UpdateHolder(
        asked.names["enduser_id"],
        if_version=body.if_version,
        party=_party(body.person, body.company),
        email=body.email,
        address=_address(body.address),
        metadata=body.enduser_meta,
        idempotency_key=asked.idempotency_key,
        clear=[member_of(one, HolderField) for one in body.clear],
    )
    return _id_of(await update_holder(asked.actor, command))


async def _fetch(asked: Asked) -> Answer:
    return _found(await find_holder(asked.actor, _enduser_id(asked)))


async def _wait(asked: Asked) -> Answer:
    found = await wait_for_holder(
        asked.actor,
        _enduser_id(asked),
        timeout_seconds=WAIT_SECONDS,
        backup_poll_seconds=asked.settings.wait_backup_poll_seconds,
    )
    return _found(found)


async def _list(asked: Asked, given: shapes.EnduserListParameters) -> Answer:
    wanted = HolderFilter(kind=(HolderKind.ENDUSER,))
    after, size = None, given.items_per_page
    if given.last_seen_id is not None:
        last = await find_holder(asked.actor, parse_id(given.last_seen_id, LAST_SEEN_PATH))
        if last is None:
            refuse("There is no such enduser: pass the last one of a page.", LAST_SEEN_PATH)
        [after] = holder_cursors(wanted, [last])
    page = await read_holders(asked.actor, wanted, Page(size + 1, after))
    return Answer([_told(holder) for holder in page[:size]], next_page=next_page(page, size))


def _enduser_id(asked: Asked) -> UUID:
    return parse_id(asked.names["enduser_id"], ("enduser_id",))


def _party(
    person: shapes.PersonBody | None, company: shapes.CompanyBody | None
) -> PersonDetails | CompanyDetails | None:
    if person is not None and company is not None:
        refuse("It is a person or a company: give one of the two.", ("party", "company"))
    if person is not None:
        return PersonDetails(person.name, person.date_of_birth)
    return None if company is None else CompanyDetails(company.name, company.registration_number)


def _address(sent: shapes.AddressBody | None) -> AddressDetails | None:
    return None if sent is None else AddressDetails(**sent.model_dump())


def _found(holder: Holder | None) -> Answer:
    if holder is None or holder.kind is not HolderKind.ENDUSER:
        raise NotFound("There is no such enduser.")
    return Answer(_told(holder))


def _told(holder: Holder) -> Any:
    who: dict[str, Any] = (
        {"name": holder.name, "date_of_birth": holder.date_of_birth}
        if holder.party is Party.PERSON
        else {"name": holder.name, "registration_number": holder.registration_number}
    )
    address = without_none({part: getattr(holder, part) for part in (*ADDRESS_PARTS, "country")})
    return without_none(
        {
            "enduser_id": str(holder.id),
            "enduser_status": ENDUSER_STATUSES[holder.status],
            "created_at": holder.created_at,
            "last_modified_at": holder.updated_at,
            "version": holder.version,
            "person" if holder.party is Party.PERSON else "company": without_none(who),
            "enduser_status_reason": holder.status_reason,
            "missing_data": [_LACKING.get(one, one) for one in holder.missing_data] or None,
            "email": holder.email,
            "address": address or None,
            "enduser_meta": holder.metadata or None,
        }
    )


WRITE, READ = ("holders:write",), ("holders:read",)

_change = partial(Operation, tag=TAG, answers=shapes.EnduserIdAnswer, scopes=WRITE, names=NAMES)
_fetch_one = partial(Operation, method="GET", tag=TAG, answers=shapes.EnduserAnswer, scopes=READ, refusals=(404,))

OPERATIONS = (
    _change(
        name="createEnduser",
        method="POST",
        path=ENDUSERS,
        summary="Create an enduser",
        description="A person or a company. It is screened in the background: ask and wait at `…/wait`.",
        call=_create,
        body=shapes.CreateEnduserBody,
        status=201,
        refusals=(409,),
    ),
    _change(
        name="updateEnduser",
        method="PUT",
        path=ENDUSER,
        summary="Change an enduser",
        description="A change of who it is, or of its country, means that it is screened again.",
        call=_update,
        body=shapes.UpdateEnduserBody,
        refusals=(404, 409),
    ),
    _fetch_one(
        name="fetchEnduser",
        path=ENDUSER,
        summary="Fetch an enduser",
        call=_fetch,
    ),
    _fetch_one(
        name="waitForEnduser",
        path=f"{ENDUSER}/wait",
        summary="Fetch an enduser once it is screened",
        description=f"Answers when it is not pending any more, or after {WAIT_SECONDS:g} seconds, as it then is.",
        call=_wait,
    ),
    Operation(
        name="listEndusers",
        method="GET",
        path=ENDUSERS,
        tag=TAG,
        summary="List endusers",
        description=NEWEST_FIRST,
        call=_list,
        parameters=shapes.EnduserListParameters,
        answers=list[shapes.EnduserAnswer],
        scopes=READ,
        is_paged=True,
    ),
)
