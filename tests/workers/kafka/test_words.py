"""The words of answers: those of the guide's bodies, and what is in the way."""

import json
import re

import pytest

from app.db.connection import fetchval
from tests.workers.kafka.one_partition import Door

CAMEL_CASE = re.compile(r"\b[a-z]+[A-Z][A-Za-z]*\b")
WALLET = {"wallet_name": "default", "currency": "USD", "accounting_type": "LIABILITY", "decimal_places": 2}
ACCOUNT = {"operation": "create_account", "account_type": "group", "account_reference": "customer123"}
NEW = {**ACCOUNT, "account_reference": "new"}
NEW_WALLET = {"operation": "create_wallet", "account_reference": "customer123", **WALLET, "wallet_name": "new"}
AN_ID = "753fa673-66b4-4c94-9ddb-f9f4b5c1e9a3"

OF_WALLETS = [
    {"decimal_places": 19},
    {"decimal_places": -1},
    {"decimal_places": "2"},
    {"decimal_places": None},
    {"currency": "usd"},
    {"accounting_type": "LIABILITIES"},
    {"accounting_type": 1},
    {"wallet_name": ""},
    {"wallet_name": "n" * 300},
    {"wallet_name": "a\x01b"},
    {"allow_negative": "no"},
    {"allow_negative": True, "overdraft_limit": 5},
    {"overdraft_limit": -5},
    {"overdraft_limit": 5.001},
    {"overdraft_limit": "5"},
    {"overdraft_limit": 10**60},
    {"metadata": []},
    {"metadata": {"a": "x" * 20_000}},
    {"allowNegative": True},
]
OF_ACCOUNTS = [
    {"account_type": "groups"},
    {"account_type": None},
    {"account_reference": " "},
    {"account_reference": "r" * 300},
    {"holder_id": "nobody"},
    {"holder_id": AN_ID},
    {"backing_ledger_id": "none"},
    {"backing_ledger_id": AN_ID},
    {"metadata": "text"},
    {"wallets": [WALLET, WALLET]},
    {"wallets": [{**WALLET, "wallet_name": f"w{number}"} for number in range(1_001)]},
    {"wallets": [{}]},
]
REFUSED = [
    *({**NEW_WALLET, **change} for change in OF_WALLETS),
    *({**NEW, "wallets": [{**WALLET, **change}]} for change in OF_WALLETS),
    *({**NEW, **change} for change in OF_ACCOUNTS),
    {**NEW_WALLET, "account_reference": "nobody"},
    {**ACCOUNT, "metadata": {"other": 1}},
    {**NEW_WALLET, **WALLET, "decimal_places": 3},
]


@pytest.fixture
async def door(customer_id):
    made = Door(customer_id)
    await made.carry_out({**ACCOUNT, "wallets": [WALLET]}, first=10_000)
    return made


async def test_speaks_the_words_of_the_messages(door):
    told = await door.carry_out(*REFUSED)
    for sent, answer in zip(REFUSED, told, strict=True):
        assert answer["status"] == "error", sent
        for error in answer["errors"]:
            words = " ".join([error["message"].replace("allowNegative", ""), *error["path"][:-1]])
            assert not CAMEL_CASE.search(words), error
            assert set(error["path"][:-1]) <= {"wallets", *"0123456789"}, error
            assert error["path"][-1:] in ([], ["allowNegative"]) or not CAMEL_CASE.search(error["path"][-1]), error
    assert not {"type", "name", "reference", "input", "wallet"} & {
        step for answer in told for error in answer["errors"] for step in error["path"]
    }


@pytest.mark.parametrize("accepted", ["group", "GROUP", "Group"])
async def test_takes_types_in_capitals_and_in_small_letters(door, accepted):
    [answer] = await door.carry_out(
        {**NEW, "account_type": accepted, "wallets": [{**WALLET, "accounting_type": "Asset"}]}
    )
    assert (answer["account"]["account_type"], answer["wallets"][0]["accounting_type"]) == ("group", "ASSET")


async def test_names_the_types_as_it_takes_them(door):
    [answer] = await door.carry_out({**NEW, "account_type": "groups"})
    assert answer["errors"] == [
        {"code": "VALIDATION", "message": "There is no such value: give one of group, chart.", "path": ["account_type"]}
    ]


async def test_says_which_object_is_in_the_way_and_what_to_change(door):
    of_account, of_wallet = await door.carry_out(REFUSED[-2], REFUSED[-1])
    assert of_account["errors"] == [
        {
            "code": "DUPLICATE_REFERENCE",
            "message": "This reference is taken by an account that was created with other content: give another "
            "reference, or the same content.",
            "path": ["account_reference"],
            "existing_id": str(await fetchval("SELECT id FROM accounts")),
        }
    ]
    [error] = of_wallet["errors"]
    assert error["existing_id"] == str(await fetchval("SELECT id FROM wallets"))
    assert error["path"] == ["wallet_name"]
    assert error["message"].endswith("give another name, or the same content.")
    assert json.dumps(of_wallet["account"]) == "null"
