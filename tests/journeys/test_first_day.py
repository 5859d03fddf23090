"""A customer's first day: a holder, its ledgers, their IBANs, and each status that a ledger can have."""

import pytest
from schwifty import IBAN

ISSUE = """
    mutation ($input: IssueLedgerInput!) { issueLedger(input: $input) {
        __typename
        ... on LedgerSuccess { replayed ledger { id ...Shown } }
        ... on Error { code message path }
    } }
    fragment Shown on Ledger {
        holder { id } type isVirtual assetClass asset status statusReason missingData primaryUses assetsOwnedBy
        jurisdiction partnerProduct partner { id ref name } iban bic ibanStatus
        ukBankAccount { sortCode accountNumber } balance { posted { value minorUnits asset scale } sequence }
        isSettled metadata version
    }
"""
READ = """
    query ($id: ID!) { ledger(by: { id: $id }, wait: true, timeoutMs: 0) {
        status statusReason missingData iban bic ibanStatus ukBankAccount { sortCode accountNumber } isSettled version
    } }
"""
ASSIGN_IBAN = """
    mutation ($id: ID!) { assignIban(input: { ledgerId: $id }) {
        __typename
        ... on LedgerSuccess { ledger { status ibanStatus iban } }
        ... on Error { code message path }
    } }
"""
TOLD = "query ($id: ID!) { events(filter: { resourceId: $id }) { nodes { type } } }"


@pytest.fixture
def read(customer):
    async def find(ledger_id):
        return (await customer.data(READ, id=ledger_id))["ledger"]

    return find


@pytest.fixture
def told(customer):
    """A function that answers the types of the events of one object, oldest first."""

    async def types(resource_id):
        return [event["type"] for event in (await customer.data(TOLD, id=resource_id))["events"]["nodes"]]

    return types


async def test_issues_the_ledger_of_the_documents_example_and_gives_it_an_iban_only_when_asked(
    customer, work, read, told
):
    holder_id = await customer.create_holder()
    await work()
    example = {
        "primaryUses": ["PAYMENTS", "FEES"],
        "assetsOwnedBy": "ME",
        "holderId": holder_id,
        "jurisdiction": "US",
        "partnerProduct": "PayrNet-EUR-1",
        "asset": "eur",
        "assetClass": "CURRENCY",
        "type": "SINGLE_USER",
        "metadata": {"foo": "bar"},
    }
    answer = (await customer.data(ISSUE, input=example))["issueLedger"]
    ledger_id = answer["ledger"].pop("id")
    assert answer == {
        "__typename": "LedgerSuccess",
        "replayed": False,
        "ledger": {
            "holder": {"id": holder_id},
            "type": "SINGLE_USER",
            "isVirtual": False,
            "assetClass": "CURRENCY",
            "asset": "EUR",
            "status": "PENDING",
            "statusReason": None,
            "missingData": [],
            "primaryUses": ["PAYMENTS", "FEES"],
            "assetsOwnedBy": "ME",
            "jurisdiction": "US",
            "partnerProduct": "PayrNet-EUR-1",
            "partner": {"id": "58fe2ce1-b90b-4868-b40d-cb3bc43395d9", "ref": "payrnet", "name": "PayrNet"},
            "iban": None,
            "bic": None,
            "ibanStatus": "NOT_REQUESTED",
            "ukBankAccount": None,
            "balance": {
                "posted": {"value": "0.00", "minorUnits": "0", "asset": "EUR", "scale": 2},
                "sequence": "0",
            },
            "isSettled": False,
            "metadata": {"foo": "bar"},
            "version": 1,
        },
    }
    await work()
    ledger = await read(ledger_id)
    assert (ledger["status"], ledger["ibanStatus"], ledger["iban"], ledger["bic"]) == (
        "OK",
        "NOT_REQUESTED",
        None,
        None,
    )
    assert ledger["isSettled"] is True

    asked = (await customer.data(ASSIGN_IBAN, id=ledger_id))["assignIban"]
    assert asked["ledger"] == {"status": "OK", "ibanStatus": "PENDING", "iban": None}
    await work()
    ledger = await read(ledger_id)
    assert (ledger["status"], ledger["ibanStatus"], ledger["bic"]) == ("OK", "OK", "PAYRGB2LXXX")
    assert (IBAN(ledger["iban"]).bank_code, ledger["ukBankAccount"]) == ("PAYR", None)
    assert await told(ledger_id) == [
        "ledger.created",
        "ledger.status.ok",
        "ledger.iban_status.pending",
        "ledger.iban_status.ok",
    ]


async def test_gives_a_gbp_ledger_everything_at_once(customer, work, read, told):
    ledger_id = await customer.issue_ledger(holderId=customer.customer_id)
    await work()
    ledger = await read(ledger_id)
    account, iban = ledger["ukBankAccount"], IBAN(ledger["iban"])
    assert (iban.country_code, iban.bank_code) == ("GB", "PAYR")
    assert (iban.branch_code, iban.account_code) == (account["sortCode"], account["accountNumber"])
    assert (ledger["status"], ledger["ibanStatus"], ledger["bic"]) == ("OK", "OK", "PAYRGB2LXXX")
    assert await told(ledger_id) == ["ledger.created", "ledger.status.ok", "ledger.iban_status.ok"]


async def test_issues_a_virtual_ledger_of_gold_at_once(customer, told):
    made = await customer.data(
        """mutation ($holder: ID!) { issueVirtualLedger(input: {
            assetClass: COMMODITY, asset: "gold", holderId: $holder, metadata: { foo: "bar" }
        }) { ... on LedgerSuccess { ledger { id status asset scale isVirtual partner { name } isSettled } } } }""",
        holder=customer.customer_id,
    )
    ledger = made["issueVirtualLedger"]["ledger"]
    ledger_id = ledger.pop("id")
    assert ledger == {
        "status": "OK",
        "asset": "GOLD",
        "scale": 4,
        "isVirtual": True,
        "partner": None,
        "isSettled": True,
    }
    assert await told(ledger_id) == ["ledger.created", "ledger.status.ok"]


CREATED_THEN = {
    "MISSING_DATA": ["ledger.status.missing_data"],
    "ERROR": ["ledger.status.error"],
    "OK": ["ledger.status.ok", "ledger.iban_status.ok"],
    "DECLINED": ["ledger.status.declined"],
}


@pytest.mark.parametrize(
    ("holder", "ledger", "status", "reason"),
    [
        ({"party": {"person": {"name": "Ada"}}}, {}, "MISSING_DATA", "The holder is MISSING_DATA."),
        ({"metadata": {"simulate": "missing-data"}}, {}, "MISSING_DATA", "The holder is MISSING_DATA."),
        ({"metadata": {"simulate": "quarantine"}}, {}, "ERROR", "The holder is QUARANTINE."),
        ({"metadata": {"simulate": "decline"}}, {}, "ERROR", "The holder is DECLINED."),
        ({}, {}, "OK", None),
        ({}, {"metadata": {"simulate": "slow"}}, "OK", None),
        ({}, {"metadata": {"simulate": "unavailable"}}, "OK", None),
        ({}, {"metadata": {"simulate": "decline"}}, "DECLINED", "The bank declined this ledger."),
        ({}, {"jurisdiction": "KP"}, "DECLINED", "The jurisdiction KP is not accepted."),
    ],
)
async def test_brings_a_ledger_into_each_status(customer, work, read, told, holder, ledger, status, reason):
    holder_id = await customer.create_holder(**holder)
    await work.through_all_retries()
    ledger_id = await customer.issue_ledger(holderId=holder_id, **ledger)
    before = await read(ledger_id)
    assert (before["status"], before["isSettled"]) == ("PENDING", False)
    await work.through_all_retries()
    after = await read(ledger_id)
    assert (after["status"], after["statusReason"], after["isSettled"]) == (status, reason, True)
    assert await told(ledger_id) == ["ledger.created", *CREATED_THEN[status]]


@pytest.mark.parametrize(
    ("simulate", "status"), [("unable-to-advance", "UNABLE_TO_ADVANCE"), ("decline-iban", "DECLINED")]
)
async def test_asks_again_for_an_iban_once_the_bank_can_give_it(customer, work, read, told, simulate, status):
    ledger_id = await customer.issue_ledger(
        partnerProduct="PayrNet-EUR-1", asset="EUR", metadata={"simulate": simulate}
    )
    await customer.data(ASSIGN_IBAN, id=ledger_id)
    await work()
    assert (await read(ledger_id))["ibanStatus"] == status
    await customer.data(
        """mutation ($id: ID!) { updateLedger(input: { ledgerId: $id, metadata: { simulate: null } }) {
            __typename } }""",
        id=ledger_id,
    )
    await customer.data(ASSIGN_IBAN, id=ledger_id)
    await work()
    ledger = await read(ledger_id)
    assert (ledger["ibanStatus"], IBAN(ledger["iban"]).country_code) == ("OK", "GB")
    assert await told(ledger_id) == [
        "ledger.created",
        "ledger.iban_status.pending",
        "ledger.status.ok",
        f"ledger.iban_status.{status.lower()}",
        "ledger.updated",
        "ledger.iban_status.pending",
        "ledger.iban_status.ok",
    ]


async def test_waits_for_a_holder_and_goes_on_when_it_is_approved(customer, work, read, told):
    holder_id = await customer.create_holder(metadata={"simulate": "quarantine"})
    ledger_id = await customer.issue_ledger(holderId=holder_id)
    await work()
    assert (await read(ledger_id))["status"] == "ERROR"
    await customer.data(
        """mutation ($id: ID!) { reviewHolder(input: { holderId: $id, decision: APPROVE, reason: "Known to us." }) {
            __typename } }""",
        id=holder_id,
    )
    await work()
    assert (await read(ledger_id))["status"] == "OK"
    types = await told(ledger_id)
    assert types[-3:] == ["ledger.status.pending", "ledger.status.ok", "ledger.iban_status.ok"]
    assert types.count("ledger.status.error") == 1


async def test_assigns_an_unassigned_ledger_once_and_closes_it(customer, work, read, told):
    holder_id = await customer.create_holder()
    ledger_id = await customer.issue_ledger()
    await work()
    document = """mutation ($ledger: ID!, $holder: ID!) {
        assignLedger(input: { ledgerId: $ledger, holderId: $holder }) {
        __typename ... on LedgerSuccess { ledger { holder { id } } } ... on ConflictError { code status } } }"""
    listed = "{ ledgers(filter: { unassigned: true }) { nodes { id } } }"
    assert (await customer.data(listed))["ledgers"]["nodes"] == [{"id": ledger_id}]
    answer = (await customer.data(document, ledger=ledger_id, holder=holder_id))["assignLedger"]
    assert answer["ledger"]["holder"] == {"id": holder_id}
    assert (await customer.data(listed))["ledgers"]["nodes"] == []
    refusal = (await customer.data(document, ledger=ledger_id, holder=customer.customer_id))["assignLedger"]
    assert refusal == {"__typename": "ConflictError", "code": "INVALID_STATE", "status": "OK"}
    close = """mutation ($id: ID!) { closeLedger(input: { ledgerId: $id, reason: "Done." }) {
        ... on LedgerSuccess { replayed ledger { status statusReason } } } }"""
    for replayed in (False, True):
        closed = (await customer.data(close, id=ledger_id))["closeLedger"]
        assert closed == {"replayed": replayed, "ledger": {"status": "CLOSED", "statusReason": "Done."}}
    assert await told(ledger_id) == [
        "ledger.created",
        "ledger.status.ok",
        "ledger.iban_status.ok",
        "ledger.assigned",
        "ledger.status.closed",
    ]


@pytest.mark.thorough
async def test_gives_200_ledgers_200_different_ibans(customer, work):
    for _ in range(200):
        await customer.issue_ledger(holderId=customer.customer_id)
    await work(concurrency=15)
    answer = await customer.data("{ ledgers(first: 1000) { nodes { status iban ukBankAccount { accountNumber } } } }")
    nodes = answer["ledgers"]["nodes"]
    assert [ledger["status"] for ledger in nodes] == ["OK"] * 200
    assert len({ledger["iban"] for ledger in nodes}) == 200
    assert {ledger["ukBankAccount"]["accountNumber"] for ledger in nodes} == {f"{n:08}" for n in range(1, 201)}
