"""The screening port (may we serve this holder?), and the built-in screening, which approves."""

import asyncio
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol
from uuid import UUID

from app.db.connection import fetchrow
from app.holders.status import HolderStatus, Party
from app.kernel.magic_values import SLOW_FACTOR, UNAVAILABLE_ASKS, magic_values
from app.outbox.drain import Unavailable
from app.settings import Environment, Settings

MISSING_DOCUMENT = "proofOfAddress"


@dataclass(frozen=True, slots=True)
class ScreeningRequest:
    """The holder to screen, with all the data that its party needs."""

    holder_id: UUID
    party: Party
    name: str
    date_of_birth: date | None
    registration_number: str | None
    country: str | None
    metadata: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ScreeningVerdict:
    """OK, MISSING_DATA (with what is missing), QUARANTINE or DECLINED; and why, unless OK."""

    outcome: HolderStatus
    reason: str | None = None
    missing_data: tuple[str, ...] = ()


class ScreeningUnavailable(Unavailable):
    """The screening did not answer: the verdict is unknown, and we ask again later."""


class ScreeningPort(Protocol):
    """A screening. It may be asked for the same holder again."""

    async def screen(self, request: ScreeningRequest) -> ScreeningVerdict:
        """The verdict on a holder.

        :raises ScreeningUnavailable: ask again later.
        """
        ...


VERDICTS = {
    "decline": ScreeningVerdict(HolderStatus.DECLINED, "The screening declined this holder."),
    "quarantine": ScreeningVerdict(HolderStatus.QUARANTINE, "The screening wants a person to review this holder."),
    "missing-data": ScreeningVerdict(
        HolderStatus.MISSING_DATA, "The screening needs more about this holder.", (MISSING_DOCUMENT,)
    ),
}
"""The verdicts of the magic values. If a holder has several, the first here counts."""


class BuiltInScreening:
    """Approves at once; other outcomes by the magic values of docs/magic-values.md, which LIVE ignores."""

    def __init__(self, settings: Settings) -> None:
        self._obeys_magic = settings.environment is not Environment.LIVE
        self._slow_seconds = settings.simulator_delay_seconds * SLOW_FACTOR

    async def screen(self, request: ScreeningRequest) -> ScreeningVerdict:
        """See `ScreeningPort`."""
        asked = magic_values(request.metadata) if self._obeys_magic else frozenset[str]()
        if asked & {"unavailable", "slow"}:
            ask_count, seconds_since_first = await _note_ask(request.holder_id)
            if "unavailable" in asked and ask_count <= UNAVAILABLE_ASKS:
                raise ScreeningUnavailable("The built-in screening is unavailable, as its magic value asks.")
            if "slow" in asked:
                # Counted from the first ask, so that a caller that gave up does not wait the full time again.
                await asyncio.sleep(max(0.0, self._slow_seconds - seconds_since_first))
        return next(
            (verdict for value, verdict in VERDICTS.items() if value in asked), ScreeningVerdict(HolderStatus.OK)
        )


async def _note_ask(holder_id: UUID) -> tuple[int, float]:
    """How often this holder was asked about, this time included, and how many seconds ago first."""
    row = await fetchrow(
        """
        INSERT INTO simulator_screenings AS screening (holder_id, ask_count, first_asked_at)
        VALUES ($1, 1, now())
        ON CONFLICT (holder_id) DO UPDATE SET ask_count = screening.ask_count + 1
        RETURNING ask_count, extract(epoch FROM now() - first_asked_at)::float8 AS seconds
        """,
        holder_id,
    )
    assert row is not None
    return row["ask_count"], row["seconds"]
