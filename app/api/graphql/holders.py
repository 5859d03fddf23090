"""Holders: types, queries and mutations."""

import datetime as dt
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from strawberry import UNSET

from app.api.graphql.account_pages import accounts_of_holder
from app.api.graphql.accounting import UnitBalance
from app.api.graphql.balance_at import By
from app.api.graphql.context import Info
from app.api.graphql.described import described, described_enum, described_input, described_type, optional, union
from app.api.graphql.errors import Refusal, mutation
from app.api.graphql.filter_values import FILTER, instant_in, metadata_in, several_in
from app.api.graphql.journal_enums import BalanceDate
from app.api.graphql.ledger_inputs import LedgerFilter
from app.api.graphql.ledger_pages import ledgers_of_holder
from app.api.graphql.node import EXAMPLE_ID, ItsId, Node
from app.api.graphql.paging import CountedConnection, Which, paged, read_page_of
from app.api.graphql.reply import (
    CLEAR,
    IDEMPOTENCY_KEY,
    IF_VERSION,
    METADATA,
    METADATA_CHANGE,
    REPLAYED,
    Asked,
    Reply,
    command_of,
)
from app.api.graphql.scalars import DateText, DateTimeText, JSONValue
from app.api.graphql.unit_balances import WORK_OF_HOLDER, AtOrNow, balances_of_holder
from app.api.graphql.views import shows, view
from app.db.identifiers import parse_id
from app.db.pages import Page
from app.holders import models, queries
from app.holders.create_holder import CreateHolder, create_holder
from app.holders.party import ADDRESS_PARTS, AddressDetails, CompanyDetails, PersonDetails
from app.holders.review_holder import ReviewDecision, ReviewHolder, review_holder
from app.holders.search import checked_search
from app.holders.status import HolderField, HolderKind, HolderStatus, Party
from app.holders.update_holder import UpdateHolder, update_holder
from app.kernel.checks import check_optional_text

if TYPE_CHECKING:
    from app.api.graphql.accounts import AccountConnection
    from app.api.graphql.ledgers import LedgerConnection

described_enum(
    HolderKind,
    "Who a holder is to the customer. Also known as `enduser_id` or `customer_id`.",
    {HolderKind.ENDUSER: "Somebody the customer serves.", HolderKind.CUSTOMER: "The customer itself."},
)
described_enum(
    HolderStatus,
    "Where a holder stands with the screening. Example: `OK`.",
    {
        HolderStatus.PENDING: "Being screened.",
        HolderStatus.MISSING_DATA: "Something is lacking: see `missingData`.",
        HolderStatus.QUARANTINE: "A person must decide: `reviewHolder`.",
        HolderStatus.OK: "May hold ledgers.",
        HolderStatus.DECLINED: "May hold nothing.",
    },
)
described_enum(
    HolderField,
    "What an update can empty. Example: `EMAIL`.",
    {HolderField.EMAIL: "Its e-mail address.", HolderField.ADDRESS: "Its whole postal address."},
)
described_enum(
    ReviewDecision,
    "What a reviewer decides. Example: `APPROVE`.",
    {ReviewDecision.APPROVE: "The holder becomes OK.", ReviewDecision.DECLINE: "The holder becomes DECLINED."},
)


@described_type("A holder that is a person.")
class Person:
    name: str = described("Full name: `Ada Lovelace`.")
    date_of_birth: dt.date | None = described("Date of birth: `1987-04-01`.")


@described_type("A holder that is a company.")
class Company:
    name: str = described("Registered name: `Analytical Engines Ltd`. Also known as `company.name`.")
    registration_number: str | None = described("Number in its register: `01234567`.")


@described_type("A postal address.")
class Address:
    line1: str | None = described("First line: `12 St James's Square`.")
    line2: str | None = described("Second line: `Flat 3`.")
    city: str | None = described("City: `London`.")
    region: str | None = described("Region or state: `Greater London`.")
    postal_code: str | None = described("Postal code: `SW1Y 4JH`.")
    country: str | None = described("ISO 3166-1 alpha-2 code: `GB`.")


def _person(view: Any) -> Person | None:
    holder: models.Holder = view.shown
    return Person(name=holder.name, date_of_birth=holder.date_of_birth) if holder.party is Party.PERSON else None


def _company(view: Any) -> Company | None:
    holder: models.Holder = view.shown
    if holder.party is Party.PERSON:
        return None
    return Company(name=holder.name, registration_number=holder.registration_number)


def _address(view: Any) -> Address | None:
    parts = {part: getattr(view.shown, part) for part in (*ADDRESS_PARTS, "country")}
    return Address(**parts) if any(parts.values()) else None


@shows(models.Holder, person=_person, company=_company, address=_address)
@described_type("Somebody who can hold ledgers: a person or company, or the customer itself.")
class Holder(Node):
    kind: HolderKind = described("Somebody the customer serves, or itself: `ENDUSER`.")
    status: HolderStatus = described("Where the screening stands: `OK`.")
    status_reason: str | None = described("Why it has this status: `The name is on a list.`")
    missing_data: list[str] = described('What lacks for OK: `["dateOfBirth"]`.')
    name: str = described("The person's or company's name: `Ada Lovelace`.")
    person: Person | None = described("Set where the holder is a person.")
    company: Company | None = described("Set where the holder is a company.")
    email: str | None = described("E-mail address: `ada@example.com`.")
    address: Address | None = described("Postal address.")
    metadata: JSONValue = described('Your own fields: `{"crm": "117"}`.')
    created_at: dt.datetime = described("When it was created: `2026-11-20T12:00:00.123456Z`.")
    updated_at: dt.datetime = described("When it last changed: `2026-11-20T12:00:01.123456Z`.")
    version: int = described("Counts changes of its own attributes: `3`.")

    @paged("Its ledgers, newest first unless ordered otherwise.", needs="ledgers:read")
    async def ledgers(
        self, info: Info, page: Page, filter: Which[LedgerFilter] = None
    ) -> Annotated["LedgerConnection", strawberry.lazy("app.api.graphql.ledgers")]:
        return await ledgers_of_holder(  # type: ignore[return-value]
            info.context, self.id, page, filter
        )

    @paged("Its accounts, newest first unless ordered otherwise.", needs="accounts:read")
    async def accounts(
        self, info: Info, page: Page
    ) -> Annotated["AccountConnection", strawberry.lazy("app.api.graphql.accounts")]:
        return await accounts_of_holder(  # type: ignore[return-value]
            info.context, self.id, page
        )

    @described(
        "What all its ledgers and wallets hold together, per unit and accounting type; with `at`, what they held "
        "at that instant. Lines of which the scope is lacking (`ledgers:read`, `accounts:read`) are left out.",
        work=WORK_OF_HOLDER,
        needs="ledgers:read",
    )
    async def balances(self, info: Info, at: AtOrNow = None, by: By = BalanceDate.POSTED) -> list[UnitBalance]:
        return await balances_of_holder(info.context, self.id, at, by)


@described_type("A page of holders.")
class HolderConnection(CountedConnection[Holder]):
    """A page of a list."""


@described_input("A person or a company: exactly one of them.", one_of=True)
class HolderPartyInput:
    person: "PersonInput | None" = described("A person.", default=UNSET)
    company: "CompanyInput | None" = described("A company.", default=UNSET)

    def details(self) -> PersonDetails | CompanyDetails:
        """The party as the verbs take it."""
        if self.person:
            return PersonDetails(self.person.name, self.person.date_of_birth)
        assert self.company, "GraphQL checks that exactly one is given"
        return CompanyDetails(self.company.name, self.company.registration_number)


@described_input("A person.")
class PersonInput:
    name: str = described("Full name: `Ada Lovelace`.")
    date_of_birth: DateText | None = optional("Date of birth: `1987-04-01`. Needed to be OK.")


@described_input("A company.")
class CompanyInput:
    name: str = described("Registered name: `Analytical Engines Ltd`.")
    registration_number: str | None = optional("Number in its register: `01234567`. Needed to be OK.")


@described_input("A postal address. The country is needed to be OK.")
class AddressInput:
    line1: str | None = optional("First line: `12 St James's Square`.")
    line2: str | None = optional("Second line: `Flat 3`.")
    city: str | None = optional("City: `London`.")
    region: str | None = optional("Region or state: `Greater London`.")
    postal_code: str | None = optional("Postal code: `SW1Y 4JH`.")
    country: str | None = optional("ISO 3166-1 alpha-2 code: `GB`.")

    def details(self) -> AddressDetails:
        """The address as the verbs take it."""
        return AddressDetails(self.line1, self.line2, self.city, self.region, self.postal_code, self.country)


@described_input("A new holder.")
class CreateHolderInput:
    party: HolderPartyInput = described("The person or company.")
    idempotency_key: str | None = optional(IDEMPOTENCY_KEY)
    email: str | None = optional("E-mail address: `ada@example.com`.")
    address: AddressInput | None = optional("Postal address.")
    metadata: JSONValue | None = optional(METADATA)

    def to_command(self) -> CreateHolder:
        """The command of the verb."""
        address = self.address.details() if self.address else None
        return command_of(CreateHolder, self, party=self.party.details(), address=address)


@described_input("A change of a holder: what is absent or null stays as it is.")
class UpdateHolderInput:
    holder_id: strawberry.ID = described(f"Which holder: `{EXAMPLE_ID}`.")
    idempotency_key: str | None = optional(IDEMPOTENCY_KEY)
    if_version: int | None = optional(IF_VERSION)
    party: HolderPartyInput | None = optional("Replaced whole; a person stays a person. Means a new screening.")
    email: str | None = optional("E-mail address: `ada@example.com`.")
    address: AddressInput | None = optional("Replaced whole. Another country means a new screening.")
    metadata: JSONValue | None = optional(METADATA_CHANGE)
    clear: list[HolderField] | None = optional(CLEAR + "`[EMAIL]`.")

    def to_command(self) -> UpdateHolder:
        """The command of the verb."""
        party = self.party.details() if self.party else None
        address = self.address.details() if self.address else None
        return command_of(UpdateHolder, self, party=party, address=address, clear=self.clear or ())


@described_input("A decision about a holder in QUARANTINE.")
class ReviewHolderInput:
    holder_id: strawberry.ID = described(f"Which holder: `{EXAMPLE_ID}`.")
    decision: ReviewDecision = described("What is decided: `APPROVE`.")
    reason: str = described("Why: `Another person of the same name.`")
    idempotency_key: str | None = optional(IDEMPOTENCY_KEY)


@described_input("Which holders; what is left out does not matter.")
class HolderFilter:
    kind: list[HolderKind] | None = optional("Of these kinds: `[ENDUSER]`.")
    status: list[HolderStatus] | None = optional("In these statuses: `[OK]`.")
    search: str | None = optional(
        "Words and prefixes of name and e-mail; case and accents do not matter: `ada lov`. Each must begin a word."
    )
    email: str | None = optional("With this e-mail address, in whatever case: `ada@example.com`.")
    changed_since: DateTimeText | None = optional(
        "Created or updated at or after this instant: `2026-11-20T12:00:00Z`."
    )
    metadata: JSONValue | None = optional('Whose metadata contains this: `{"crm": "117"}`.')


@described_type("The holder, after the change.")
class HolderSuccess(Reply):
    holder: Holder = described("The holder as it now is.")
    replayed: bool = described(REPLAYED)


HolderResult = Annotated[HolderSuccess | Refusal, union("HolderResult", "The holder, or why nothing happened.")]


@strawberry.type
class HolderQueries:
    """Queries about holders."""

    @described("One holder; null where there is none.")
    async def holder(self, info: Info, id: ItsId) -> Holder | None:
        found = await queries.find_holder(info.context.actor, parse_id(id, ("id",)))
        return view(found, info.context)

    @paged("Holders, newest first unless ordered otherwise.")
    async def holders(self, info: Info, page: Page, filter: Which[HolderFilter] = None) -> HolderConnection:
        wanted = _wanted(filter)
        read, cursors = queries.read_holders, queries.holder_cursors
        count = partial(queries.count_holders, info.context.actor, wanted)
        return await read_page_of(  # type: ignore[return-value]
            info.context, wanted, page, read=read, cursors=cursors, count=count
        )


def _wanted(given: HolderFilter | None) -> queries.HolderFilter:
    given = given or HolderFilter()
    return queries.HolderFilter(
        kind=several_in(given.kind, "kind"),
        status=several_in(given.status, "status"),
        changed_since=instant_in(given.changed_since, "changedSince"),
        metadata=metadata_in(given.metadata),
        search=None if given.search is None else checked_search(given.search, (FILTER, "search")),
        email=check_optional_text(given.email, (FILTER, "email")),
    )


@strawberry.type
class HolderMutations:
    """Mutations of holders."""

    @mutation("Create a holder: PENDING at once, screened in the background.")
    async def create_holder(self, info: Info, input: Asked[CreateHolderInput]) -> HolderResult:
        return HolderSuccess.of(await create_holder(info.context.actor, input.to_command()), info.context)

    @mutation("Change a holder. Another party or country means a new screening.")
    async def update_holder(self, info: Info, input: Asked[UpdateHolderInput]) -> HolderResult:
        return HolderSuccess.of(await update_holder(info.context.actor, input.to_command()), info.context)

    @mutation("Let a holder out of QUARANTINE. Needs the scope `holders:review`.")
    async def review_holder(self, info: Info, input: Asked[ReviewHolderInput]) -> HolderResult:
        command = ReviewHolder(input.holder_id, input.decision, input.reason, input.idempotency_key)
        return HolderSuccess.of(await review_holder(info.context.actor, command), info.context)
