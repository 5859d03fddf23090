"""Accounts and wallets as GraphQL shows them."""

CREATE = """
    mutation ($input: CreateAccountInput!) { createAccount(input: $input) {
        __typename
        ... on AccountSuccess {
            replayed
            account { id reference type version metadata closedAt wallets { nodes { id name } totalCount } }
        }
        ... on ConflictError { existingId }
        ... on Error { code message path }
    } }
"""
POST = """
    mutation ($input: PostTransferInput!) { postTransfer(input: $input) {
        __typename
        ... on TransferSuccess { transfer {
            kind
            debit { __typename ... on Wallet { name account { reference } balance { posted { value } } } }
            credit { __typename ... on Wallet { name } }
        } }
        ... on Error { code path }
    } }
"""


def wallet(name, accounting_type="LIABILITY", **more):
    return {"name": name, "currency": "USD", "accountingType": accounting_type, "decimalPlaces": 2, **more}


async def create(customer, **wanted):
    made = {"type": "GROUP", "reference": "customer123", "wallets": [wallet("default")], **wanted}
    return (await customer.data(CREATE, input=made))["createAccount"]


async def wallet_id(customer, reference, name):
    address = {"accountReference": reference, "name": name, "currency": "USD"}
    found = await customer.data("query ($by: WalletKey!) { wallet(by: $by) { id } }", by={"address": address})
    return found["wallet"]["id"]


async def test_opens_replays_and_refuses_an_account(customer):
    first = await create(customer, metadata={"customer_id": "customer123"})
    assert (first["replayed"], first["account"]["version"], first["account"]["closedAt"]) == (False, 1, None)
    assert first["account"]["wallets"]["totalCount"] == 1
    again = await create(customer, metadata={"customer_id": "customer123"})
    assert again == {**first, "replayed": True}
    other = await create(customer)
    assert (other["__typename"], other["code"], other["existingId"], other["path"]) == (
        "ConflictError",
        "DUPLICATE_REFERENCE",
        first["account"]["id"],
        ["input", "reference"],
    )


async def test_says_which_of_the_wallets_is_wrong(customer):
    answer = await create(customer, wallets=[wallet("a"), wallet("b", decimalPlaces=19)])
    assert (answer["code"], answer["path"]) == ("VALIDATION", ["input", "wallets", "1", "decimalPlaces"])
    assert (await customer.data("{ accounts { totalCount } wallets { totalCount } }")) == {
        "accounts": {"totalCount": 0},
        "wallets": {"totalCount": 0},
    }


async def test_shows_money_between_wallets_on_every_side(customer):
    await create(customer)
    await create(customer, type="CHART", reference="own", wallets=[wallet("cash", "ASSET")])
    cash, default = await wallet_id(customer, "own", "cash"), await wallet_id(customer, "customer123", "default")
    amount = {"value": "12.50", "asset": "USD"}
    moved = (
        await customer.data(POST, input={"idempotencyKey": "k", "debitId": cash, "creditId": default, "amount": amount})
    )["postTransfer"]["transfer"]
    assert moved == {
        "kind": "WALLET",
        "debit": {
            "__typename": "Wallet",
            "name": "cash",
            "account": {"reference": "own"},
            "balance": {"posted": {"value": "12.50"}},
        },
        "credit": {"__typename": "Wallet", "name": "default"},
    }
    answer = await customer.data(
        """query ($id: ID!) {
            wallet(id: $id) {
                balance { posted { value asset scale } held { value } available { value } sequence }
                entries { nodes { direction amount { value } of { ... on Wallet { name } } } }
            }
            account(reference: "customer123") { balances { accountingType unit {
                asset scale accountingType posted { value } held { value } available { value } count } } }
            accountingReport { balanced lines { accountingType unit { posted { value } count } } }
            walletChanges { nodes { type wallet { name } } }
            transfers(filter: { walletId: $id }) { nodes { kind } }
        }""",
        id=default,
    )
    assert answer["wallet"] == {
        "balance": {
            "posted": {"value": "12.50", "asset": "USD", "scale": 2},
            "held": {"value": "0.00"},
            "available": {"value": "12.50"},
            "sequence": "1",
        },
        "entries": {"nodes": [{"direction": "CREDIT", "amount": {"value": "12.50"}, "of": {"name": "default"}}]},
    }
    assert answer["account"]["balances"] == [
        {
            "accountingType": "LIABILITY",
            "unit": {
                "asset": "USD",
                "scale": 2,
                "accountingType": "LIABILITY",
                "posted": {"value": "12.50"},
                "held": {"value": "0.00"},
                "available": {"value": "12.50"},
                "count": 1,
            },
        }
    ]
    assert answer["accountingReport"] == {
        "balanced": True,
        "lines": [
            {"accountingType": "ASSET", "unit": {"posted": {"value": "12.50"}, "count": 1}},
            {"accountingType": "LIABILITY", "unit": {"posted": {"value": "12.50"}, "count": 1}},
        ],
    }
    assert answer["walletChanges"]["nodes"] == [
        {"type": "wallet.balance_changed", "wallet": {"name": "cash"}},
        {"type": "wallet.balance_changed", "wallet": {"name": "default"}},
    ]
    assert answer["transfers"]["nodes"] == [{"kind": "WALLET"}]


async def test_discloses_a_wallet_only_to_who_may_read_accounts(application, customer):
    await create(customer, wallets=[wallet("a", allowNegative=True), wallet("b")])
    a, b = await wallet_id(customer, "customer123", "a"), await wallet_id(customer, "customer123", "b")
    amount = {"value": "1.00", "asset": "USD"}
    await customer.data(POST, input={"idempotencyKey": "k", "debitId": a, "creditId": b, "amount": amount})
    made = await customer.data(
        """mutation { createApiKey(input: { name: "narrow", scopes: ["transfers:read"] }) {
            ... on ApiKeySuccess { key } } }"""
    )
    narrow = type(customer)(application, made["createApiKey"]["key"])
    answer = await narrow.data("{ transfers { nodes { debit { __typename } credit { __typename } } } }")
    assert answer["transfers"]["nodes"] == [
        {"debit": {"__typename": "UndisclosedParty"}, "credit": {"__typename": "UndisclosedParty"}}
    ]


async def test_closes_wallets_and_then_the_account(customer):
    account = (await create(customer))["account"]
    close_account = """mutation ($id: ID!) { closeAccount(input: { accountId: $id }) {
        __typename ... on AccountSuccess { replayed account { closedAt version } } ... on Error { code path } } }"""
    refused = (await customer.data(close_account, id=account["id"]))["closeAccount"]
    assert (refused["__typename"], refused["code"], refused["path"]) == (
        "ConflictError",
        "INVALID_STATE",
        ["input", "accountId"],
    )
    closed = await customer.data(
        """mutation ($id: ID!) { closeWallet(input: { walletId: $id, reason: "Empty" }) {
            ... on WalletSuccess { wallet { closedAt version } } } }""",
        id=account["wallets"]["nodes"][0]["id"],
    )
    assert closed["closeWallet"]["wallet"]["closedAt"] is not None
    gone = (await customer.data(close_account, id=account["id"]))["closeAccount"]
    assert gone["account"]["closedAt"] is not None
    assert (await customer.data(close_account, id=account["id"]))["closeAccount"] == {**gone, "replayed": True}


async def test_pages_an_accounts_wallets_both_ways(customer):
    await create(customer, wallets=[wallet(str(number)) for number in range(5)])
    document = """query ($first: Int, $after: String, $last: Int, $before: String) {
        account(reference: "customer123") { wallets(first: $first, after: $after, last: $last, before: $before) {
            nodes { name } pageInfo { startCursor endCursor hasNextPage hasPreviousPage } } } }"""

    async def page(**asked):
        return (await customer.data(document, **asked))["account"]["wallets"]

    first = await page(first=2)
    second = await page(first=2, after=first["pageInfo"]["endCursor"])
    back = await page(last=2, before=second["pageInfo"]["startCursor"])
    assert [node["name"] for node in first["nodes"] + second["nodes"]] == ["4", "3", "2", "1"]
    assert back["nodes"] == first["nodes"]
    body = await customer.ask(document, first=1, last=1)
    assert body["errors"][0]["extensions"]["code"] == "VALIDATION"


async def test_pages_a_wallets_entries_both_ways(customer):
    await create(customer)
    await create(customer, type="CHART", reference="own", wallets=[wallet("cash", "ASSET")])
    cash, default = await wallet_id(customer, "own", "cash"), await wallet_id(customer, "customer123", "default")
    for number in range(5):
        sides = {"debitId": cash, "creditId": default} if number % 2 else {"debitId": default, "creditId": cash}
        if number == 0:
            sides = {"debitId": cash, "creditId": default}
        made = {"idempotencyKey": f"k{number}", "amount": {"value": "1.00", "asset": "USD"}, **sides}
        posted = (await customer.data(POST, input=made))["postTransfer"]
        assert posted["transfer"]["kind"] == "WALLET"
    document = """query ($id: ID!, $first: Int, $after: String, $last: Int, $before: String, $filter: EntryFilter) {
        wallet(id: $id) { entries(first: $first, after: $after, last: $last, before: $before, filter: $filter) {
            nodes { sequence } pageInfo { startCursor endCursor hasNextPage hasPreviousPage } } } }"""

    async def page(**asked):
        found = (await customer.data(document, id=default, **asked))["wallet"]["entries"]
        told = found["pageInfo"]
        return [int(one["sequence"]) for one in found["nodes"]], (told["hasPreviousPage"], told["hasNextPage"]), told

    assert (await page(first=2))[:2] == ([5, 4], (False, True))
    first, _, of_first = await page(first=2)
    second, _, of_second = await page(first=2, after=of_first["endCursor"])
    assert (first, second) == ([5, 4], [3, 2])
    assert (await page(last=2))[:2] == ([2, 1], (True, False))
    assert (await page(last=2, before=of_second["startCursor"]))[:2] == ([5, 4], (False, True))
    assert (await page(last=1, before=of_second["startCursor"]))[:2] == ([4], (True, True))
    assert (await page(last=9, filter={"direction": "DEBIT"}))[0] == [5, 3]
    for wrong, path in (
        ({"first": 1, "last": 1}, ["wallet", "entries", "last"]),
        ({"last": 1, "after": of_first["endCursor"]}, ["wallet", "entries", "after"]),
        ({"before": of_first["endCursor"]}, ["wallet", "entries", "before"]),
        ({"last": 1, "before": "abc"}, ["wallet", "entries", "before"]),
        ({"last": 1001}, ["wallet", "entries", "last"]),
    ):
        [refused] = (await customer.ask(document, id=default, **wrong))["errors"]
        assert (refused["extensions"]["code"], refused["extensions"]["path"][-1]) == ("VALIDATION", path[-1])
