"""The accounts' document over HTTPS: its own code, run with `requests` against a running server."""

import json

import httpx

from tests.seeds.conftest import run_python
from tests.seeds.samples import (
    ADD_WALLET,
    CHART_ACCOUNT,
    CREATE_ACCOUNT,
    MULTI_CURRENCY,
    SAY,
    SEND_ACCOUNT,
    SEND_WALLET,
    mended,
)


async def fetched(url, key, reference):
    """The account of this reference, as it is read back."""
    async with httpx.AsyncClient(trust_env=False, base_url=url, headers={"Authorization": f"Bearer {key}"}) as client:
        response = await client.get(f"/api/v1/account/{reference}/")
        wallets = await client.get("/api/v1/wallet/", params={"account_reference": reference})
        assert (response.status_code, wallets.status_code) == (200, 200), response.text
        account = json.loads(response.text, parse_float=str)
        assert account["wallets"] == json.loads(wallets.text, parse_float=str)
        return account


async def test_creates_an_account_and_adds_a_wallet_as_printed(url, key):
    said = await run_python(mended(CREATE_ACCOUNT + ADD_WALLET, url, key))
    assert said == "Account created successfully!\nWallet created successfully!\n"
    account = await fetched(url, key, "customer123")
    assert (account["account_type"], account["metadata"]) == (
        "group",
        {"customer_id": "customer123", "description": "Customer 123 primary account"},
    )
    [wallet] = account["wallets"]
    assert {name: wallet[name] for name in ("wallet_name", "currency", "accounting_type", "decimal_places")} == {
        "wallet_name": "default",
        "currency": "USD",
        "accounting_type": "LIABILITY",
        "decimal_places": 2,
    }
    assert wallet["balance"] == {"posted": "0.00", "held": "0.00", "available": "0.00", "sequence": "0"}


async def test_may_run_a_sample_again(url, key):
    for _ in range(2):
        said = await run_python(mended(CREATE_ACCOUNT + ADD_WALLET, url, key))
        assert said == "Account created successfully!\nWallet created successfully!\n"
    assert len((await fetched(url, key, "customer123"))["wallets"]) == 1


async def test_adds_wallets_in_several_currencies_as_printed(url, key):
    code = CREATE_ACCOUNT + MULTI_CURRENCY + SEND_WALLET + SAY
    assert await run_python(mended(code, url, key)) == "Account created successfully!\n201\n"
    account = await fetched(url, key, "customer123")
    assert [(one["wallet_name"], one["currency"]) for one in account["wallets"]] == [
        ("USD Wallet", "USD"),
        ("EUR Wallet", "EUR"),
    ]


async def test_sets_up_an_account_of_the_institution_as_printed(url, key):
    head = CREATE_ACCOUNT[: CREATE_ACCOUNT.index("account_payload")]
    code = head + CHART_ACCOUNT + SEND_ACCOUNT + SAY + SEND_WALLET + SAY
    assert await run_python(mended(code, url, key)) == "201\n201\n"
    account = await fetched(url, key, "company_revenue")
    assert (account["account_type"], [one["accounting_type"] for one in account["wallets"]]) == ("chart", ["ASSET"])
