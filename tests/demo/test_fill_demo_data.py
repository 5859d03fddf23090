from collections import Counter
from datetime import timedelta

import pytest

from app.access.open_customer import open_customer
from app.access.operators import operator_actor
from app.db.connection import fetch, fetchrow, fetchval
from app.demo.data import COMPANY_ID, HOLDERS, LEDGERS, PERSON_ID
from app.demo.fill_demo_data import fill_demo_data
from app.outbox.drain import drain_messages
from app.partners.read_catalog import load_catalog
from app.settings import load_settings
from workers.routes import make_handlers


@pytest.fixture
def settings():
    return load_settings(QUAESTOR_SIMULATOR_DELAY_SECONDS=0, QUAESTOR_ENVIRONMENT="PLAYLIVE")


@pytest.fixture
async def actor(database):
    return operator_actor((await open_customer("Example Ltd")).customer_id)


async def work(settings):
    while await drain_messages(make_handlers(settings), budget_seconds=20, lease=timedelta(seconds=30)):
        pass


async def test_ends_with_something_of_everything(actor, settings):
    await fill_demo_data(actor, catalog=load_catalog(settings))
    await work(settings)

    holders = await fetch("SELECT status FROM holders WHERE kind = 'ENDUSER'")
    assert Counter(row["status"] for row in holders) == {"OK": 5, "MISSING_DATA": 1, "QUARANTINE": 1, "DECLINED": 1}
    ledgers = await fetch("SELECT * FROM ledgers")
    assert Counter(row["status"] for row in ledgers) == {"OK": 11, "ERROR": 2, "MISSING_DATA": 1, "DECLINED": 2}
    assert Counter(row["asset"] for row in ledgers) == {"GBP": 9, "EUR": 3, "GOLD": 1, "GOLDBLOC": 1, "WHISKY": 2}
    euros = [row["iban_status"] for row in ledgers if row["asset"] == "EUR"]
    assert Counter(euros) == {"OK": 1, "UNABLE_TO_ADVANCE": 1, "NOT_REQUESTED": 1}
    assert sum(row["holder_id"] is None for row in ledgers) == 2
    reasons = {row["status_reason"] for row in ledgers if row["status"] == "DECLINED"}
    assert reasons == {"The bank declined this ledger.", "The jurisdiction BR is not accepted."}


async def test_gives_the_first_two_holders_the_ids_of_the_printed_examples(actor, settings):
    await fill_demo_data(actor, catalog=load_catalog(settings))
    await work(settings)

    person = await fetchrow("SELECT * FROM holders WHERE id = $1", PERSON_ID)
    company = await fetchrow("SELECT * FROM holders WHERE id = $1", COMPANY_ID)
    assert (str(PERSON_ID), person["party"], person["status"]) == (
        "753fa673-66b4-4c94-9ddb-f9f4b5c1e9a3",
        "PERSON",
        "OK",
    )
    assert (str(COMPANY_ID), company["party"], company["status"]) == (
        "c91b339e-57d7-41ea-a805-8966ce8fe4ed",
        "COMPANY",
        "OK",
    )


async def test_changes_nothing_when_called_again(actor, settings):
    catalog = load_catalog(settings)
    await fill_demo_data(actor, catalog=catalog)
    await work(settings)
    events = await fetchval("SELECT count(*) FROM events")

    await fill_demo_data(actor, catalog=catalog)
    assert await fetchval("SELECT count(*) FROM holders WHERE kind = 'ENDUSER'") == len(HOLDERS)
    assert await fetchval("SELECT count(*) FROM ledgers") == len(LEDGERS)
    assert await fetchval("SELECT count(*) FROM events") == events


async def test_fills_two_customers_alike(actor, settings):
    other = operator_actor((await open_customer("Second Ltd")).customer_id)
    catalog = load_catalog(settings)
    await fill_demo_data(actor, catalog=catalog)
    await fill_demo_data(other, catalog=catalog)

    assert await fetchval("SELECT count(*) FROM holders WHERE id = $1", PERSON_ID) == 2


async def test_uses_the_products_of_its_environment(actor):
    play = load_settings(QUAESTOR_ENVIRONMENT="PLAY")
    await fill_demo_data(actor, catalog=load_catalog(play))

    products = await fetch("SELECT DISTINCT partner_product FROM ledgers WHERE partner_product IS NOT NULL ORDER BY 1")
    assert [row["partner_product"] for row in products] == ["ExampleBank-EUR-1", "ExampleBank-GBP-1"]


async def test_refuses_live_and_makes_nothing(actor):
    live = load_settings(QUAESTOR_ENVIRONMENT="LIVE")
    with pytest.raises(AssertionError, match="LIVE gets no demo data"):
        await fill_demo_data(actor, catalog=load_catalog(live))
    assert await fetchval("SELECT count(*) FROM holders WHERE kind = 'ENDUSER'") == 0
