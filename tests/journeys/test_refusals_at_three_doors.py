"""What opens no account and no wallet is refused at each door with the same code, at the same field."""

import pytest

from app.access.note_last_use import finish_noting_last_use
from app.access.open_customer import open_customer
from app.db.connection import fetch
from app.main import create_app
from tests.api.product.conftest import product_settings
from tests.empty_tables import empty_all_tables
from tests.journeys.three_doors import ACCOUNT, DOORS, WALLET, ThreeDoors, path_of
from tests.promised_work import PromisedWork

NOBODY = "01a1fc97-411f-7815-bbf0-f0ebf0131acc"
TAKEN_KEY = "taken"
NEW_ACCOUNT = {"account_type": "group", "account_reference": "new"}
PLAIN = {"wallet_name": "w", "currency": "USD", "accounting_type": "ASSET", "decimal_places": 2}
NEW_WALLET = {**PLAIN, "account_reference": "there", "wallet_name": "new"}
WRITTEN_BY_THE_DOOR = {"message_sources", "message_answers"}
"""Which messages there were, and what was said to them."""
NOTED_IN_THE_BACKGROUND = {"api_keys"}
"""When a key was last used."""
OF_GRAPHQL_ITSELF = "BAD_REQUEST"
"""What GraphQL's types refuse, before there is a command."""


def deep(levels):
    return {"a": deep(levels - 1)} if levels > 1 else {"a": 1}


async def make_scene(application, work):
    """A customer who has an account, a closed one, one that a ledger in pounds backs, and ledgers of all kinds."""
    opened = await open_customer("Example Ltd")
    doors = ThreeDoors(application, opened.api_key, opened.customer_id)
    rest = doors.rest
    doors.names = {
        "SINGLE": await rest.issue(holder_id=rest.customer_id),
        "OMNIBUS": await rest.issue(ledger_type="ledger-type-omnibus", holder_id=rest.customer_id),
        "ENDED": await rest.issue(
            ledger_type="ledger-type-omnibus", holder_id=rest.customer_id, ledger_meta={"simulate": "decline"}
        ),
        "NOBODY": NOBODY,
    }
    await work()
    assert (await rest.ledger(doors.names["ENDED"]))["ledger_status"] == "ledger-status-declined"
    backed = {"account_reference": "backed", "backing_ledger_id": doors.names["OMNIBUS"]}
    for more in ({"account_reference": "there", "wallets": [PLAIN]}, {"account_reference": "closed"}, backed):
        made = await doors.ask("rest", ACCOUNT, {"account_type": "group", **more})
        if more["account_reference"] == "closed":
            close = "mutation ($id: ID!) { closeAccount(input: { accountId: $id }) { __typename } }"
            told = await doors.graphql.data(close, id=made.id)
            assert told["closeAccount"]["__typename"] == "AccountSuccess"
    for operation, body in (
        (ACCOUNT, {**NEW_ACCOUNT, "account_reference": "keyed"}),
        (WALLET, {**NEW_WALLET, "wallet_name": "keyed"}),
    ):
        assert (await doors.ask("rest", operation, body, TAKEN_KEY)).replayed is False
    return doors


@pytest.fixture(scope="module")
async def doors(migrated_url):
    """Made once: nothing that is refused here changes anything, as each test sees."""
    settings = product_settings(migrated_url)
    application = create_app(settings)
    async with application.app.router.lifespan_context(application):
        await empty_all_tables()
        yield await make_scene(application, PromisedWork(settings))
        await finish_noting_last_use()


async def everything():
    """A digest of each table."""
    tables = [row[0] for row in await fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    compared = sorted(set(tables) - WRITTEN_BY_THE_DOOR - NOTED_IN_THE_BACKGROUND)
    assert {"accounts", "wallets", "posting_accounts", "events", "idempotency_keys", "outbox_messages"} <= {*compared}
    digests = [
        f"SELECT '{name}' AS name, md5(string_agg(t::text, '' ORDER BY t::text)) FROM {name} t" for name in compared
    ]
    return sorted((name, digest or "") for name, digest in await fetch(" UNION ALL ".join(digests)))


def of_account(name, change, code, *path, key=None):
    return pytest.param(ACCOUNT, {**NEW_ACCOUNT, **change}, code, path, key, id=f"account-{name}")


def of_wallet(name, change, code, *path, key=None):
    """Of a wallet by itself, and of one in the list of an account."""
    return pytest.param(WALLET, {**NEW_WALLET, **change}, code, path, key, id=f"wallet-{name}")


def of_listed(name, change, code, *path):
    wallets = [PLAIN, {**PLAIN, "wallet_name": "second", **change}]
    return of_account(f"wallet-{name}", {"wallets": wallets}, code, "wallets", "1", *path)


def of_both(name, change, code, *path):
    return [of_wallet(name, change, code, *path), of_listed(name, change, code, *path)]


def of_texts():
    """Texts that no reference and no name can be."""
    for name, text in (("blank", " "), ("empty", ""), ("long", "x" * 256), ("control", "a\x07b")):
        yield of_account(f"reference-{name}", {"account_reference": text}, "VALIDATION", "account_reference")
        yield of_wallet(f"reference-{name}", {"account_reference": text}, "VALIDATION", "account_reference")
        yield from of_both(f"name-{name}", {"wallet_name": text}, "VALIDATION", "wallet_name")
    for operation in (of_account, of_wallet):
        for name, key in (("blank", " "), ("empty", ""), ("long", "k" * 256)):
            yield operation(f"key-{name}", {}, "VALIDATION", "key", key=key)
        yield operation("key-other-content", {}, "IDEMPOTENCY_MISMATCH", "key", key=TAKEN_KEY)


def of_metadata():
    """Metadata that cannot be kept."""
    for name, metadata in (
        ("large", {"a": "x" * 16_384}),
        ("deep", deep(11)),
        ("many-keys", {str(number): number for number in range(201)}),
        ("huge-number", {"a": 2**63}),
        ("list", [1]),
        ("text", "a"),
    ):
        yield of_account(f"metadata-{name}", {"metadata": metadata}, "VALIDATION", "metadata")
        yield from of_both(f"metadata-{name}", {"metadata": metadata}, "VALIDATION", "metadata")


REFUSALS = [
    *of_texts(),
    *of_metadata(),
    *of_both("currency-small", {"currency": "usd"}, "VALIDATION", "currency"),
    *of_both("currency-short", {"currency": "U"}, "VALIDATION", "currency"),
    *of_both("currency-long", {"currency": "U" * 13}, "VALIDATION", "currency"),
    *of_both("currency-empty", {"currency": ""}, "VALIDATION", "currency"),
    *of_both("decimals-many", {"decimal_places": 19}, "VALIDATION", "decimal_places"),
    *of_both("decimals-negative", {"decimal_places": -1}, "VALIDATION", "decimal_places"),
    *of_both("overdraft-decimals", {"overdraft_limit": 0.001}, "VALIDATION", "overdraft_limit"),
    *of_both("overdraft-negative", {"overdraft_limit": -1}, "VALIDATION", "overdraft_limit"),
    *of_both("overdraft-digits", {"overdraft_limit": 10**38}, "VALIDATION", "overdraft_limit"),
    *of_both("overdraft-boundless", {"overdraft_limit": 5, "allow_negative": True}, "VALIDATION", "overdraft_limit"),
    of_listed("twice", {"wallet_name": "w"}, "VALIDATION"),
    of_account("type-other", {"account_reference": "there", "account_type": "chart", "wallets": [PLAIN]},
               "DUPLICATE_REFERENCE", "account_reference"),
    of_account("metadata-other", {"account_reference": "there", "metadata": {"a": 1}, "wallets": [PLAIN]},
               "DUPLICATE_REFERENCE", "account_reference"),
    of_account("wallets-other", {"account_reference": "there"}, "DUPLICATE_REFERENCE", "account_reference"),
    of_account("wallet-other", {"account_reference": "there", "wallets": [{**PLAIN, "decimal_places": 3}]},
               "DUPLICATE_REFERENCE", "account_reference"),
    of_account("holder-unknown", {"holder_id": NOBODY}, "NOT_FOUND", "holder_id"),
    of_account("holder-malformed", {"holder_id": "x"}, "VALIDATION", "holder_id"),
    of_account("ledger-unknown", {"backing_ledger_id": NOBODY}, "NOT_FOUND", "backing_ledger_id"),
    of_account("ledger-malformed", {"backing_ledger_id": "x"}, "VALIDATION", "backing_ledger_id"),
    of_account("ledger-single", {"backing_ledger_id": "<SINGLE>"}, "VALIDATION", "backing_ledger_id"),
    of_account("ledger-ended", {"backing_ledger_id": "<ENDED>"}, "INVALID_STATE", "backing_ledger_id"),
    of_account("ledger-other-currency", {"backing_ledger_id": "<OMNIBUS>", "wallets": [PLAIN]},
               "ASSET_MISMATCH", "wallets", "0", "currency"),
    of_wallet("account-unknown", {"account_reference": "nowhere"}, "NOT_FOUND", "account_reference"),
    of_wallet("account-closed", {"account_reference": "closed"}, "INVALID_STATE", "account_reference"),
    of_wallet("account-other-currency", {"account_reference": "backed"}, "ASSET_MISMATCH", "currency"),
    *(of_wallet(f"{field}-other", {"wallet_name": "w", field: value}, "DUPLICATE_REFERENCE", "wallet_name")
      for field, value in (("decimal_places", 3), ("accounting_type", "LIABILITY"), ("allow_negative", True),
                           ("overdraft_limit", 5),
                           ("metadata", {"a": 1}))),
]  # fmt: skip


@pytest.mark.parametrize(("operation", "body", "code", "path", "key"), REFUSALS)
async def test_refuses_alike(doors, operation, body, code, path, key):
    sent = {name: doors.names.get(str(value)[1:-1], value) for name, value in body.items()}
    before = await everything()
    told = {door: await doors.ask(door, operation, sent, key) for door in DOORS}
    assert {door: one.refusals for door, one in told.items()} == {
        door: [(code, path_of(door, operation, path))] for door in DOORS
    }
    assert len({one.faults[0][1] for one in told.values()}) == 1, told
    assert await everything() == before


async def test_takes_no_more_than_a_thousand_wallets_with_an_account(doors):
    """The same at each door, but that REST speaks of items."""
    before = await everything()
    body = {**NEW_ACCOUNT, "wallets": [{**PLAIN, "wallet_name": f"w{number}"} for number in range(1_001)]}
    for door in DOORS:
        told = await doors.ask(door, ACCOUNT, body)
        assert told.refusals == [("VALIDATION", path_of(door, ACCOUNT, ("wallets",)))]
        assert told.faults[0][1].startswith("At most 1,000 ")
    assert await everything() == before


def test_has_every_code_that_these_commands_are_refused_with():
    """But FORBIDDEN: whoever may write to a topic may open accounts, so Kafka refuses nobody."""
    assert {row.values[2] for row in REFUSALS} == {
        "VALIDATION",
        "NOT_FOUND",
        "DUPLICATE_REFERENCE",
        "INVALID_STATE",
        "ASSET_MISMATCH",
        "IDEMPOTENCY_MISMATCH",
    }


def of_shape(name, change, *path):
    lacking = {field for field, value in change.items() if value is None}
    wallet = {field: value for field, value in {**NEW_WALLET, **change}.items() if field not in lacking}
    listed = {field: value for field, value in wallet.items() if field != "account_reference"}
    yield pytest.param(WALLET, wallet, path, id=f"wallet-{name}")
    yield pytest.param(ACCOUNT, {**NEW_ACCOUNT, "wallets": [listed]}, ("wallets", "0", *path), id=f"listed-{name}")


def without(body, name):
    return {field: value for field, value in body.items() if field != name}


SHAPES = [
    *of_shape("accounting-type-unknown", {"accounting_type": "CASH"}, "accounting_type"),
    *of_shape("accounting-type-missing", {"accounting_type": None}, "accounting_type"),
    *of_shape("name-missing", {"wallet_name": None}, "wallet_name"),
    *of_shape("name-number", {"wallet_name": 7}, "wallet_name"),
    *of_shape("currency-number", {"currency": 840}, "currency"),
    *of_shape("decimals-missing", {"decimal_places": None}, "decimal_places"),
    *of_shape("decimals-text", {"decimal_places": "2"}, "decimal_places"),
    *of_shape("decimals-broken", {"decimal_places": 2.5}, "decimal_places"),
    *of_shape("decimals-truth", {"decimal_places": True}, "decimal_places"),
    *of_shape("negative-text", {"allow_negative": "yes"}, "allow_negative"),
    *of_shape("overdraft-truth", {"overdraft_limit": True}, "overdraft_limit"),
    *of_shape("field-unknown", {"scale": 2}, "scale"),
    pytest.param(WALLET, without(NEW_WALLET, "account_reference"), ("account_reference",), id="wallet-no-reference"),
    pytest.param(ACCOUNT, without(NEW_ACCOUNT, "account_reference"), ("account_reference",), id="account-no-reference"),
    pytest.param(ACCOUNT, {**NEW_ACCOUNT, "account_reference": 7}, ("account_reference",), id="reference-number"),
    pytest.param(ACCOUNT, {**NEW_ACCOUNT, "account_type": "club"}, ("account_type",), id="type-unknown"),
    pytest.param(ACCOUNT, without(NEW_ACCOUNT, "account_type"), ("account_type",), id="type-missing"),
    pytest.param(ACCOUNT, {**NEW_ACCOUNT, "account_type": True}, ("account_type",), id="type-truth"),
    pytest.param(ACCOUNT, {**NEW_ACCOUNT, "wallets": ["w"]}, ("wallets", "0"), id="wallets-texts"),
    pytest.param(ACCOUNT, {**NEW_ACCOUNT, "holder_id": 7.5}, ("holder_id",), id="holder-number"),
    pytest.param(ACCOUNT, {**NEW_ACCOUNT, "balance": 7}, ("balance",), id="field-unknown"),
]


@pytest.mark.parametrize(("operation", "body", "path"), SHAPES)
async def test_refuses_alike_what_is_no_command(doors, operation, body, path):
    """REST and Kafka with one code and the field's name; GraphQL by its types, as it refuses all such input."""
    before = await everything()
    told = {door: await doors.ask(door, operation, body) for door in DOORS}
    assert told["rest"].refusals == told["kafka"].refusals == [("VALIDATION", path)]
    [(code, message, _)] = told["graphql"].faults
    assert code == OF_GRAPHQL_ITSELF
    assert path_of("graphql", operation, path)[-1] in message
    assert await everything() == before
