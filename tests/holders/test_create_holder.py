"""createHolder: a holder, PENDING, whose screening is promised; or a refusal, and nothing."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import orjson
import pytest

from app.db.connection import fetch, fetchval
from app.db.identifiers import new_id
from app.holders.create_holder import CreateHolder, create_holder
from app.holders.party import AddressDetails, CompanyDetails, PersonDetails
from app.holders.queries import find_holder
from app.holders.status import HolderKind, HolderStatus, Party
from app.kernel.errors import Forbidden, IdempotencyMismatch, Invalid

ADA = PersonDetails("  Ada Lovelace ", "1987-04-01")
HOME = AddressDetails("1 Main Street", "Flat 2", "London", "Greater London", "N1 1AA", "GB")
METADATA = {"crm": {"id": 17, "tags": ["a", None, True, 1.5]}}
WHOLE = CreateHolder(ADA, "ada@example.com", HOME, METADATA)


async def test_makes_a_person(actor):
    before = datetime.now(UTC)
    holder, replayed = await create_holder(actor, WHOLE)

    assert replayed is False
    assert await find_holder(actor, holder.id) == holder
    assert (holder.customer_id, holder.kind, holder.party) == (actor.customer_id, HolderKind.ENDUSER, Party.PERSON)
    assert (holder.status, holder.status_reason, holder.missing_data) == (HolderStatus.PENDING, None, [])
    assert (holder.name, holder.date_of_birth, holder.registration_number) == ("Ada Lovelace", date(1987, 4, 1), None)
    assert (holder.line1, holder.line2, holder.city) == ("1 Main Street", "Flat 2", "London")
    assert (holder.region, holder.postal_code, holder.country) == ("Greater London", "N1 1AA", "GB")
    assert (holder.email, holder.metadata, holder.version) == ("ada@example.com", METADATA, 1)
    assert holder.created_at == holder.updated_at >= before - timedelta(seconds=5)


async def test_makes_a_company(actor):
    holder, _ = await create_holder(actor, CreateHolder(CompanyDetails("Acme Ltd", " 12345678 ")))
    assert (holder.party, holder.name, holder.registration_number) == (Party.COMPANY, "Acme Ltd", "12345678")
    assert (holder.date_of_birth, holder.country, holder.email, holder.metadata) == (None, None, None, {})


async def test_tells_of_it_once_without_personal_data(actor, told):
    holder, _ = await create_holder(actor, WHOLE)

    assert await told(holder.id) == [("holder.created", 1, None)]
    body = await fetchval("SELECT body FROM events")
    assert set(orjson.loads(body)["data"]) == {
        "id",
        "kind",
        "status",
        "status_reason",
        "missing_data",
        "metadata",
        "created_at",
        "updated_at",
        "version",
    }
    for personal in ("Ada", "Lovelace", "1987-04-01", "ada@", "Main Street", "Flat", "London", "N1 1AA"):
        assert personal not in body
    assert await fetchval("SELECT holder_id FROM events") == holder.id


async def test_promises_its_screening(actor, promises):
    holder, _ = await create_holder(actor, WHOLE)
    assert await promises(holder.id) == ["screen_holder"]


class TestTwiceIsOnce:
    async def test_answers_the_same_holder_to_the_same_key(self, actor, snapshot):
        keyed = replace(WHOLE, idempotency_key="key-1")
        first, _ = await create_holder(actor, keyed)
        before = await snapshot()

        assert await create_holder(actor, keyed) == (first, True)
        assert await snapshot() == before

    async def test_makes_one_holder_of_twenty_calls_at_once(self, actor):
        keyed = replace(WHOLE, idempotency_key="key-1")
        answers = await asyncio.gather(*(create_holder(actor, keyed) for _ in range(20)))

        assert len({holder.id for holder, _ in answers}) == 1
        assert [replayed for _, replayed in answers].count(False) == 1
        for table in ("holders", "events", "outbox_messages"):
            assert await fetchval(f"SELECT count(*) FROM {table}") == 1

    @pytest.mark.parametrize("empty", [{"address": AddressDetails()}, {"metadata": {}}], ids=repr)
    async def test_takes_what_is_empty_for_what_is_left_out(self, actor, snapshot, empty):
        first, _ = await create_holder(actor, CreateHolder(ADA, **empty, idempotency_key="key-1"))
        again, _ = await create_holder(actor, CreateHolder(ADA, idempotency_key="key-2"))
        before = await snapshot()

        assert await create_holder(actor, CreateHolder(ADA, idempotency_key="key-1")) == (first, True)
        assert await create_holder(actor, CreateHolder(ADA, **empty, idempotency_key="key-2")) == (again, True)
        assert await snapshot() == before

    async def test_refuses_the_key_with_other_content(self, actor, snapshot):
        await create_holder(actor, replace(WHOLE, idempotency_key="key-1"))
        before = await snapshot()
        with pytest.raises(IdempotencyMismatch):
            await create_holder(actor, replace(WHOLE, email=None, idempotency_key="key-1"))
        assert await snapshot() == before

    async def test_tells_a_person_from_a_company_of_the_same_name(self, actor):
        await create_holder(actor, CreateHolder(PersonDetails("Same"), idempotency_key="key-1"))
        with pytest.raises(IdempotencyMismatch):
            await create_holder(actor, CreateHolder(CompanyDetails("Same"), idempotency_key="key-1"))

    async def test_burns_no_key_by_a_refusal(self, actor):
        with pytest.raises(Invalid):
            await create_holder(actor, CreateHolder(PersonDetails(""), idempotency_key="key-1"))
        _, replayed = await create_holder(actor, replace(WHOLE, idempotency_key="key-1"))
        assert replayed is False

    async def test_makes_two_holders_without_a_key(self, actor):
        first, _ = await create_holder(actor, WHOLE)
        second, _ = await create_holder(actor, WHOLE)
        assert first.id != second.id


@pytest.mark.parametrize(
    "refused",
    [{"scopes": frozenset({"holders:read", "ledgers:write"})}, {"holder_id": new_id()}],
    ids=["scope", "holder"],
)
async def test_refuses_who_may_not(actor, snapshot, refused):
    before = await snapshot()
    with pytest.raises(Forbidden) as refusal:
        await create_holder(replace(actor, **refused), WHOLE)
    assert refusal.value.required_scope == "holders:write"
    assert await snapshot() == before


DEEP = {"a": {}}
for _ in range(100):
    DEEP = {"a": DEEP}
TOMORROW = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
PERSON, COMPANY = ("party", "person"), ("party", "company")
ADDRESS, META = ("address",), ("metadata",)


@pytest.mark.parametrize(
    ("bad", "path"),
    [
        ({"party": PersonDetails("")}, (*PERSON, "name")),
        ({"party": PersonDetails(" \t\n ")}, (*PERSON, "name")),
        ({"party": PersonDetails("A\x00da")}, (*PERSON, "name")),
        ({"party": PersonDetails("A\ud800da")}, (*PERSON, "name")),
        ({"party": PersonDetails("A" * 256)}, (*PERSON, "name")),
        ({"party": PersonDetails("Ada", TOMORROW)}, (*PERSON, "date_of_birth")),
        ({"party": PersonDetails("Ada", "1869-12-31")}, (*PERSON, "date_of_birth")),
        ({"party": PersonDetails("Ada", "1987-02-29")}, (*PERSON, "date_of_birth")),
        ({"party": PersonDetails("Ada", "1.4.1987")}, (*PERSON, "date_of_birth")),
        ({"party": PersonDetails("Ada", "")}, (*PERSON, "date_of_birth")),
        ({"party": CompanyDetails("")}, (*COMPANY, "name")),
        ({"party": CompanyDetails("Acme", "")}, (*COMPANY, "registration_number")),
        ({"party": CompanyDetails("Acme", "1\x002")}, (*COMPANY, "registration_number")),
        ({"email": "ada"}, ("email",)),
        ({"email": "ada@"}, ("email",)),
        ({"email": "a da@example.com"}, ("email",)),
        ({"email": ""}, ("email",)),
        ({"email": "a\x00@example.com"}, ("email",)),
        ({"address": AddressDetails(country="gb")}, (*ADDRESS, "country")),
        ({"address": AddressDetails(country="GBR")}, (*ADDRESS, "country")),
        ({"address": AddressDetails(country="")}, (*ADDRESS, "country")),
        ({"address": AddressDetails(line1=" ")}, (*ADDRESS, "line1")),
        ({"address": AddressDetails(line2="\x00")}, (*ADDRESS, "line2")),
        ({"address": AddressDetails(city="\udfff")}, (*ADDRESS, "city")),
        ({"address": AddressDetails(region="r" * 256)}, (*ADDRESS, "region")),
        ({"address": AddressDetails(postal_code="")}, (*ADDRESS, "postal_code")),
        ({"metadata": []}, META),
        ({"metadata": "text"}, META),
        ({"metadata": {"a": "x" * 16_384}}, META),
        ({"metadata": {"a": "x" * 1_000_000}}, META),
        ({"metadata": DEEP}, META),
        ({"metadata": {"a": float("nan")}}, META),
        ({"metadata": {"a": float("inf")}}, META),
        ({"metadata": {"a": 2**63}}, META),
        ({"metadata": {"a": "\x00"}}, META),
        ({"metadata": {"\x00": 1}}, META),
        ({"metadata": {"a": ["\udc00"]}}, META),
        ({"metadata": {str(number): 0 for number in range(201)}}, META),
        ({"idempotency_key": ""}, ("idempotency_key",)),
        ({"idempotency_key": "\x00"}, ("idempotency_key",)),
    ],
    ids=lambda value: repr(value)[:50],
)
async def test_refuses_bad_input_and_writes_nothing(actor, snapshot, bad, path):
    before = await snapshot()
    with pytest.raises(Invalid) as refusal:
        await create_holder(actor, replace(WHOLE, **bad))
    assert refusal.value.path == path
    assert refusal.value.message
    assert await snapshot() == before


async def test_takes_a_birthday_of_today_and_a_very_old_one(actor):
    for born in (datetime.now(UTC).date(), date(1870, 1, 1)):
        holder, _ = await create_holder(actor, CreateHolder(PersonDetails("Ada", born.isoformat())))
        assert holder.date_of_birth == born


async def test_keeps_names_of_every_script(actor):
    for name in ("Łukasz Żółć", "李小龍", "أحمد", "O'Brien-Smith 3rd", "🙂"):
        holder, _ = await create_holder(actor, CreateHolder(PersonDetails(name)))
        assert (await find_holder(actor, holder.id)).name == name
    assert len(await fetch("SELECT * FROM holders")) == 5
