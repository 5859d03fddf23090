"""Let a drain know that the database is away, from the tasks beside it."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from app.db.away import BUSY, DATABASE_UNUSABLE

logger = logging.getLogger(__name__)


class Trouble:
    """What kept a task from its work.

    :param on_busy: called if only other transactions were in the way, so that the drain looks again.
    :param on_away: called if the database cannot be used, so that the drain sees it.
    """

    def __init__(self, *, on_busy: Callable[[], None], on_away: Callable[[], None]) -> None:
        self._on_busy = on_busy
        self._on_away = on_away
        self._noted: Exception | None = None

    @contextmanager
    def noting(self) -> Iterator[None]:
        """Note what the block raises because of the database."""
        try:
            yield
        except BUSY as error:
            logger.info("another transaction was in the way, looking again: %s", error)
            self._on_busy()
        except DATABASE_UNUSABLE as error:
            self._noted = error
            self._on_away()

    def tell(self) -> None:
        """Raise what was noted, once.

        :raises OSError, asyncpg.PostgresError, asyncpg.InterfaceError: the database is away.
        """
        noted, self._noted = self._noted, None
        if noted is not None:
            raise noted
