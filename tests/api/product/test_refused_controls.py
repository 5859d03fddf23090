"""Every refusal of `freeze`, `unfreeze` and `setOverdraftLimit`: its type, its code, its path, and nothing changed."""

import pytest

from app.access.note_last_use import finish_noting_last_use
from app.db.connection import fetchval
from tests.api.product.conftest import Client
from tests.api.product.money import pounds
from tests.bookkeeping import nothing_changes

NOBODY = "0197c1f0-7a5b-7c3e-9d42-3f1f5f6b7a84"
ANSWER = """__typename ... on Error { code message path } ... on ConflictError { status }
    ... on ForbiddenError { requiredScope } ... on FreezeSuccess { replayed party {
        ... on Ledger { id freeze { scope reason } overdraftLimit { value } balance { available { value } } }
        ... on Wallet { id freeze { scope reason } overdraftLimit { value } balance { available { value } } } } }"""
INVALID, MISMATCH = ("ValidationError", "VALIDATION"), ("ValidationError", "ASSET_MISMATCH")
NOT_FOUND, CONFLICT = ("NotFoundError", "NOT_FOUND"), ("ConflictError", "INVALID_STATE")
KEYED = ("IdempotencyError", "IDEMPOTENCY_MISMATCH")
BASELINE = {
    "freeze": {"reason": "Court order.", "scope": "DEBITS"},
    "unfreeze": {"reason": "Lifted."},
    "setOverdraftLimit": {"limit": pounds("5.00")},
}
OPEN_WALLETS = """mutation ($input: CreateAccountInput!) { createAccount(input: $input) {
    ... on AccountSuccess { account { wallets { nodes { id name } } } } } }"""


class Of:
    """Stands for something of the scene."""

    def __init__(self, name):
        self.name = name


def everywhere():
    """What each of them refuses of an id and a key."""
    for name in BASELINE:
        for how, value, refusal in (
            ("unknown", NOBODY, NOT_FOUND),
            ("malformed", "not-a-uuid", INVALID),
            ("of a settlement account", Of("settlement"), NOT_FOUND),
            ("of a vault", Of("vault"), NOT_FOUND),
            ("of a holder", Of("holder"), NOT_FOUND),
            ("of a transfer", Of("transfer"), NOT_FOUND),
            ("of another customer", Of("theirs_payer"), NOT_FOUND),
        ):
            yield f"{name}: id {how}", (name, {"id": value}, refusal, "id")
        for how, key, refusal in (
            ("blank", " ", INVALID),
            ("too long", "k" * 256, INVALID),
            ("with other content", "taken", KEYED),
        ):
            yield f"{name}: key {how}", (name, {"idempotencyKey": key}, refusal, "idempotencyKey")


CASES = {
    **dict(everywhere()),
    **{
        f"{name}: {what}": (name, {"id": Of(what)}, CONFLICT, "id")
        for name in ("freeze", "setOverdraftLimit")
        for what in ("closed", "declined")
    },
    **{
        f"{name}: reason {how}": (name, {"reason": reason}, INVALID, "reason")
        for name in ("freeze", "unfreeze")
        for how, reason in (("blank", " "), ("too long", "r" * 256), ("with a control character", "a\u0007b"))
    },
    "setOverdraftLimit: less than is used": (
        "setOverdraftLimit",
        {"id": Of("overdrawn"), "limit": pounds("2.99")},
        CONFLICT,
        "limit.value",
    ),
    "setOverdraftLimit: of what has no floor": ("setOverdraftLimit", {"id": Of("boundless")}, CONFLICT, "id"),
    "setOverdraftLimit: of a product without": (
        "setOverdraftLimit",
        {"id": Of("euro"), "limit": {"value": "1.00", "asset": "EUR"}},
        INVALID,
        "id",
    ),
    "setOverdraftLimit: of a virtual ledger": (
        "setOverdraftLimit",
        {"id": Of("gold"), "limit": {"value": "1", "asset": "GOLD"}},
        INVALID,
        "id",
    ),
    "setOverdraftLimit: another asset": (
        "setOverdraftLimit",
        {"limit": {"value": "1.00", "asset": "EUR"}},
        MISMATCH,
        "limit.asset",
    ),
    **{
        f"setOverdraftLimit: {value!r}": ("setOverdraftLimit", {"limit": pounds(value)}, INVALID, "limit.value")
        for value in ("-1", "+1", "1e3", "0.001", "", "ten", "NaN", "9" * 39, "9" * 37)
    },
}


@pytest.fixture(scope="module")
async def scene(shared_scene):
    """With wallets of an account, one of them overdrawn by 3.00 pounds; keys that are taken."""
    client = shared_scene.client
    wallet = {"currency": "GBP", "accountingType": "LIABILITY", "decimalPlaces": 2}
    wallets = [
        {**wallet, "name": "overdrawn", "overdraftLimit": "4.00"},
        {**wallet, "name": "other"},
        {**wallet, "name": "boundless", "allowNegative": True},
    ]
    made = await client.data(OPEN_WALLETS, input={"type": "GROUP", "reference": "controlled", "wallets": wallets})
    shared_scene.ids |= {one["name"]: one["id"] for one in made["createAccount"]["account"]["wallets"]["nodes"]}
    await shared_scene.done(
        "postTransfer", debitId=shared_scene.overdrawn, creditId=shared_scene.other, amount=pounds("3.00")
    )
    for system in ("settlement:PayrNet-GBP-1", "vault:GOLD"):
        shared_scene.ids[system.split(":")[0]] = str(
            await fetchval(
                "SELECT id FROM system_accounts WHERE customer_id = $1 AND system_key = $2",
                shared_scene.customer_id,
                system,
            )
        )
    for name in BASELINE:
        taken = await ask(shared_scene, name, {"id": Of("other"), "idempotencyKey": "taken"})
        assert taken["__typename"] == "FreezeSuccess"
    return shared_scene


async def ask(scene, name, change, client=None):
    """Call one of them with the baseline, but for what is given; answers the union member."""
    given = {"id": Of("payee"), **BASELINE[name], **change}
    filled = {key: getattr(scene, value.name) if isinstance(value, Of) else value for key, value in given.items()}
    type_name = name[0].upper() + name[1:] + "Input"
    document = f"mutation ($input: {type_name}!) {{ {name}(input: $input) {{ {ANSWER} }} }}"
    answer = (await (client or scene.client).data(document, input=filled))[name]
    await finish_noting_last_use()
    return answer


@pytest.mark.parametrize("case", CASES)
async def test_changes_nothing_by_refusing(scene, case):
    name, change, (type_name, code), argument = CASES[case]
    async with nothing_changes():
        refusal = await ask(scene, name, change)
    assert (refusal["__typename"], refusal["code"]) == (type_name, code), refusal
    assert refusal["path"] == ["input", *argument.split(".")]
    assert len(refusal["message"]) > 10


@pytest.mark.parametrize("name", BASELINE)
async def test_asks_for_the_scope(scene, name):
    made = await scene.client.data(
        """mutation { createApiKey(input: { name: "writes", scopes: [
            "ledgers:write", "accounts:write", "transfers:write", "ledgers:read", "accounts:read"
        ] }) { ... on ApiKeySuccess { key } } }"""
    )
    narrow = Client(scene.client.application, made["createApiKey"]["key"])
    await ask(scene, name, {}, narrow)  # The key's first use is noted, and that is a change.
    async with nothing_changes():
        refusal = await ask(scene, name, {}, narrow)
    assert (refusal["__typename"], refusal["requiredScope"]) == ("ForbiddenError", "ledgers:freeze")


async def test_shows_what_was_done(scene):
    """Last in this file: it is the one that changes something."""
    frozen = await ask(scene, "freeze", {"id": Of("payee")})
    raised = await ask(scene, "setOverdraftLimit", {"id": Of("overdrawn")})
    lifted = await ask(scene, "unfreeze", {"id": Of("payee")})
    assert frozen["party"]["freeze"] == {"scope": "DEBITS", "reason": "Court order."}
    assert (raised["party"]["overdraftLimit"]["value"], raised["party"]["balance"]["available"]["value"]) == (
        "5.00",
        "2.00",
    )
    assert (lifted["party"]["freeze"], lifted["replayed"]) == (None, False)
    assert (await ask(scene, "unfreeze", {"id": Of("payee")}))["replayed"] is True
