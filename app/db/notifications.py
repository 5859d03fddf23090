"""Wake-ups between processes over LISTEN/NOTIFY: they carry topics, never state, and may be lost.

Each process has one connection that listens and sends. A waiter also polls now and then, since a notification can get
lost with the connection. NOTIFY is sent after the commit, in a transaction of its own; topics gather while the one
before is under way. Inside the transaction of a change, NOTIFY would serialize all commits.
"""

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator
from math import exp
from time import monotonic
from typing import Any, Self
from uuid import UUID

import asyncpg

from app.db.away import DATABASE_AWAY
from app.db.connection import SERVER_SETTINGS
from app.db.outage import database_outage
from app.db.reachable import CONNECT_TIMEOUT_SECONDS
from app.kernel.back_off import BackOff
from app.kernel.part import Part
from app.kernel.tasks import end_tasks

logger = logging.getLogger(__name__)

CHANNEL = "quaestor"
WORK_TOPIC = "work"
EVENTS_TOPIC = "events"
PAYLOAD_BYTES_MAX = 7_500  # PostgreSQL's limit is 8,000.
RECONNECT_SECONDS_MIN = 0.1
RECONNECT_SECONDS_MAX = 5.0
CLOSE_SECONDS_MAX = 2.0
STANDBY_PAUSE_SECONDS = 30.0
"""How long until a standby is asked again: it may have become the primary."""
PENDING_TOPICS_MAX = 10_000
PAUSE_SECONDS = 0.003
"""Between two announcements of one process, if it makes many."""
MANY_PER_SECOND = 300.0


def resource_topic(resource_id: UUID) -> str:
    """Announced when this object changed."""
    return f"r:{resource_id}"


def feed_topic(customer_id: UUID) -> str:
    """Announced when this customer has new events."""
    return f"f:{customer_id}"


class WakeUp:
    """Belongs to one waiter: `wait` returns as soon as one of its topics was announced since the last `wait`."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self.topics_heard: set[str] = set()

    def ring(self, topic: str | None) -> None:
        """Wake the waiter; None means that announcements may have been lost."""
        if topic is not None:
            self.topics_heard.add(topic)
        self._event.set()

    @property
    def is_rung(self) -> bool:
        """Whether it was woken since the last `wait`."""
        return self._event.is_set()

    async def wait(self, timeout_seconds: float) -> bool:
        """Whether it was woken within the time; earlier announcements are then forgotten."""
        try:
            async with asyncio.timeout(timeout_seconds):
                await self._event.wait()
        except TimeoutError:
            return False
        self._event.clear()
        return True


class Notifications(Part):
    """The process's one listening connection, and all who wait for its topics."""

    grace_seconds = CLOSE_SECONDS_MAX

    def __init__(self) -> None:
        self._url = self._application_name = ""
        self._waiters: defaultdict[str, set[WakeUp]] = defaultdict(set)
        self._outgoing: set[str] = set()
        self._being_said: set[str] = set()
        self._speak = asyncio.Event()
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._is_listening = False

    @property
    def is_listening(self) -> bool:
        """Whether announcements arrive now, as far as this process can tell."""
        return self._is_listening

    def at(self, url: str, *, application_name: str) -> Self:
        """The same, of this database from its next start on."""
        self._url, self._application_name = url, application_name
        return self

    async def start(self) -> None:
        """Connect, and keep connected until it is stopped."""
        # New events: the old ones may belong to an event loop that has ended.
        self._speak, self._stopping = asyncio.Event(), asyncio.Event()
        self._task = asyncio.create_task(self._run(), name="notifications")

    def take_no_more(self) -> None:
        """Close the connection as soon as what is pending is sent."""
        self._stopping.set()
        self._speak.set()

    async def finish(self, grace_seconds: float) -> None:
        """Send what is pending, then close properly: the server logs a connection that just ends as a fault.

        :raises Exception: a fault of ours ended the listening.
        """
        await end_tasks((self._task,), grace_seconds=grace_seconds)
        task, self._task = self._task, None
        if task is not None and not task.cancelled():
            task.result()

    @contextlib.contextmanager
    def listen(self, topics: Iterable[str]) -> Iterator[WakeUp]:
        """Hear these topics from now on: listen first, then look, then wait."""
        wake_up = WakeUp()
        names = tuple(topics)
        for topic in names:
            self._waiters[topic].add(wake_up)
        try:
            yield wake_up
        finally:
            for topic in names:
                self._waiters[topic].discard(wake_up)
                if not self._waiters[topic]:
                    del self._waiters[topic]

    def announce(self, topics: Iterable[str]) -> None:
        """Tell every process soon. Without a connection nothing is sent, and polling finds the changes."""
        if self._task is None:
            return
        self._outgoing.update(topics)
        if len(self._outgoing) > PENDING_TOPICS_MAX:  # Long unreachable: no waiter is left for single objects.
            self._outgoing = {WORK_TOPIC, EVENTS_TOPIC}
        if self._outgoing:
            self._speak.set()

    def _hear(self, _connection: Any, _pid: int, _channel: str, payload: object) -> None:
        for topic in str(payload).split(" "):
            for wake_up in tuple(self._waiters.get(topic, ())):
                wake_up.ring(topic)

    def _ring_all(self) -> None:
        for waiters in tuple(self._waiters.values()):
            for wake_up in tuple(waiters):
                wake_up.ring(None)

    async def _run(self) -> None:
        back_off = BackOff(RECONNECT_SECONDS_MIN, RECONNECT_SECONDS_MAX)
        while not self._stopping.is_set():
            try:
                connection = await asyncpg.connect(
                    self._url,
                    timeout=CONNECT_TIMEOUT_SECONDS,
                    command_timeout=CONNECT_TIMEOUT_SECONDS,
                    server_settings={**SERVER_SETTINGS, "application_name": f"{self._application_name}-listen"},
                )
            except DATABASE_AWAY as error:
                database_outage.notice("no listening connection: %s; trying again until there is one", error)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), back_off.lengthen())
                continue
            back_off.reset()
            is_standby = False
            try:
                await self._converse(connection)
                # What others announce meanwhile must still be taken, or the server logs that the client was lost.
                await connection.close(timeout=CLOSE_SECONDS_MAX)
            except asyncpg.ReadOnlySQLTransactionError:
                # Only LISTEN gets this refusal, and only from a standby; a read-only primary allows it.
                logger.warning("this database follows another and sends no notifications: who waits looks now and then")
                is_standby = True
                await connection.close(timeout=CLOSE_SECONDS_MAX)
            except DATABASE_AWAY as error:
                database_outage.notice("the listening connection ended: %s", error)
            finally:
                self._is_listening = False
                connection.terminate()
            self._ring_all()
            if is_standby:
                await asyncio.sleep(STANDBY_PAUSE_SECONDS)

    async def _converse(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        connection.add_termination_listener(lambda _connection: self._speak.set())
        await connection.add_listener(CHANNEL, self._hear)
        self._is_listening = True
        database_outage.end("the database can be used again")
        self._ring_all()
        if self._outgoing:  # Announced while there was no connection, or in the moment in which the last one ended.
            self._speak.set()
        said = _Recently()
        while not connection.is_closed() and (self._outgoing or not self._stopping.is_set()):
            await self._speak.wait()
            self._speak.clear()
            if connection.is_closed():
                return
            self._being_said, self._outgoing = self._outgoing, set()
            try:
                for payload in _payloads(self._being_said):
                    await connection.execute("SELECT pg_notify($1, $2)", CHANNEL, payload)
            except BaseException:
                self._outgoing |= self._being_said
                self._speak.set()
                raise
            finally:
                self._being_said = set()
            # Under load topics gather, since a NOTIFY per commit would cost more than some of the commits.
            if said.note() > MANY_PER_SECOND:
                await asyncio.sleep(PAUSE_SECONDS)


class _Recently:
    """Counts what happens, as a number a second that fades."""

    def __init__(self) -> None:
        self._at = monotonic()
        self._count = 0.0

    def note(self) -> float:
        """One more; answers how many there were lately."""
        now = monotonic()
        self._count = self._count * exp(self._at - now) + 1
        self._at = now
        return self._count


def _payloads(topics: Iterable[str]) -> Iterator[str]:
    payload = ""
    for topic in sorted(topics):
        if payload and len(payload) + len(topic) + 1 > PAYLOAD_BYTES_MAX:
            yield payload
            payload = ""
        payload = f"{payload} {topic}" if payload else topic
    if payload:
        yield payload


_notifications = Notifications()


def notifications() -> Notifications:
    """The process's notifications."""
    return _notifications


def announce(topics: Iterable[str]) -> None:
    """Tell every process that something about these topics was committed."""
    _notifications.announce(topics)
