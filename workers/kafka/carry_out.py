"""Carry out a batch of messages in one transaction, and each message once."""

import asyncio
import logging
import zlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

import asyncpg

from app.accounts.open_accounts import open_accounts
from app.accounts.orders import Order
from app.db.away import COLLIDED, DATABASE_UNUSABLE
from app.db.transaction import Transaction, transaction
from app.idempotency.message_answers import Answer, forget_answers, keep_answers, read_answers
from app.idempotency.message_sources import Partition, Place, reserve_sources
from app.kernel.errors import DomainError, ErrorCode, FieldFault
from app.kernel.tracing import span_for_all
from workers.kafka import answers
from workers.kafka.figures import Done, Figures
from workers.kafka.messages import Message, begin_span
from workers.kafka.topics import CommandTopic

logger = logging.getLogger(__name__)

OF_THE_DATA: tuple[type[Exception], ...] = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError)
"""Errors for values that the database will never take: a fault of ours in one message."""
AGAIN: tuple[type[Exception], ...] = (*DATABASE_UNUSABLE, asyncpg.PostgresError)
"""All its other errors. A missing table or right would fail every message, so messages wait until it is there."""
LANES = 2
"""How many transactions of one partition run at the same time."""
SIDE_BY_SIDE_FROM = 32
"""Fewer messages are faster in one transaction."""

Bury = Callable[[Message, str, str], Awaitable[None]]
"""Send a copy of a message to the dead letters, with a code and a reason; returns when brokers have it."""


class Batches:
    """Carries out the batches of one partition, which are of one customer."""

    def __init__(self, topic: CommandTopic, partition: Partition, bury: Bury, figures: Figures) -> None:
        self._topic = topic
        self._partition = partition
        self._bury = bury
        self._figures = figures

    async def carry_out(self, messages: Sequence[Message], *, arrived: Sequence[Place] = ()) -> list[Answer]:
        """The answers to send now, in the order of the messages, without those that have arrived before.

        Answers at the places `arrived` are deleted. If a message makes the transaction fail, the batch is halved until
        that message fails alone; it is answered with INTERNAL.

        :raises Exception: one of `AGAIN`; nothing happened, or all of it: call it again.
        """
        for message in messages:
            begin_span(message, self._topic.customer_id)
        with span_for_all("carry_out_messages", (message.span for message in messages)):
            answers = await self._carry_out(messages, arrived)
        for message in messages:
            message.span.end()
        return answers

    async def _carry_out(self, messages: Sequence[Message], arrived: Sequence[Place]) -> list[Answer]:
        for message in messages:
            if message.asked.command is None and not message.is_buried:
                faults = message.asked.faults
                code = faults[0].code if faults else ErrorCode.VALIDATION
                await self._bury_once(message, code, "; ".join(_told(fault) for fault in faults))
        try:
            return await self._side_by_side(messages, arrived)
        except COLLIDED:  # Messages of two keys may name the same account.
            return await self._halve(messages, arrived)

    async def _side_by_side(self, messages: Sequence[Message], arrived: Sequence[Place]) -> list[Answer]:
        """In concurrent transactions, so that Python works for one while the database works for the other. Messages of
        one key are in the same transaction.
        """
        lanes = _lanes(messages)
        if len(lanes) < LANES or len(messages) < SIDE_BY_SIDE_FROM:
            return await self._halve(messages, arrived)
        parts = [self._halve(lane, () if number else arrived) for number, lane in enumerate(lanes)]
        done = await asyncio.gather(*parts, return_exceptions=True)
        for one in done:
            if isinstance(one, BaseException):
                raise one
        made = [answer for one in done if not isinstance(one, BaseException) for answer in one]
        return sorted(made, key=lambda answer: answer.place.offset)

    async def _halve(self, messages: Sequence[Message], arrived: Sequence[Place]) -> list[Answer]:
        try:
            return await self._together(messages, arrived)
        except OF_THE_DATA as fault:
            spoiled: Exception = fault
        except AGAIN:
            raise
        except Exception as fault:  # noqa: BLE001 - a fault of ours in one message must not stop the partition
            spoiled = fault
        if len(messages) == 1:
            return await self._fail(messages[0], spoiled)
        middle = len(messages) // 2
        first = await self._halve(messages[:middle], arrived)
        return [*first, *await self._halve(messages[middle:], ())]

    async def _together(self, messages: Sequence[Message], arrived: Sequence[Place]) -> list[Answer]:
        async with transaction(by_key=True) as tx:
            new = await reserve_sources(tx, self._partition, [message.place for message in messages])
            if arrived:
                await forget_answers(tx, self._partition, arrived)
            asked = [message for message in messages if message.place in new]
            known = [message.place for message in messages if message.place not in new]
            made, done = await self._answer(tx, asked)
            waiting = await read_answers(tx, self._partition, known) if known else []
        for message, result in zip(asked, done, strict=True):
            self._count(message, result)
        self._figures.messages[self._topic.name, Done.KNOWN] += len(known)
        return sorted([*made, *waiting], key=lambda answer: answer.place.offset) if waiting else made

    async def _answer(self, tx: Transaction, messages: Sequence[Message]) -> tuple[list[Answer], list[Done]]:
        """Carry out the commands, and store all answers."""
        orders = [
            Order(self._topic.actor(message.request_id, message.span.traceparent), message.asked.command)
            for message in messages
            if message.asked.command is not None
        ]
        outcomes = iter(await open_accounts(tx, self._topic.customer_id, orders) if orders else [])
        now = await tx.now()
        made, done = [], []
        for message in messages:
            request, asked = message.request, message.asked
            if asked.command is None:
                body, result = answers.no_command(request, asked, now), Done.NO_COMMAND
            elif isinstance(outcome := next(outcomes), DomainError):
                body, result = answers.refusal(request, asked, outcome, now), Done.REFUSED
            else:
                body, result = answers.success(request, asked, outcome, now), Done.SUCCESS
            made.append(Answer(message.place, message.answer_key, body, message.span.traceparent))
            done.append(result)
        if made:
            await keep_answers(tx, self._partition, made)
        return made, done

    async def _fail(self, message: Message, fault: Exception) -> list[Answer]:
        """Answer a message that failed through a fault of ours, so that the partition goes on."""
        logger.error("the message %s could not be carried out", message.request_id, exc_info=fault)
        message.span.fail(type(fault).__name__)
        await self._bury_once(message, answers.INTERNAL, answers.INTERNAL_MESSAGE)
        async with transaction(by_key=True) as tx:
            if not await reserve_sources(tx, self._partition, [message.place]):
                return await read_answers(tx, self._partition, [message.place])
            body = _failure(message, await tx.now())
            made = [Answer(message.place, message.answer_key, body, message.span.traceparent)]
            await keep_answers(tx, self._partition, made)
        self._count(message, Done.FAILED)
        return made

    async def _bury_once(self, message: Message, code: str, reason: str) -> None:
        if not message.is_buried:
            await self._bury(message, code, reason)
            message.is_buried = True

    def _count(self, message: Message, result: Done) -> None:
        self._figures.messages[self._topic.name, result] += 1
        message.span.set("quaestor.result", result.value)
        if result is Done.NO_COMMAND:
            logger.warning("the message %s is no command: it is in the dead letters", message.request_id)


def _failure(message: Message, now: datetime) -> bytes:
    try:
        return answers.failure(message.request, message.asked, now)
    except Exception:
        logger.exception("no answer to the message %s can be built of what it asks for", message.request_id)
        return answers.bare_failure(message.request)


def _lanes(messages: Sequence[Message]) -> list[list[Message]]:
    lanes: list[list[Message]] = [[] for _ in range(LANES)]
    for message in messages:
        lanes[zlib.crc32(message.record.key or message.answer_key) % LANES].append(message)
    return [lane for lane in lanes if lane]


def _told(fault: FieldFault) -> str:
    return f"{'.'.join(fault.path)}: {fault.message}" if fault.path else fault.message
