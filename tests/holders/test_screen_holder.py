"""The screening's verdict moves a holder, once, and only if it is still about the holder as it is."""

import asyncio
from datetime import date

import pytest

from app.db.identifiers import new_id
from app.holders.create_holder import CreateHolder, create_holder
from app.holders.party import AddressDetails, CompanyDetails, PersonDetails
from app.holders.queries import find_holder
from app.holders.screen_holder import screen_holder
from app.holders.screening import ScreeningRequest, ScreeningUnavailable
from app.holders.status import HolderStatus, Party
from app.holders.update_holder import UpdateHolder, update_holder


@pytest.mark.parametrize(
    ("verdict", "reason", "missing_data"),
    [
        (HolderStatus.OK, None, []),
        (HolderStatus.QUARANTINE, "look at it", []),
        (HolderStatus.DECLINED, "no", []),
        (HolderStatus.MISSING_DATA, "more", ["proofOfAddress"]),
    ],
)
async def test_records_the_verdict_and_sends_the_ledgers_after(
    actor, make_holder, make_screening, told, promises, verdict, reason, missing_data
):
    holder = await make_holder()
    await screen_holder(actor, holder.id, screening=make_screening(verdict))
    screened = await find_holder(actor, holder.id)

    assert (screened.status, screened.status_reason, screened.missing_data) == (verdict, reason, missing_data)
    assert await told(holder.id) == [
        ("holder.created", 1, None),
        (f"holder.status.{verdict.value.lower()}", 2, {"status": "PENDING"}),
    ]
    assert await promises(holder.id) == ["screen_holder", "resubmit_ledgers"]


async def test_asks_about_the_holder_as_it_is(actor, make_holder, make_screening):
    holder = await make_holder(metadata={"a": 1})
    screening = make_screening(HolderStatus.OK)
    await screen_holder(actor, holder.id, screening=screening)
    assert screening.requests == [
        ScreeningRequest(holder.id, Party.PERSON, "Ada Lovelace", date(1987, 4, 1), None, "GB", {"a": 1})
    ]


GB = AddressDetails(country="GB")


@pytest.mark.parametrize(
    ("party", "address", "lacking"),
    [
        (PersonDetails("Ada"), GB, ["dateOfBirth"]),
        (PersonDetails("Ada", "1987-04-01"), None, ["address.country"]),
        (PersonDetails("Ada"), AddressDetails(city="London"), ["dateOfBirth", "address.country"]),
        (CompanyDetails("Acme"), GB, ["registrationNumber"]),
        (CompanyDetails("Acme", "1"), None, ["address.country"]),
        (CompanyDetails("Acme"), None, ["registrationNumber", "address.country"]),
    ],
)
async def test_says_what_lacks_without_asking(actor, make_screening, party, address, lacking):
    holder, _ = await create_holder(actor, CreateHolder(party, address=address))
    screening = make_screening(HolderStatus.OK)
    await screen_holder(actor, holder.id, screening=screening)
    screened = await find_holder(actor, holder.id)

    assert (screened.status, screened.missing_data) == (HolderStatus.MISSING_DATA, lacking)
    assert screened.status_reason == "Needed before this holder can be OK."
    assert screening.requests == []


@pytest.mark.parametrize("party", [PersonDetails("Ada", "1987-04-01"), CompanyDetails("Acme", "1")])
async def test_asks_for_nothing_more_than_what_its_party_needs(actor, make_screening, party):
    holder, _ = await create_holder(actor, CreateHolder(party, address=GB))
    await screen_holder(actor, holder.id, screening=make_screening(HolderStatus.OK))
    assert (await find_holder(actor, holder.id)).status is HolderStatus.OK


@pytest.mark.parametrize("status", [status for status in HolderStatus if status is not HolderStatus.PENDING])
async def test_does_nothing_twice(actor, make_holder, make_screening, snapshot, status):
    holder = await make_holder(status)
    before = await snapshot()
    screening = make_screening(HolderStatus.DECLINED)
    await screen_holder(actor, holder.id, screening=screening)

    assert screening.requests == []
    assert await snapshot() == before


@pytest.mark.postgres15
async def test_records_one_verdict_of_several_screenings_at_once(actor, make_holder, make_screening, told):
    holder = await make_holder()
    all_ask = asyncio.Barrier(4)
    verdicts = [HolderStatus.OK, HolderStatus.DECLINED, HolderStatus.OK, HolderStatus.QUARANTINE]
    await asyncio.gather(
        *(screen_holder(actor, holder.id, screening=make_screening(verdict, all_ask.wait)) for verdict in verdicts)
    )
    assert (await find_holder(actor, holder.id)).version == 2
    assert len(await told(holder.id)) == 2


async def test_drops_a_verdict_about_who_the_holder_was(actor, make_holder, make_screening, told):
    holder = await make_holder()

    async def rename():
        await update_holder(actor, UpdateHolder(str(holder.id), party=PersonDetails("Grace", "1987-04-01")))

    await screen_holder(actor, holder.id, screening=make_screening(HolderStatus.DECLINED, rename))
    assert (await find_holder(actor, holder.id)).status is HolderStatus.PENDING
    assert [event_type for event_type, _, _ in await told(holder.id)] == ["holder.created", "holder.updated"]

    # The newer promise's screening is the one that counts.
    screening = make_screening(HolderStatus.OK)
    await screen_holder(actor, holder.id, screening=screening)
    assert screening.requests[0].name == "Grace"
    assert (await find_holder(actor, holder.id)).status is HolderStatus.OK


async def test_drops_an_old_verdict_even_when_the_holder_is_pending_anew(actor, make_holder, make_screening):
    """PENDING when asked and PENDING when answered, but OK and renamed in between."""
    holder = await make_holder()

    async def settle_and_rename():
        await screen_holder(actor, holder.id, screening=make_screening(HolderStatus.OK))
        await update_holder(actor, UpdateHolder(str(holder.id), party=PersonDetails("Grace", "1987-04-01")))

    await screen_holder(actor, holder.id, screening=make_screening(HolderStatus.DECLINED, settle_and_rename))
    screened = await find_holder(actor, holder.id)
    assert (screened.status, screened.name, screened.version) == (HolderStatus.PENDING, "Grace", 4)


async def test_keeps_a_verdict_when_something_else_changed_meanwhile(actor, make_holder, make_screening):
    holder = await make_holder()

    async def annotate():
        await update_holder(actor, UpdateHolder(str(holder.id), metadata={"a": 1}))

    await screen_holder(actor, holder.id, screening=make_screening(HolderStatus.OK, annotate))
    screened = await find_holder(actor, holder.id)
    assert (screened.status, screened.metadata, screened.version) == (HolderStatus.OK, {"a": 1}, 3)


async def test_changes_nothing_when_the_screening_does_not_answer(actor, make_holder, make_screening, snapshot):
    holder = await make_holder()
    before = await snapshot()
    with pytest.raises(ScreeningUnavailable):
        await screen_holder(actor, holder.id, screening=make_screening(ScreeningUnavailable("away")))
    assert await snapshot() == before


async def test_does_nothing_for_a_holder_that_is_not_this_customer_s(
    actor, make_holder, make_actor, make_screening, snapshot
):
    holder = await make_holder()
    before = await snapshot()
    screening = make_screening(HolderStatus.OK)
    await screen_holder(await make_actor(), holder.id, screening=screening)
    await screen_holder(actor, new_id(), screening=screening)
    assert screening.requests == []
    assert await snapshot() == before
