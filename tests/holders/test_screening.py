from datetime import date
from uuid import uuid4

import pytest

from app.db.connection import fetch
from app.holders.screening import BuiltInScreening, ScreeningRequest, ScreeningUnavailable, ScreeningVerdict
from app.holders.status import HolderStatus, Party
from app.settings import load_settings


def ada(simulate=None):
    metadata = {} if simulate is None else {"simulate": simulate}
    return ScreeningRequest(uuid4(), Party.PERSON, "Ada Lovelace", date(1987, 4, 1), None, "GB", metadata)


@pytest.fixture
def screening(database):
    return BuiltInScreening(load_settings(simulator_delay_seconds=0))


async def test_approves(screening):
    assert await screening.screen(ada()) == ScreeningVerdict(HolderStatus.OK, None, ())


@pytest.mark.parametrize(
    ("value", "outcome", "reason", "missing_data"),
    [
        ("quarantine", HolderStatus.QUARANTINE, "The screening wants a person to review this holder.", ()),
        ("decline", HolderStatus.DECLINED, "The screening declined this holder.", ()),
        (
            "missing-data",
            HolderStatus.MISSING_DATA,
            "The screening needs more about this holder.",
            ("proofOfAddress",),
        ),
        (["slow", "decline"], HolderStatus.DECLINED, "The screening declined this holder.", ()),
        ("nonsense", HolderStatus.OK, None, ()),
    ],
)
async def test_gives_the_verdict_that_a_magic_value_asks_for(screening, value, outcome, reason, missing_data):
    assert await screening.screen(ada(value)) == ScreeningVerdict(outcome, reason, missing_data)


async def test_is_unavailable_three_times_then_recovers(screening):
    request = ada("unavailable")
    for _ in range(3):
        with pytest.raises(ScreeningUnavailable):
            await screening.screen(request)
    assert (await screening.screen(request)).outcome is HolderStatus.OK


async def test_takes_ten_times_the_delay_when_asked_to_be_slow(database, monkeypatch):
    naps = []

    async def nap(seconds):
        naps.append(seconds)

    monkeypatch.setattr("app.holders.screening.asyncio.sleep", nap)
    screening = BuiltInScreening(load_settings(simulator_delay_seconds=2))
    await screening.screen(ada())
    assert naps == []
    request = ada("slow")
    assert (await screening.screen(request)).outcome is HolderStatus.OK
    await fetch("UPDATE simulator_screenings SET first_asked_at = first_asked_at - interval '15 seconds'")
    await screening.screen(request)
    assert [round(nap) for nap in naps] == [20, 5]


@pytest.mark.parametrize("value", ["quarantine", "decline", "missing-data", "unavailable"])
async def test_ignores_magic_values_in_live(database, value):
    screening = BuiltInScreening(load_settings(environment="LIVE"))
    assert await screening.screen(ada(value)) == ScreeningVerdict(HolderStatus.OK)
