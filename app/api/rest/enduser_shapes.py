"""What the operations of endusers take and answer."""

from typing import NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from app.api.rest.fields import (
    Country,
    Id,
    MetadataObject,
    PageSize,
    Text,
    ToldDate,
    ToldInstant,
    ToldMetadata,
    WholeNumber,
)
from app.api.rest.operation import Body, Parameters, optional
from app.api.rest.values import EnduserFieldText, EnduserStatusText


class PersonBody(Body):
    """A person."""

    name: Text = Field(description="Their name.", examples=["Ada Lovelace"])
    date_of_birth: str | None = optional(
        "Needed to be OK.", json_schema_extra={"format": "date"}, examples=["1987-04-01"]
    )


class CompanyBody(Body):
    """A company."""

    name: Text = Field(description="Its name.", examples=["Analytical Engines Ltd"])
    registration_number: Text | None = optional("Needed to be OK.", examples=["01234567"])


class AddressBody(Body):
    """An address; what it leaves out is emptied."""

    line1: Text | None = None
    line2: Text | None = None
    city: Text | None = None
    region: Text | None = None
    postal_code: Text | None = None
    country: Country | None = optional("Needed to be OK.")


class CreateEnduserBody(Body):
    """A person or a company to serve: one of the two."""

    person: PersonBody | None = None
    company: CompanyBody | None = None
    email: str | None = Field(default=None, examples=["ada@example.com"])
    address: AddressBody | None = None
    enduser_meta: MetadataObject | None = None


class UpdateEnduserBody(Body):
    """What to change; what is left out stays. A person or a company is replaced whole, and never becomes the other."""

    person: PersonBody | None = None
    company: CompanyBody | None = None
    email: str | None = None
    address: AddressBody | None = None
    enduser_meta: MetadataObject | None = None
    clear: list[EnduserFieldText] = Field(default_factory=list, description="What to empty.", max_length=10)
    if_version: WholeNumber | None = optional(
        "Only if it still is at this `version`.", json_schema_extra={"minimum": 0}
    )


class EnduserListParameters(Parameters):
    """Which page."""

    last_seen_id: Id | None = optional("Go on after this enduser, the last one of a page.")
    items_per_page: PageSize


class EnduserIdAnswer(TypedDict):
    """Which enduser."""

    enduser_id: Id


class PersonAnswer(TypedDict):
    """A person."""

    name: str
    date_of_birth: NotRequired[ToldDate]


class CompanyAnswer(TypedDict):
    """A company."""

    name: str
    registration_number: NotRequired[str]


class AddressAnswer(TypedDict):
    """An address."""

    line1: NotRequired[str]
    line2: NotRequired[str]
    city: NotRequired[str]
    region: NotRequired[str]
    postal_code: NotRequired[str]
    country: NotRequired[str]


class EnduserAnswer(TypedDict):
    """An enduser. What it does not have is left out."""

    enduser_id: Id
    enduser_status: EnduserStatusText
    created_at: ToldInstant
    last_modified_at: ToldInstant
    version: int
    person: NotRequired[PersonAnswer]
    company: NotRequired[CompanyAnswer]
    enduser_status_reason: NotRequired[str]
    missing_data: NotRequired[list[str]]
    email: NotRequired[str]
    address: NotRequired[AddressAnswer]
    enduser_meta: NotRequired[ToldMetadata]
