"""updateHolder: what is left out or None stays, `clear` empties, and who is changed is screened again."""

import asyncio
import hashlib
import json
from dataclasses import asdict, replace

import orjson
import pytest

from app.access.open_customer import open_customer
from app.access.operators import operator_actor
from app.db.connection import fetch
from app.db.identifiers import new_id
from app.holders.party import AddressDetails, CompanyDetails, PersonDetails
from app.holders.queries import find_holder
from app.holders.status import HolderField, HolderStatus
from app.holders.update_holder import UpdateHolder, update_holder
from app.kernel.errors import Forbidden, IdempotencyMismatch, Invalid, InvalidState, NotFound, VersionConflict

ADA = PersonDetails("Ada Lovelace", "1987-04-01")
HOME = AddressDetails("1 Main Street", "Flat 2", "London", "Greater London", "N1 1AA", "GB")

NEW_NAME = {"party": replace(ADA, name="Ada King")}
NEW_BIRTHDAY = {"party": replace(ADA, date_of_birth="1987-04-02")}
NO_BIRTHDAY = {"party": replace(ADA, date_of_birth=None)}
NEW_COUNTRY = {"address": replace(HOME, country="FR")}
NO_ADDRESS = {"clear": [HolderField.ADDRESS]}
NEW_STREET = {"address": replace(HOME, line1="2 Main Street")}
NEW_EMAIL = {"email": "ada@example.org"}
NO_EMAIL = {"clear": [HolderField.EMAIL]}
NEW_METADATA = {"metadata": {"a": 1}}

SCREENED_ANEW = [NEW_NAME, NEW_BIRTHDAY, NO_BIRTHDAY, NEW_COUNTRY, NO_ADDRESS]
NOT_SCREENED = [NEW_STREET, NEW_EMAIL, NO_EMAIL, NEW_METADATA]


def update(holder, **changes):
    return UpdateHolder(str(holder.id), **changes)


@pytest.mark.parametrize("change", SCREENED_ANEW, ids=repr)
async def test_sends_an_ok_holder_back_to_pending_when_who_it_is_changes(actor, make_holder, told, promises, change):
    holder = await make_holder(HolderStatus.OK)
    promised = await promises(holder.id)
    changed, replayed = await update_holder(actor, update(holder, **change))

    assert (changed.status, changed.status_reason, changed.version, replayed) == (HolderStatus.PENDING, None, 4, False)
    assert await find_holder(actor, holder.id) == changed
    assert (await told(holder.id))[2:] == [
        ("holder.updated", 3, {}),
        ("holder.status.pending", 4, {"status": "OK"}),
    ]
    assert (await promises(holder.id))[len(promised) :] == ["screen_holder"]


@pytest.mark.parametrize("change", NOT_SCREENED, ids=repr)
async def test_leaves_an_ok_holder_ok_when_anything_else_changes(actor, make_holder, told, promises, change):
    holder = await make_holder(HolderStatus.OK)
    promised = await promises(holder.id)
    changed, _ = await update_holder(actor, update(holder, **change))

    assert (changed.status, changed.version) == (HolderStatus.OK, 3)
    previous = {"metadata": {}} if "metadata" in change else {}
    assert (await told(holder.id))[2:] == [("holder.updated", 3, previous)]
    assert await promises(holder.id) == promised


@pytest.mark.parametrize("change", [*SCREENED_ANEW, *NOT_SCREENED], ids=repr)
async def test_screens_a_holder_that_lacked_data_again_after_any_change(actor, make_holder, told, promises, change):
    holder = await make_holder(HolderStatus.MISSING_DATA)
    promised = await promises(holder.id)
    assert holder.missing_data == ["proofOfAddress"]
    changed, _ = await update_holder(actor, update(holder, **change))

    assert (changed.status, changed.status_reason, changed.missing_data) == (HolderStatus.PENDING, None, [])
    assert (await told(holder.id))[3:] == [("holder.status.pending", 4, {"status": "MISSING_DATA"})]
    assert (await promises(holder.id))[len(promised) :] == ["screen_holder"]


@pytest.mark.parametrize("status", [HolderStatus.QUARANTINE, HolderStatus.DECLINED])
@pytest.mark.parametrize("change", [*SCREENED_ANEW, *NOT_SCREENED], ids=repr)
async def test_moves_no_holder_that_was_suspected_or_declined(actor, make_holder, told, promises, status, change):
    holder = await make_holder(status)
    promised = await promises(holder.id)
    changed, _ = await update_holder(actor, update(holder, **change))

    assert (changed.status, changed.status_reason, changed.version) == (status, holder.status_reason, 3)
    assert [event_type for event_type, _, _ in (await told(holder.id))[2:]] == ["holder.updated"]
    assert await promises(holder.id) == promised


async def test_promises_another_screening_of_a_holder_that_is_pending(actor, make_holder, told, promises):
    holder = await make_holder()
    changed, _ = await update_holder(actor, update(holder, **NEW_NAME))

    assert (changed.status, changed.version, changed.name) == (HolderStatus.PENDING, 2, "Ada King")
    assert await told(holder.id) == [("holder.created", 1, None), ("holder.updated", 2, {})]
    assert await promises(holder.id) == ["screen_holder", "screen_holder"]


async def test_never_screens_the_customer_s_own_holder(database, told, promises):
    opened = await open_customer("Example Ltd")
    actor = operator_actor(opened.customer_id)
    own = await find_holder(actor, opened.customer_id)
    changed, _ = await update_holder(actor, update(own, party=CompanyDetails("Example plc"), **NEW_COUNTRY))

    assert (changed.status, changed.version, changed.name) == (HolderStatus.OK, 2, "Example plc")
    assert await promises(own.id) == []
    assert [event_type for event_type, _, _ in await told(own.id)][2:] == ["holder.updated"]


async def test_replaces_party_and_address_whole(actor, make_holder):
    holder = await make_holder()
    changed, _ = await update_holder(
        actor, update(holder, party=PersonDetails("Ada"), address=AddressDetails(city="Paris"))
    )
    assert (changed.name, changed.date_of_birth) == ("Ada", None)
    address = (changed.line1, changed.line2, changed.city, changed.region, changed.postal_code, changed.country)
    assert address == (None, None, "Paris", None, None, None)
    assert changed.email == holder.email


async def test_merges_metadata_key_by_key(actor, make_holder, told):
    holder = await make_holder(metadata={"keep": 1, "change": {"a": 1}, "drop": True})
    changed, _ = await update_holder(
        actor, update(holder, metadata={"change": {"b": None}, "drop": None, "absent": None, "new": []})
    )
    assert changed.metadata == {"keep": 1, "change": {"b": None}, "new": []}
    assert (await told(holder.id))[-1] == ("holder.updated", 2, {"metadata": holder.metadata})

    same, _ = await update_holder(actor, update(holder, metadata=None))
    assert same == changed


async def test_empties_what_clear_names_and_nothing_else(actor, make_holder):
    holder = await make_holder(HolderStatus.OK)
    changed, _ = await update_holder(actor, update(holder, clear=[HolderField.EMAIL, HolderField.EMAIL]))
    assert (changed.email, changed.line1, changed.status) == (None, "1 Main Street", HolderStatus.OK)
    changed, _ = await update_holder(actor, update(holder, email="ada@example.org", clear=[HolderField.ADDRESS]))
    assert (changed.email, changed.line1, changed.country) == ("ada@example.org", None, None)


@pytest.mark.parametrize(
    ("given", "index"),
    [({"email": "a@b", "clear": [HolderField.EMAIL]}, "0"),
     ({"address": HOME, "clear": [HolderField.EMAIL, HolderField.ADDRESS]}, "1")],
)  # fmt: skip
async def test_refuses_to_set_and_to_empty_the_same(actor, make_holder, snapshot, given, index):
    holder = await make_holder()
    before = await snapshot()
    with pytest.raises(Invalid, match="given and to be emptied") as refusal:
        await update_holder(actor, update(holder, **given))
    assert refusal.value.path == ("clear", index)
    assert await snapshot() == before


UNTOUCHED = {"party": "UnsetType.UNSET", "address": "UnsetType.UNSET", "metadata": "UnsetType.UNSET"}


@pytest.mark.parametrize(
    ("hashed", "again"),
    [
        ({**UNTOUCHED, "email": "a@b"}, {"email": "a@b"}),
        ({**UNTOUCHED}, NO_EMAIL),
        ({**UNTOUCHED}, {}),  # A typed client's null of that time: sent again, it is absent.
        ({"party": "UnsetType.UNSET", "email": "a@b"}, {"email": "a@b"}),
        (
            {**UNTOUCHED, "email": "a@b", "address": asdict(AddressDetails()), "metadata": {}},
            {"email": "a@b", "address": AddressDetails(), "metadata": {}},
        ),
    ],
    ids=["left out", "emptied", "null", "other nulls", "nothing in it"],
)
async def test_knows_a_key_from_when_a_null_emptied_a_field(actor, make_holder, hashed, again):
    holder = await make_holder()
    canonical = json.dumps(["updateHolder", {"holder_id": str(holder.id), **hashed}], sort_keys=True)
    await fetch(
        "INSERT INTO idempotency_keys (customer_id, operation, key, command_hash, resource_id, created_at)"
        " VALUES ($1, 'updateHolder', 'key-1', $2, $3, now())",
        actor.customer_id,
        hashlib.sha256(canonical.encode()).digest(),
        holder.id,
    )
    _, replayed = await update_holder(actor, update(holder, **again, idempotency_key="key-1"))
    assert replayed
    with pytest.raises(IdempotencyMismatch):
        await update_holder(actor, update(holder, email="c@d", idempotency_key="key-1"))


@pytest.mark.parametrize(
    "same", [{}, {"party": ADA}, {"address": HOME}, {"email": "ada@example.com"}, {"metadata": {"a": 1}}], ids=repr
)
async def test_writes_nothing_when_nothing_changes(actor, make_holder, snapshot, same):
    holder = await make_holder(HolderStatus.OK, metadata={"a": 1})
    before = await snapshot()
    assert await update_holder(actor, update(holder, **same)) == (holder, False)
    assert await snapshot() == before


async def test_tells_no_personal_data(actor, make_holder):
    holder = await make_holder(HolderStatus.OK)
    await update_holder(actor, update(holder, **NEW_NAME, **NEW_STREET, **NEW_EMAIL))
    bodies = [row["body"] for row in await fetch("SELECT body FROM events")]
    assert len(bodies) == 4
    for body in bodies:
        for personal in ("Ada", "King", "1987-04-01", "ada@", "Main Street", "London", "N1 1AA"):
            assert personal not in body
        assert orjson.loads(body)["resource"]["type"] == "holder"


class TestVersion:
    async def test_changes_the_version_that_was_read(self, actor, make_holder):
        holder = await make_holder()
        changed, _ = await update_holder(actor, update(holder, if_version=1, **NEW_EMAIL))
        assert changed.version == 2

    @pytest.mark.parametrize("version", [0, 2, -1])
    async def test_refuses_any_other(self, actor, make_holder, snapshot, version):
        holder = await make_holder()
        before = await snapshot()
        with pytest.raises(VersionConflict) as refusal:
            await update_holder(actor, update(holder, if_version=version, **NEW_EMAIL))
        assert (refusal.value.path, refusal.value.status) == (("if_version",), "PENDING")
        assert await snapshot() == before

    @pytest.mark.postgres15
    async def test_lets_one_of_many_at_once_win(self, actor, make_holder, told):
        holder = await make_holder()
        outcomes = await asyncio.gather(
            *(update_holder(actor, update(holder, if_version=1, metadata={"n": number})) for number in range(8)),
            return_exceptions=True,
        )
        assert sum(isinstance(outcome, VersionConflict) for outcome in outcomes) == 7
        assert [version for _, version, _ in await told(holder.id)] == [1, 2]


@pytest.mark.postgres15
@pytest.mark.parametrize("empty", [{"address": AddressDetails()}, {"metadata": {}}], ids=repr)
async def test_takes_what_is_empty_for_what_is_left_out(actor, make_holder, empty):
    holder = await make_holder(HolderStatus.OK)
    changed, _ = await update_holder(actor, update(holder, **NEW_EMAIL, **empty, idempotency_key="key-1"))

    assert changed == replace(holder, email="ada@example.org", version=3, updated_at=changed.updated_at)
    assert await update_holder(actor, update(holder, **NEW_EMAIL, idempotency_key="key-1")) == (changed, True)


async def test_loses_no_metadata_among_updates_at_once(actor, make_holder, told):
    holder = await make_holder()
    await asyncio.gather(*(update_holder(actor, update(holder, metadata={str(n): n})) for n in range(10)))
    assert (await find_holder(actor, holder.id)).metadata == {str(n): n for n in range(10)}
    assert [version for _, version, _ in await told(holder.id)] == list(range(1, 12))


async def test_is_done_once_by_the_same_key(actor, make_holder, snapshot):
    holder = await make_holder(HolderStatus.OK)
    keyed = update(holder, **NEW_NAME, idempotency_key="key-1")
    changed, _ = await update_holder(actor, keyed)
    before = await snapshot()

    assert await update_holder(actor, keyed) == (changed, True)
    assert await snapshot() == before
    for other in (NEW_COUNTRY, NO_EMAIL, {"party": ADA}):
        with pytest.raises(IdempotencyMismatch):
            await update_holder(actor, update(holder, **other, idempotency_key="key-1"))
    assert await snapshot() == before


async def test_takes_an_id_in_capitals_for_the_same_content(actor, make_holder):
    holder = await make_holder(HolderStatus.OK)
    keyed = update(holder, **NEW_NAME, idempotency_key="key-1")
    await update_holder(actor, keyed)
    _, replayed = await update_holder(actor, replace(keyed, holder_id=keyed.holder_id.upper()))
    assert replayed


async def test_tells_clearing_from_leaving_out_by_the_same_key(actor, make_holder):
    holder = await make_holder()
    await update_holder(actor, update(holder, **NO_EMAIL, idempotency_key="key-1"))
    with pytest.raises(IdempotencyMismatch):
        await update_holder(actor, update(holder, idempotency_key="key-1"))


async def test_burns_no_key_by_a_refusal(actor, make_holder):
    holder = await make_holder()
    with pytest.raises(VersionConflict):
        await update_holder(actor, update(holder, if_version=9, idempotency_key="key-1"))
    _, replayed = await update_holder(actor, update(holder, **NEW_EMAIL, idempotency_key="key-1"))
    assert replayed is False


async def test_refuses_to_make_a_company_of_a_person(actor, make_holder, snapshot):
    holder = await make_holder(HolderStatus.OK)
    before = await snapshot()
    with pytest.raises(InvalidState) as refusal:
        await update_holder(actor, update(holder, party=CompanyDetails("Ada Ltd")))
    assert (refusal.value.path, refusal.value.status) == (("party",), "OK")
    assert await snapshot() == before


class TestOneHolderSActor:
    async def test_changes_itself(self, actor, make_holder):
        holder = await make_holder()
        changed, _ = await update_holder(replace(actor, holder_id=holder.id), update(holder, **NEW_EMAIL))
        assert changed.email == "ada@example.org"

    async def test_finds_nobody_else(self, actor, make_holder, snapshot):
        holder, other = await make_holder(), await make_holder()
        before = await snapshot()
        with pytest.raises(NotFound) as refusal:
            await update_holder(replace(actor, holder_id=other.id), update(holder, **NEW_EMAIL, idempotency_key="k"))
        assert refusal.value.path == ("holder_id",)
        assert await snapshot() == before


async def test_finds_no_holder_of_another_customer_and_none_that_is_not_there(actor, make_holder, make_actor, snapshot):
    holder = await make_holder()
    before = await snapshot()
    for asking, command in (
        (await make_actor(), update(holder, **NEW_EMAIL)),
        (actor, UpdateHolder(str(new_id()), **NO_EMAIL)),
    ):
        with pytest.raises(NotFound):
            await update_holder(asking, command)
    assert await snapshot() == before


async def test_refuses_who_may_not(actor, make_holder, snapshot):
    holder = await make_holder()
    before = await snapshot()
    with pytest.raises(Forbidden) as refusal:
        await update_holder(replace(actor, scopes=frozenset({"holders:read"})), update(holder, **NEW_EMAIL))
    assert refusal.value.required_scope == "holders:write"
    assert await snapshot() == before


async def test_refuses_metadata_of_any_depth_before_it_looks_deeper(actor, make_holder, snapshot):
    holder = await make_holder()
    before = await snapshot()
    deep = []
    for _ in range(5_000):
        deep = [deep]
    with pytest.raises(Invalid, match="nested at most 10 deep") as refusal:
        await update_holder(actor, update(holder, metadata={"a": deep}, idempotency_key="key-1"))
    assert refusal.value.path == ("metadata",)
    assert await snapshot() == before


@pytest.mark.parametrize(
    ("bad", "path"),
    [
        ({"holder_id": "nonsense"}, ("holder_id",)),
        ({"party": PersonDetails("")}, ("party", "person", "name")),
        ({"party": PersonDetails("Ada", "2999-01-01")}, ("party", "person", "date_of_birth")),
        ({"party": CompanyDetails("\x00")}, ("party", "company", "name")),
        ({"email": "nobody"}, ("email",)),
        ({"address": AddressDetails(country="xx")}, ("address", "country")),
        ({"address": AddressDetails(line1="\ud800")}, ("address", "line1")),
        ({"metadata": 5}, ("metadata",)),
        ({"metadata": {"a": float("nan")}}, ("metadata",)),
        ({"metadata": {"b": "x" * 9_000}}, ("metadata",)),
        ({"idempotency_key": " "}, ("idempotency_key",)),
    ],
    ids=lambda value: repr(value)[:50],
)
async def test_refuses_bad_input_and_writes_nothing(actor, make_holder, snapshot, bad, path):
    holder = await make_holder(metadata={"a": "x" * 9_000})
    before = await snapshot()
    with pytest.raises(Invalid) as refusal:
        await update_holder(actor, replace(update(holder, idempotency_key="key-1"), **bad))
    assert refusal.value.path == path
    assert await snapshot() == before
