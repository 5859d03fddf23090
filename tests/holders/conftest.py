"""A customer, holders of it in any status, and what the feed tells of them."""

import orjson
import pytest

from app.db.connection import fetch, pool
from app.holders.create_holder import CreateHolder, create_holder
from app.holders.party import AddressDetails, CompanyDetails, PersonDetails
from app.holders.queries import find_holder
from app.holders.screen_holder import screen_holder
from app.holders.screening import ScreeningVerdict
from app.holders.status import HolderStatus


class Screening:
    """A screening that gives the verdict it is told to; `meanwhile` happens while it thinks."""

    def __init__(self, verdict, meanwhile=None):
        self.verdict = verdict
        self.meanwhile = meanwhile
        self.requests = []

    async def screen(self, request):
        self.requests.append(request)
        if self.meanwhile is not None:
            await self.meanwhile()
        if isinstance(self.verdict, Exception):
            raise self.verdict
        return self.verdict


VERDICTS = {
    HolderStatus.OK: ScreeningVerdict(HolderStatus.OK),
    HolderStatus.QUARANTINE: ScreeningVerdict(HolderStatus.QUARANTINE, "look at it"),
    HolderStatus.DECLINED: ScreeningVerdict(HolderStatus.DECLINED, "no"),
    HolderStatus.MISSING_DATA: ScreeningVerdict(HolderStatus.MISSING_DATA, "more", ("proofOfAddress",)),
}

ADA = PersonDetails("Ada Lovelace", "1987-04-01")
ACME = CompanyDetails("Acme Ltd", "12345678")
HOME = AddressDetails("1 Main Street", "Flat 2", "London", "Greater London", "N1 1AA", "GB")


@pytest.fixture
async def actor(make_actor):
    return await make_actor()


@pytest.fixture
def make_screening():
    return lambda verdict, meanwhile=None: Screening(VERDICTS.get(verdict, verdict), meanwhile)


@pytest.fixture
def make_holder(actor):
    """Make a holder, and screen it to a status; answers it."""

    async def make(status=HolderStatus.PENDING, *, party=ADA, address=HOME, of=None, **given):
        by = of or actor
        command = CreateHolder(party=party, address=address, email="ada@example.com", **given)
        holder, _ = await create_holder(by, command)
        if status is not HolderStatus.PENDING:
            await screen_holder(by, holder.id, screening=Screening(VERDICTS[status]))
        return await find_holder(by, holder.id)

    return make


@pytest.fixture
def told():
    """What was told of a holder, in order: type, version and what was replaced."""

    async def told(holder_id):
        rows = await fetch(
            "SELECT body FROM events JOIN unnumbered_events AS u ON u.event_id = events.id"
            " WHERE events.resource_id = $1 ORDER BY u.insertion",
            holder_id,
        )
        bodies = [orjson.loads(row["body"]) for row in rows]
        return [(body["type"], body["resource"]["version"], body["previous"]) for body in bodies]

    return told


@pytest.fixture
def promises():
    """The kinds of work promised for an object, oldest first."""

    async def promises(holder_id):
        rows = await fetch("SELECT kind FROM outbox_messages WHERE resource_id = $1 ORDER BY id", holder_id)
        return [row["kind"] for row in rows]

    return promises


@pytest.fixture
def snapshot():
    """All that the verbs of holders can write."""

    async def snapshot():
        tables = ("holders", "events", "unnumbered_events", "outbox_messages", "idempotency_keys")
        return {table: sorted(map(repr, await pool().fetch(f"SELECT * FROM {table}"))) for table in tables}

    return snapshot
