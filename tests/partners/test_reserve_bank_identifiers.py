import asyncio
from uuid import uuid4

import pytest

from app.db.connection import fetch
from app.db.transaction import transaction
from app.partners.port import PartnerUnavailable
from app.partners.reserve_bank_identifiers import IdentifierTaken, reserve_bank_identifiers

pytestmark = pytest.mark.postgres15

IBAN = "GB02PAYR04005200000001"


async def reserve(customer_id, ledger_id, **identifiers):
    async with transaction() as tx:
        await reserve_bank_identifiers(tx, customer_id, ledger_id, **identifiers)


async def test_reserves_all_that_the_bank_gave_and_twice_is_once(database):
    customer_id, ledger_id = uuid4(), uuid4()
    for _ in range(2):
        await reserve(customer_id, ledger_id, iban=IBAN, sort_code="040052", account_number="00000001")
    rows = await fetch("SELECT * FROM reserved_bank_identifiers ORDER BY kind")
    assert [tuple(row) for row in rows] == [
        ("IBAN", IBAN, customer_id, ledger_id),
        ("UK_BANK_ACCOUNT", "04005200000001", customer_id, ledger_id),
    ]


async def test_reserves_nothing_where_nothing_was_given(database):
    await reserve(uuid4(), uuid4(), iban=None, sort_code=None, account_number=None)
    assert await fetch("SELECT 1 FROM reserved_bank_identifiers") == []


@pytest.mark.parametrize("same_customer", [True, False])
async def test_refuses_what_another_ledger_has_even_another_customers(database, same_customer):
    customer_id = uuid4()
    await reserve(customer_id, uuid4(), sort_code="040052", account_number="00000001")
    other = customer_id if same_customer else uuid4()
    with pytest.raises(IdentifierTaken) as refusal:
        await reserve(other, uuid4(), iban=IBAN, sort_code="040052", account_number="00000001")
    assert isinstance(refusal.value, PartnerUnavailable)
    assert [row["kind"] for row in await fetch("SELECT * FROM reserved_bank_identifiers")] == ["UK_BANK_ACCOUNT"]


async def test_lets_one_of_many_have_it_in_a_race(database):
    outcomes = await asyncio.gather(*(reserve(uuid4(), uuid4(), iban=IBAN) for _ in range(8)), return_exceptions=True)
    assert sum(outcome is None for outcome in outcomes) == 1
    assert sum(isinstance(outcome, IdentifierTaken) for outcome in outcomes) == 7
    assert len(await fetch("SELECT 1 FROM reserved_bank_identifiers")) == 1
