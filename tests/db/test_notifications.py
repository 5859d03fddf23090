"""Wake-ups between processes: each `Notifications` here stands for a process."""

import asyncio
import os
import signal

import asyncpg
import pytest

from app.db import notifications as module
from app.db.identifiers import new_id
from app.db.notifications import (
    CHANNEL,
    EVENTS_TOPIC,
    PAYLOAD_BYTES_MAX,
    PENDING_TOPICS_MAX,
    WORK_TOPIC,
    Notifications,
    feed_topic,
    resource_topic,
)


@pytest.fixture
async def connected(postgres):
    """Make `Notifications` that already listen."""
    started = []

    async def connect(name="quaestor-tests"):
        made = Notifications()
        with made.listen(["first"]) as wake_up:
            await made.at(postgres.url, application_name=name).start()
            assert await wake_up.wait(60)
        started.append(made)
        return made

    yield connect
    for made in started:
        await made.stop()


async def hear(wake_up, topics):
    while not wake_up.topics_heard >= set(topics):
        assert await wake_up.wait(60)
    return wake_up.topics_heard


async def test_wakes_those_in_other_processes_who_wait_for_the_topic(connected):
    speaker, listener = await connected(), await connected()
    with listener.listen(["wanted", "also"]) as concerned, listener.listen(["other"]) as unconcerned:
        speaker.announce(["wanted"])

        assert await concerned.wait(60)
        assert concerned.topics_heard == {"wanted"}
        assert not await unconcerned.wait(0.02)
        assert unconcerned.topics_heard == set()


async def test_is_heard_by_the_speaking_process_itself(connected):
    speaker = await connected()
    with speaker.listen(["topic"]) as wake_up:
        speaker.announce(["topic"])
        assert await wake_up.wait(60)


async def test_remembers_what_was_announced_between_two_waits(connected):
    speaker = await connected()
    with speaker.listen(["one", "two"]) as wake_up:
        speaker.announce(["one", "two"])
        await hear(wake_up, ["one", "two"])
        while await wake_up.wait(0.02):
            pass
        speaker.announce(["one"])
        assert await wake_up.wait(60)


async def test_says_a_few_at_once(connected, monkeypatch):
    monkeypatch.setattr(module, "PAUSE_SECONDS", 3_600)
    speaker = await connected()
    with speaker.listen(["one", "two", "three"]) as wake_up:
        for topic in ("one", "two", "three"):
            speaker.announce([topic])
            await hear(wake_up, [topic])


async def test_lets_many_gather(connected, postgres, monkeypatch):
    monkeypatch.setattr(module, "MANY_PER_SECOND", 2.0)
    monkeypatch.setattr(module, "PAUSE_SECONDS", 1.0)
    speaker, heard = await connected(), []
    listener = await asyncpg.connect(postgres.url)
    await listener.add_listener(CHANNEL, lambda *arrived: heard.append(arrived[-1].split(" ")))
    for number in range(20):
        speaker.announce([str(number)])
        await asyncio.sleep(0.01)
    async with asyncio.timeout(60):
        while sum(map(len, heard)) < 20:
            await asyncio.sleep(0.01)
    await listener.close()
    assert len(heard) < 20
    assert sorted(topic for topics in heard for topic in topics) == sorted(map(str, range(20)))


async def test_splits_what_is_too_long_for_one_notification(connected):
    speaker, listener = await connected(), await connected()
    topics = [resource_topic(new_id()) for _ in range(1_000)]
    assert len(" ".join(topics)) > 4 * PAYLOAD_BYTES_MAX

    with listener.listen(topics) as wake_up:
        speaker.announce(topics)
        assert await hear(wake_up, topics) == set(topics)


async def test_connects_again_when_its_connection_is_killed_and_rings_all_who_wait(connected, postgres):
    listener, speaker = await connected("quaestor-killed"), await connected()
    observer = await asyncpg.connect(postgres.url)
    with listener.listen(["topic"]) as wake_up:
        killed = await observer.fetchval(
            "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity"
            " WHERE application_name = 'quaestor-killed-listen'"
        )
        assert killed == 1

        assert await wake_up.wait(60)
        assert wake_up.topics_heard == set()  # Nothing was announced, but something might have been lost.
        while "topic" not in wake_up.topics_heard:
            speaker.announce(["topic"])
            await wake_up.wait(0.1)
    await observer.close()


async def test_says_what_was_announced_in_the_moment_in_which_its_connection_ended(connected, postgres, monkeypatch):
    made, connect = [], asyncpg.connect

    async def noted(*arguments, **settings):
        made.append(await connect(*arguments, **settings))
        return made[-1]

    monkeypatch.setattr(asyncpg, "connect", noted)
    listener, speaker = await connected(), await connected("quaestor-ended")
    made[-1].add_termination_listener(lambda _connection: speaker.announce(["topic"]))
    observer = await connect(postgres.url)
    with listener.listen(["topic"]) as wake_up:
        await observer.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE application_name = 'quaestor-ended-listen'"
        )
        await hear(wake_up, ["topic"])
    await observer.close()


async def test_says_after_reconnecting_what_it_could_not_say(connected, postgres):
    listener, speaker = await connected(), await connected("quaestor-mute")
    observer = await asyncpg.connect(postgres.url)
    with listener.listen(["topic"]) as wake_up:
        await observer.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE application_name = 'quaestor-mute-listen'"
        )
        speaker.announce(["topic"])
        await hear(wake_up, ["topic"])
    await observer.close()


async def test_says_what_is_pending_before_it_stops(connected):
    speaker, listener = await connected(), await connected()
    topics = [resource_topic(new_id()) for _ in range(PENDING_TOPICS_MAX)]
    with listener.listen(topics) as wake_up:
        speaker.announce(topics)
        await speaker.stop()
        assert await hear(wake_up, topics) == set(topics)


async def test_takes_what_is_announced_until_the_server_has_ended_the_session(connected, postgres):
    """Else the server finds nobody to send it to, and logs `FATAL: connection to client lost`."""
    leaving = await connected("quaestor-leaving")
    observer = await asyncpg.connect(postgres.url)
    pid = await observer.fetchval("SELECT pid FROM pg_stat_activity WHERE application_name = 'quaestor-leaving-listen'")
    os.kill(pid, signal.SIGSTOP)
    try:
        stopping = asyncio.create_task(leaving.stop())
        await asyncio.wait([stopping], timeout=0.5)
        assert not stopping.done()
        await observer.execute("SELECT pg_notify($1, 'topic')", CHANNEL)
    finally:
        os.kill(pid, signal.SIGCONT)
    await stopping
    await observer.close()


async def test_says_nothing_when_it_was_never_started(connected):
    silent = Notifications()
    silent.announce(["topic"])
    await silent.stop()
    assert silent._outgoing == set()


async def test_keeps_trying_while_there_is_no_server_and_does_not_hoard_topics(tmp_path):
    lonely = Notifications()
    await lonely.at(f"postgresql://quaestor@/quaestor?host={tmp_path}", application_name="quaestor-tests").start()
    lonely.announce(str(number) for number in range(PENDING_TOPICS_MAX))
    assert len(lonely._outgoing) == PENDING_TOPICS_MAX
    lonely.announce(["one more"])
    assert lonely._outgoing == {WORK_TOPIC, EVENTS_TOPIC}
    await asyncio.sleep(0.15)
    assert not lonely._task.done()
    await lonely.stop()


async def test_forgets_those_who_wait_no_more():
    here = Notifications()
    with here.listen(["a", "b"]), here.listen(["b"]):
        assert {topic: len(waiters) for topic, waiters in here._waiters.items()} == {"a": 1, "b": 2}
    assert here._waiters == {}


def test_names_topics_of_objects_and_of_feeds():
    some_id = new_id()
    assert resource_topic(some_id) == f"r:{some_id}"
    assert feed_topic(some_id) == f"f:{some_id}"
