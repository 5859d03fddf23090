"""Opens an account with a wallet over Kafka, and waits for the answer.

    pip install kafka-python
    python kafka_client.py 127.0.0.1:9092 customer123

Send a command again if no answer comes: the same content is the same account, and the answer says so.
"""

import json
import sys
import time
from typing import Any

from kafka import KafkaConsumer, KafkaProducer

COMMANDS, ANSWERS = "ledger.account.creation", "ledger.account.responses"
WAIT_SECONDS = 30


class NoAnswer(Exception):
    """No answer came in time. It may still come: send the command again."""


class Ledger:
    """Sends commands, and finds the answer of each by the place of its message."""

    def __init__(self, brokers: str, commands: str = COMMANDS, answers: str = ANSWERS) -> None:
        self._commands = commands
        self._producer = KafkaProducer(bootstrap_servers=brokers, acks="all")
        # Each client reads all answers: it is in no group.
        self._answers = KafkaConsumer(answers, bootstrap_servers=brokers, group_id=None, auto_offset_reset="latest")
        deadline = time.monotonic() + WAIT_SECONDS
        while not self._answers.assignment() and time.monotonic() < deadline:
            self._answers.poll(timeout_ms=100)
        for partition in self._answers.assignment():
            self._answers.position(partition)  # From here on: what is answered after this is read.

    def ask(self, command: dict[str, Any]) -> dict[str, Any]:
        """Send a command, and return its answer. Messages of one account have the same key, so they stay in order."""
        value, key = json.dumps(command).encode(), command["account_reference"].encode()
        place = self._producer.send(self._commands, value, key=key).get(timeout=WAIT_SECONDS)
        wanted = {"topic": place.topic, "partition": place.partition, "offset": place.offset}
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            for records in self._answers.poll(timeout_ms=500).values():
                for record in records:
                    # A balance is exact: read it as text or as a decimal, never as a float.
                    answer: dict[str, Any] = json.loads(record.value, parse_float=str)
                    if answer["request"] == wanted:
                        return answer
        raise NoAnswer(f"No answer within {WAIT_SECONDS} seconds: send it again.")

    def close(self) -> None:
        """Close the connections."""
        self._producer.close()
        self._answers.close()


def main(brokers: str, reference: str, *topics: str) -> int:
    """Open one account; returns the exit code."""
    ledger = Ledger(brokers, *topics)
    try:
        answer = ledger.ask(
            {
                "operation": "create_account",
                "account_type": "group",
                "account_reference": reference,
                "wallets": [
                    {"wallet_name": "default", "currency": "USD", "accounting_type": "LIABILITY", "decimal_places": 2}
                ],
                "metadata": {"customer_id": reference},
            }
        )
    finally:
        ledger.close()
    if answer["status"] == "error":
        for error in answer["errors"]:
            print(error["code"], ".".join(error["path"]), error["message"], sep=": ")
        return 1
    wallet = answer["wallets"][0]
    print("replayed" if answer["replayed"] else "opened", answer["account"]["account_id"])
    print("wallet", wallet["wallet_id"], "has", wallet["balance"]["available"], wallet["currency"])
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
