"""Check a person or company as sent, and list what a holder still needs to be OK."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from app.holders.status import Party
from app.kernel.checks import check_country, check_optional_text, check_text, parse_date
from app.kernel.errors import Invalid, Path

ADDRESS_PARTS = ("line1", "line2", "city", "region", "postal_code")


@dataclass(frozen=True, slots=True)
class PersonDetails:
    """A person, as sent: the date of birth is text like `1987-04-01`."""

    name: str
    date_of_birth: str | None = None


@dataclass(frozen=True, slots=True)
class CompanyDetails:
    """A company, as sent."""

    name: str
    registration_number: str | None = None


@dataclass(frozen=True, slots=True)
class AddressDetails:
    """An address, as sent; the country is an ISO 3166-1 alpha-2 code."""

    line1: str | None = None
    line2: str | None = None
    city: str | None = None
    region: str | None = None
    postal_code: str | None = None
    country: str | None = None


def given_address(address: AddressDetails | None) -> AddressDetails | None:
    """The address, or None if it has no part: clients send null for each part that is not set."""
    return None if address == AddressDetails() else address


def party_columns(party: PersonDetails | CompanyDetails, path: Path, *, today: date) -> dict[str, Any]:
    """The columns that a party fills; parts left out are cleared.

    :raises Invalid: a bad name, date or number.
    """
    if isinstance(party, PersonDetails):
        base = (*path, "person")
        born = party.date_of_birth
        date_of_birth = None if born is None else parse_date(born, (*base, "date_of_birth"))
        if date_of_birth is not None and not date(1870, 1, 1) <= date_of_birth <= today:
            raise Invalid("A date of birth is in the past, and not before 1870.", path=(*base, "date_of_birth"))
        return {
            "party": Party.PERSON.value,
            "name": check_text(party.name, (*base, "name")),
            "date_of_birth": date_of_birth,
            "registration_number": None,
        }
    base = (*path, "company")
    return {
        "party": Party.COMPANY.value,
        "name": check_text(party.name, (*base, "name")),
        "date_of_birth": None,
        "registration_number": check_optional_text(party.registration_number, (*base, "registration_number")),
    }


def address_columns(address: AddressDetails | None, path: Path) -> dict[str, Any]:
    """The columns that an address fills; parts left out are cleared.

    :raises Invalid: a bad part.
    """
    if address is None:
        return dict.fromkeys((*ADDRESS_PARTS, "country"))
    filled = {part: check_optional_text(getattr(address, part), (*path, part)) for part in ADDRESS_PARTS}
    country = None if address.country is None else check_country(address.country, (*path, "country"))
    return {**filled, "country": country}


def missing_data(columns: Any) -> list[str]:
    """What a holder with these columns still needs to be OK, by the names of the API."""
    needed = (
        {"date_of_birth": "dateOfBirth", "country": "address.country"}
        if columns["party"] == Party.PERSON.value
        else {"registration_number": "registrationNumber", "country": "address.country"}
    )
    return [name for column, name in needed.items() if columns[column] is None]
