"""The examples of clients, as programs, against a real broker and a real process of the door."""

import asyncio
import json
import sys
from pathlib import Path

import pytest

from tests.workers.kafka.conftest import count

pytestmark = pytest.mark.kafka

EXAMPLES = Path(__file__).parents[3] / "examples"


async def run(name, *arguments):
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(EXAMPLES / name), *arguments,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


async def test_the_client_opens_an_account_and_tells_a_replay_and_a_refusal(topics, customer_id, start_door):
    await start_door(topics)
    client = ("kafka_client.py", topics.broker)
    code, out, err = await run(*client, "customer123", topics.commands, topics.answers)
    opened, wallet = out.splitlines()
    assert (code, opened.split()[0], wallet.split()[-2:]) == (0, "opened", ["0.00", "USD"]), err
    code, out, _ = await run(*client, "customer123", topics.commands, topics.answers)
    assert (code, out.split()[0]) == (0, "replayed")
    code, out, _ = await run(*client, "r" * 300, topics.commands, topics.answers)
    assert (code, out.split(": ")[:2]) == (1, ["VALIDATION", "account_reference"])
    assert await count("accounts") == 1


async def test_dead_letters_are_sent_again(topics, customer_id, start_door):
    """Two that failed through a fault of ours, one of them copied twice, one malformed, and one copied in part."""
    account = {"operation": "create_account", "account_type": "group"}
    for offset, code, more in (
        (1, "INTERNAL", []),
        (1, "INTERNAL", []),
        (2, "INTERNAL", []),
        (3, "VALIDATION", []),
        (4, "INTERNAL", [("quaestor-shortened", b"Too large")]),
    ):
        headers = [
            ("trace", b"\xff"),
            ("quaestor-code", code.encode()),
            ("quaestor-reason", b"why"),
            ("quaestor-topic", topics.commands.encode()),
            ("quaestor-partition", b"0"),
            ("quaestor-offset", str(offset).encode()),
            *more,
        ]
        value = json.dumps({**account, "account_reference": f"c{offset}"}).encode()
        await topics.producer.send_and_wait(topics.dead_letters, value, key=b"the key", headers=headers)
    code, out, err = await run("kafka_replay.py", topics.broker, topics.dead_letters, "INTERNAL")
    assert (code, len(out.splitlines())) == (0, 2), err
    assert err == f"left out, since it is not whole: {topics.commands}/0/4\n"
    sent = await topics.read(topics.commands, lambda found: len(found) >= 2)
    assert [json.loads(one.value)["account_reference"] for one in sent] == ["c1", "c2"]
    assert {(one.key, one.headers) for one in sent} == {(b"the key", (("trace", b"\xff"),))}
    await start_door(topics)
    answers = await topics.read(topics.answers, lambda found: len(found) >= 2)
    assert {json.loads(one.value)["status"] for one in answers} == {"success"}
