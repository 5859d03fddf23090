"""Sends dead letters once more to the topic that they came from: those with one code, or all.

    pip install kafka-python
    python kafka_replay.py 127.0.0.1:9092 ledger.account.creation.dlq INTERNAL

It reads to the end that the topic has when it starts. A letter that was copied in part is left out, and named.
"""

import sys
from collections.abc import Iterator
from typing import Any

from kafka import KafkaConsumer, KafkaProducer, TopicPartition

OURS = "quaestor-"


def main(brokers: str, dead_letters: str, code: str | None = None) -> int:
    """Send them again; returns the exit code."""
    producer = KafkaProducer(bootstrap_servers=brokers, acks="all", max_request_size=10_000_000)
    consumer = KafkaConsumer(bootstrap_servers=brokers, group_id=None)
    sent = set()
    for record in letters(consumer, dead_letters):
        told = {name: value.decode() for name, value in record.headers if name.startswith(OURS)}
        place = (told["quaestor-topic"], told["quaestor-partition"], told["quaestor-offset"])
        if place in sent or (code is not None and told["quaestor-code"] != code):
            continue  # A copy may come twice.
        sent.add(place)
        if "quaestor-shortened" in told:
            print("left out, since it is not whole:", "/".join(place), file=sys.stderr)
            continue
        headers = [(name, value) for name, value in record.headers if not name.startswith(OURS)]
        producer.send(told["quaestor-topic"], record.value, key=record.key, headers=headers).get(timeout=30)
        print("sent again:", "/".join(place))
    producer.close()
    consumer.close()
    return 0


def letters(consumer: KafkaConsumer, topic: str) -> Iterator[Any]:
    """All messages of a topic, up to its present end."""
    partitions = [TopicPartition(topic, number) for number in sorted(consumer.partitions_for_topic(topic) or ())]
    consumer.assign(partitions)
    consumer.seek_to_beginning()
    ends = consumer.end_offsets(partitions)
    while any(consumer.position(partition) < ends[partition] for partition in partitions):
        for records in consumer.poll(timeout_ms=500).values():
            yield from (record for record in records if record.offset < ends[TopicPartition(topic, record.partition)])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
