"""What queries about accounts and wallets take: keys and filters."""

from collections.abc import Callable

import strawberry
from strawberry import UNSET

from app.accounts import lists
from app.accounts.orders import check_address, check_currency, check_reference
from app.api.graphql.account_enums import AccountingType, AccountType
from app.api.graphql.described import described, described_input, optional
from app.api.graphql.filter_values import FILTER, id_in, instant_in, metadata_in, several_in
from app.api.graphql.node import EXAMPLE_ID
from app.api.graphql.scalars import DateTimeText, JSONValue
from app.kernel.errors import Path


@described_input("Names one account: exactly one of these.", one_of=True)
class AccountKey:
    id: strawberry.ID | None = described(f"Its id: `{EXAMPLE_ID}`.", default=UNSET)
    reference: str | None = described("Its reference: `customer123`. Also known as `account_reference`.", default=UNSET)


@described_input("A wallet's name and currency within its account.")
class WalletAddressInput:
    account_reference: str = described("Its account's reference: `customer123`. Also known as `account_reference`.")
    name: str = described("Its name: `default`. Also known as `wallet_name`.")
    currency: str = described("Its currency: `USD`.")

    def checked(self, path: Path) -> tuple[str, str, str]:
        """The account's reference, and the wallet's name and currency.

        :raises Invalid: one of them is malformed.
        """
        reference = check_reference(self.account_reference, (*path, "accountReference"))
        return (reference, *check_address(self.name, self.currency, path))


@described_input("Names one wallet: exactly one of these.", one_of=True)
class WalletKey:
    id: strawberry.ID | None = described(f"Its id: `{EXAMPLE_ID}`.", default=UNSET)
    address: WalletAddressInput | None = described("Its account's reference, its name and its currency.", default=UNSET)


@described_input("Which accounts; what is left out does not matter.")
class AccountFilter:
    type: list[AccountType] | None = optional("Of these types: `[CHART]`.")
    references: list[str] | None = optional(
        'With these references: `["customer123"]`. Also known as `account_reference`.'
    )
    holder_id: strawberry.ID | None = optional("This holder's. Also known as `holder_id`.")
    changed_since: DateTimeText | None = optional(
        "Created or updated at or after this instant: `2026-11-20T12:00:00Z`."
    )
    metadata: JSONValue | None = optional(
        'Containment: whose metadata contains this: `{"customer_id": "customer123"}`.'
    )


@described_input("Which wallets; what is left out does not matter.")
class WalletFilter:
    account_reference: str | None = optional("Of the account with this reference: `customer123`.")
    currency: list[str] | None = optional('In these currencies: `["USD", "EUR"]`.')
    accounting_type: list[AccountingType] | None = optional("Of these accounting types: `[LIABILITY]`.")
    holder_id: strawberry.ID | None = optional("In accounts of this holder. Also known as `holder_id`.")
    changed_since: DateTimeText | None = optional(
        "Created, updated, credited or debited at or after this instant: `2026-11-20T12:00:00Z`."
    )
    frozen: bool | None = optional("true: frozen ones only; false: the others.")
    metadata: JSONValue | None = optional('Containment: whose metadata contains this: `{"purpose": "savings"}`.')


def wanted_accounts(given: AccountFilter | None) -> lists.AccountFilter:
    """The filter as the query takes it.

    :raises Invalid: a malformed value, or too many.
    """
    given = given or AccountFilter()
    return lists.AccountFilter(
        type=several_in(given.type, "type"),
        references=_checked(given.references, "references", check_reference),
        holder_id=id_in(given.holder_id, "holderId"),
        changed_since=instant_in(given.changed_since, "changedSince"),
        metadata=metadata_in(given.metadata),
    )


def wanted_wallets(given: WalletFilter | None) -> lists.WalletFilter:
    """The filter as the query takes it.

    :raises Invalid: a malformed value, or too many.
    """
    given = given or WalletFilter()
    reference = given.account_reference
    return lists.WalletFilter(
        account_reference=None if reference is None else check_reference(reference, (FILTER, "accountReference")),
        currency=_checked(given.currency, "currency", check_currency),
        accounting_type=several_in(given.accounting_type, "accountingType"),
        holder_id=id_in(given.holder_id, "holderId"),
        changed_since=instant_in(given.changed_since, "changedSince"),
        frozen=given.frozen,
        metadata=metadata_in(given.metadata),
    )


def _checked(texts: list[str] | None, name: str, check: Callable[[str, Path], str]) -> tuple[str, ...] | None:
    several = several_in(texts, name)
    return several and tuple(check(text, (FILTER, name, str(index))) for index, text in enumerate(several))
