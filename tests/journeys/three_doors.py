"""Commands that open accounts and wallets, through GraphQL, REST and Kafka.

A command is written once, as REST and Kafka take its body; GraphQL's form of it is made here, apart from the product.
"""

import itertools
from dataclasses import dataclass

from tests.api.product.conftest import Client
from tests.api.rest.conftest import RestClient
from tests.workers.kafka.one_partition import Door

ACCOUNT, WALLET = "create_account", "create_wallet"
DOORS = ("graphql", "rest", "kafka")

_PATHS = {ACCOUNT: "/api/v1/account", WALLET: "/api/v1/wallet"}
_DOCUMENTS = {
    ACCOUNT: (
        "createAccount",
        """mutation ($input: CreateAccountInput!) { createAccount(input: $input) {
            __typename ... on AccountSuccess { account { id } replayed }
            ... on Error { code message path } ... on ValidationError { fields { code message path } } } }""",
    ),
    WALLET: (
        "createWallet",
        """mutation ($input: CreateWalletInput!) { createWallet(input: $input) {
            __typename ... on WalletSuccess { wallet { id } replayed }
            ... on Error { code message path } ... on ValidationError { fields { code message path } } } }""",
    ),
}
_NAMES = {
    "account_type": "type",
    "wallet_name": "name",
    "accounting_type": "accountingType",
    "decimal_places": "decimalPlaces",
    "allow_negative": "allowNegative",
    "overdraft_limit": "overdraftLimit",
    "holder_id": "holderId",
    "backing_ledger_id": "backingLedgerId",
    "key": "idempotencyKey",
}
_REFERENCE = {ACCOUNT: "reference", WALLET: "accountReference"}
_KEY_HEADER = "Idempotency-Key"


@dataclass(frozen=True, slots=True)
class Told:
    """What a door says: the id of what there is now and whether it was there before, or the faults.

    A fault is a code, a message and a path.
    """

    id: str | None = None
    replayed: bool | None = None
    faults: tuple[tuple[str, str, tuple[str, ...]], ...] = ()

    @property
    def refusals(self):
        """Codes and paths."""
        return [(code, path) for code, _, path in self.faults]


class ThreeDoors:
    """One customer, through the three doors."""

    def __init__(self, application, api_key, customer_id, send=None):
        self.graphql = Client(application, api_key, customer_id)
        self.rest = RestClient(application, api_key, customer_id)
        self.customer_id = customer_id
        self._send = send or _in_this_process(customer_id)

    async def ask(self, door, operation, body, key=None):
        """Give the command through one of the doors."""
        return await getattr(self, f"_over_{door}")(operation, body, key)

    async def _over_graphql(self, operation, body, key):
        name, document = _DOCUMENTS[operation]
        answer = await self.graphql.ask(document, input=graphql_input(operation, body, key))
        if answer.get("data") is None:
            return Told(faults=tuple((one["extensions"]["code"], one["message"], ()) for one in answer["errors"]))
        told = answer["data"][name]
        if "code" in told:
            faults = told.get("fields") or [told]
            return Told(faults=tuple(_fault(one, one["path"] or ()) for one in faults))
        return Told((told.get("account") or told["wallet"])["id"], told["replayed"])

    async def _over_rest(self, operation, body, key):
        response = await self.rest.call("POST", _PATHS[operation], body, key=key)
        told = response.json()
        if response.status_code >= 400:
            return Told(faults=tuple(_fault(one, one["path"]) for one in told["errors"]))
        made_id = told["account_id"] if operation == ACCOUNT else told["wallet_id"]
        return Told(made_id, "idempotent-replayed" in response.headers)

    async def _over_kafka(self, operation, body, key):
        headers = [] if key is None else [(_KEY_HEADER, key.encode())]
        told = await self._send({"operation": operation, **body}, headers)
        if told["status"] == "error":
            return Told(faults=tuple(_fault(one, one["path"]) for one in told["errors"]))
        made_id = told["account"]["account_id"] if operation == ACCOUNT else told["wallets"][0]["wallet_id"]
        return Told(made_id, told["replayed"])


def _fault(one, path):
    return one["code"], one["message"], tuple(path)


def _in_this_process(customer_id):
    """Give messages to what the door's process gives its batches to, each at a place of its own."""
    door, places = Door(customer_id), itertools.count()

    async def send(value, headers):
        [answer] = await door.carry_out(value, first=next(places), headers=headers)
        return answer

    return send


def graphql_input(operation, body, key=None):
    """The command as GraphQL takes it."""
    if operation == ACCOUNT:
        given = _renamed(body, "reference")
        if "wallets" in body:
            given["wallets"] = [_renamed(one, None) if isinstance(one, dict) else one for one in body["wallets"] or ()]
    else:
        wallet = _renamed(body, None)
        given = {"wallet": wallet}
        if "account_reference" in wallet:
            given["accountReference"] = wallet.pop("account_reference")
    return given if key is None else {**given, "idempotencyKey": key}


def _renamed(body, reference):
    given = {_NAMES.get(name, name): value for name, value in body.items()}
    limit = given.get("overdraftLimit")
    if type(limit) in {int, float}:  # GraphQL has exact decimals as text.
        given["overdraftLimit"] = str(limit)
    if isinstance(given.get("type"), str):
        given["type"] = given["type"].upper()
    if reference is not None and "account_reference" in given:
        given[reference] = given.pop("account_reference")
    return given


def path_of(door, operation, path):
    """Where a field stands for those who use this door; `key` is the idempotency key."""
    if path == ("key",) and door != "graphql":
        return (_KEY_HEADER if door == "rest" else _KEY_HEADER.lower(),)
    if door != "graphql":
        return path
    named = tuple(_REFERENCE[operation] if name == "account_reference" else _NAMES.get(name, name) for name in path)
    is_of_wallet = operation == WALLET and path not in {("key",), ("account_reference",)}
    return ("input", "wallet", *named) if is_of_wallet else ("input", *named)
