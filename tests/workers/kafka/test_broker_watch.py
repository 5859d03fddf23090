"""What becomes of the lines of aiokafka."""

import asyncio
import logging

import pytest

from workers.kafka import broker_watch
from workers.kafka.broker_watch import BrokerWatch

LOGGER = logging.getLogger("aiokafka.consumer.fetcher")


def told(caplog):
    """What this product's own log says."""
    return [(one.levelname, one.getMessage()) for one in caplog.records if one.name == broker_watch.logger.name]


@pytest.fixture
def watch(monkeypatch, caplog):
    monkeypatch.setattr(broker_watch, "QUIET_SECONDS", 0.2)
    monkeypatch.setattr(broker_watch, "LOOK_EVERY_SECONDS", 0.01)
    caplog.set_level(logging.INFO)
    made = BrokerWatch("127.0.0.1:9092")
    made.is_joined = True
    source = logging.getLogger("aiokafka")
    source.addHandler(made)
    source.propagate = False
    yield made
    source.propagate = True
    source.removeHandler(made)


async def test_says_once_that_brokers_are_away_and_once_that_they_are_back(watch, caplog):
    for _ in range(746):
        LOGGER.error("Unable connect to node with id %s: %s", 1, "[Errno 111] Connection refused")
        LOGGER.error("Unable to update metadata from %s", [1])
    watching = asyncio.create_task(watch.keep_watch())
    while len(told(caplog)) < 2:
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.1)
    watching.cancel()
    reason = "Unable connect to node with id 1: [Errno 111] Connection refused"
    assert told(caplog) == [
        ("WARNING", f"the brokers 127.0.0.1:9092 cannot be used: waiting for them; nothing is lost: {reason}"),
        ("INFO", "the brokers 127.0.0.1:9092 answer again"),
    ]


async def test_leaves_it_to_the_error_before_it_has_joined(watch, caplog):
    watch.is_joined = False
    LOGGER.error("Unable connect to node with id 1")
    assert told(caplog) == []


async def test_passes_nothing_on_while_brokers_are_away(watch, caplog):
    LOGGER.error("Unable connect to node with id 1")
    LOGGER.error("Something that follows from it")
    assert len(told(caplog)) == 1
    watch.answer()
    LOGGER.error("Something else")
    assert told(caplog)[-1] == ("WARNING", "aiokafka.consumer.fetcher: Something else")


async def test_says_nothing_of_what_is_usual_and_the_rest_once(watch, caplog):
    LOGGER.error("Group Coordinator Request failed: CoordinatorNotAvailableError")
    LOGGER.warning("Heartbeat failed for group %s because it is rebalancing", "quaestor")
    for number in range(3):
        LOGGER.error("Something else went wrong: %s", number)
    assert told(caplog) == [("WARNING", "aiokafka.consumer.fetcher: Something else went wrong: 0")]
