"""The door of Kafka without a broker: what a process of it does with the messages of one partition."""

import json

from aiokafka import ConsumerRecord

from app.idempotency.message_sources import Partition
from workers.kafka.carry_out import Batches
from workers.kafka.figures import Figures
from workers.kafka.messages import read_message
from workers.kafka.topics import CommandTopic


class Door:
    """The batches of one partition; keeps what it buried, and answers decoded answers."""

    def __init__(self, customer_id):
        self.figures = Figures()
        self.buried = []
        topic = CommandTopic("in", "out", "lost", customer_id)
        self.batches = Batches(topic, Partition(customer_id, "cluster", "in", 0), self.bury, self.figures)

    async def bury(self, message, code, reason):
        self.buried.append((message.record.offset, code, reason))

    async def carry_out(self, *values, first=0, headers=(), key=None):
        messages = [record(value, first + index, headers, key) for index, value in enumerate(values)]
        return [json.loads(answer.body) for answer in await self.batches.carry_out(messages)]

    def counted(self, done):
        return self.figures.messages["in", done]


def record(value, offset, headers=(), key=None):
    text = json.dumps(value).encode() if isinstance(value, dict) else value
    return read_message(
        ConsumerRecord(
            topic="in", partition=0, offset=offset, timestamp=1_700_000_000_000, timestamp_type=0, key=key, value=text,
            checksum=None, serialized_key_size=0, serialized_value_size=0, headers=tuple(headers),
        )
    )  # fmt: skip
