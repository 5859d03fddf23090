"""Runs operations for every transport: prepared document, limits, deadline, executor, masked errors."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from inspect import isawaitable
from typing import Any, NamedTuple, cast

import strawberry
from graphql import (
    ExecutionResult,
    Executor,
    GraphQLSchema,
    OperationType,
    create_source_event_stream,
    execute,
    execute_subscription_event,
    map_source_to_response_event,
)

from app.api.deadlines import Deadlines
from app.api.graphql.answer_size import AnswerTooLarge, can_exceed, encode_within
from app.api.graphql.context import Context
from app.api.graphql.execution.documents import Documents, PreparedDocument, PreparedOperation, RefusedDocument
from app.api.graphql.execution.executor import FastExecutor, PlainExecutor, execute_prepared
from app.api.graphql.execution.introspection import elements_of
from app.api.graphql.execution.nulls import without_nulls
from app.api.graphql.execution.upstream import AwaitableOrValue, graphql_schema, optimized_is_awaitable
from app.api.graphql.masking import format_error, format_request_error, request_error
from app.api.graphql.requests import GraphQLRequest
from app.api.graphql.shown_in_snapshot import show_in_snapshot
from app.api.masking import ANSWER_TOO_LARGE, TIMEOUT, timed_out_message
from app.api.request_counts import Outcome, outcome_of_errors
from app.db.snapshot import in_one_snapshot
from app.kernel.request_log import Request
from app.settings import Environment, Settings

_IS_AWAITABLE: Any = optimized_is_awaitable

OPERATION_TIMEOUT_SECONDS = 60.0  # `wait` may take 50 seconds of them.


class Answer(NamedTuple):
    """A response body, whether execution began (else it is a request error), and how the operation ended."""

    body: dict[str, Any]
    outcome: Outcome
    executed: bool = True

    @classmethod
    def of_errors(cls, errors: list[dict[str, Any]], **data: None) -> "Answer":
        """Nothing but errors: a request error, or with `data=None` what became of an execution."""
        return cls({**data, "errors": errors}, outcome_of_errors(errors), executed=bool(data))


class ReadyOperation(NamedTuple):
    """An operation that passed everything that does not need the actor."""

    document: PreparedDocument
    operation: PreparedOperation
    variables: Mapping[str, Any]
    cost: int = 0

    @property
    def subscribes(self) -> bool:
        """Whether this answers many times."""
        return self.operation.type is OperationType.SUBSCRIPTION

    def tell_of(self, request: Request) -> None:
        """Note on the request what it asks for."""
        request.operation = self.operation.label
        request.root_field = self.operation.root_field
        request.is_stream = self.subscribes


class Operations:
    """Runs the operations of one schema."""

    def __init__(
        self, schema: strawberry.Schema, settings: Settings, *, timeout_seconds: float = OPERATION_TIMEOUT_SECONDS
    ) -> None:
        self._schema: GraphQLSchema = graphql_schema(schema)
        self._hide_suggestions = settings.environment is Environment.LIVE
        self._is_fast = settings.fast_execution
        self._executor = FastExecutor if settings.fast_execution else PlainExecutor
        self._timeout_seconds = timeout_seconds
        self._deadlines = Deadlines(timeout_seconds)
        self._bytes_max = settings.answer_bytes_max
        elements_of(self._schema).find_all()  # At the start rather than at somebody's request.
        self.documents = Documents(self._schema, hide_suggestions=self._hide_suggestions)

    def prepare(self, request: GraphQLRequest, *, without_key: bool = False) -> ReadyOperation:
        """Parse, judge and validate; what was prepared before is taken from the cache.

        :raises RefusedDocument: with the errors to answer.
        """
        document = self.documents.prepare(request.query, without_key=without_key)
        operation = document.operation(request.operation_name)
        cost = operation.refuse_costly(request.variables)
        return ReadyOperation(document, operation, request.variables, cost)

    async def run(self, ready: ReadyOperation, context: Context) -> Answer:
        """Answer a query or a mutation, within the deadline."""
        try:
            with self._deadlines.start():
                if ready.operation.is_of_one_snapshot:
                    result = await in_one_snapshot(lambda: self._execute_afresh(ready, context))
                else:
                    executed = self._execute(ready, context)
                    result = await executed if isawaitable(executed) else executed
        except TimeoutError:
            return Answer.of_errors([self._timed_out(context)], data=None)
        return self._bounded(self._answer(result, context), ready)

    def _execute(self, ready: ReadyOperation, context: Context) -> AwaitableOrValue[ExecutionResult]:
        options = {"is_awaitable": _IS_AWAITABLE, "hide_suggestions": self._hide_suggestions}
        if self._is_fast:
            return execute_prepared(ready.operation.plans, ready.variables, context, **options)
        return execute(
            self._schema,
            ready.document.document,
            context_value=context,
            variable_values=self._variables(ready),
            operation_name=ready.operation.name,
            executor_class=self._executor,
            **options,
        )

    async def _execute_afresh(self, ready: ReadyOperation, context: Context) -> ExecutionResult:
        context.forget()
        result = self._execute(ready, context)
        return await result if isawaitable(result) else result

    async def stream(self, ready: ReadyOperation, context: Context) -> AsyncGenerator[Answer, None]:
        """Answer a subscription, once per event; after an answer without `executed` nothing follows."""
        try:
            async with asyncio.timeout(self._timeout_seconds):
                source = self._subscribe(ready, context)
                if isawaitable(source):
                    source = await source
        except TimeoutError:
            yield Answer.of_errors([self._timed_out(context)])
            return
        if isinstance(source, ExecutionResult):
            yield self._answer(source, context)._replace(executed=False)
            return
        try:
            async with aclosing(cast("AsyncGenerator[ExecutionResult, None]", source)) as results:
                async for result in results:
                    context.forget()  # What was looked up for one event is outdated at the next.
                    yield self._bounded(self._answer(result, context), ready)
        except Exception as error:  # noqa: BLE001  # the edge: logged with the request id and masked
            yield Answer.of_errors([format_error(error, context.request_id)])

    def _variables(self, ready: ReadyOperation) -> dict[str, Any]:
        return without_nulls(self._schema, ready.operation.plans.operation.variable_definitions, ready.variables)

    def _subscribe(self, ready: ReadyOperation, context: Context) -> AwaitableOrValue[Any]:
        """What `graphql.subscribe` does, except that each event's answer is made of one snapshot."""
        executor = self._executor.build(
            self._schema,
            ready.document.document,
            None,
            context,
            self._variables(ready),
            ready.operation.name,
            is_awaitable=_IS_AWAITABLE,
            hide_suggestions=self._hide_suggestions,
            **self._plans(ready),
        )
        if isinstance(executor, list):
            return ExecutionResult(None, errors=executor)
        answer = _answer_of_one_snapshot if ready.operation.is_of_one_snapshot else execute_subscription_event
        source = create_source_event_stream(executor)

        async def responses() -> Any:
            events = await source if isawaitable(source) else source
            if isinstance(events, ExecutionResult):
                return events
            return map_source_to_response_event(executor, events, answer)

        return responses()

    def _plans(self, ready: ReadyOperation) -> dict[str, Any]:
        if not issubclass(self._executor, FastExecutor):
            return {}
        ready.operation.plans.compile()
        return {"plans": ready.operation.plans}

    def _answer(self, result: ExecutionResult, context: Context) -> Answer:
        if not result.errors:
            return Answer({"data": result.data}, Outcome.REFUSED if context.was_refused else Outcome.SUCCESS)
        if result.data is None and all(error.path is None for error in result.errors):
            return Answer.of_errors([format_request_error(error) for error in result.errors])
        errors = [format_error(error, context.request_id) for error in result.errors]
        return Answer({"errors": errors, "data": result.data}, outcome_of_errors(errors))

    def _bounded(self, answer: Answer, ready: ReadyOperation) -> Answer:
        """The answer, unless it is larger than the server sends."""
        if not can_exceed(ready.cost, self._bytes_max) or not answer.executed:
            return answer
        try:
            return Answer(encode_within(answer.body, self._bytes_max), answer.outcome)
        except AnswerTooLarge:
            return Answer.of_errors([self._too_large(ready)], data=None)

    def _too_large(self, ready: ReadyOperation) -> dict[str, Any]:
        message = f"The answer is larger than {self._bytes_max:,} bytes: ask for smaller pages, or for fewer fields."
        if ready.operation.type is OperationType.MUTATION:
            message += " What the mutation does was done, or refused: ask again with the same idempotency key."
        return request_error(message, ANSWER_TOO_LARGE)

    def _timed_out(self, context: Context) -> dict[str, Any]:
        message = timed_out_message(self._timeout_seconds)
        return {"message": message, "extensions": {"code": TIMEOUT, "requestId": context.request_id}}


async def _answer_of_one_snapshot(event: Executor[Any]) -> ExecutionResult:
    """The answer for one event, with its object as the answer's snapshot shows it."""

    async def answer() -> ExecutionResult:
        context, told = event.context_value, event.root_value
        context.forget()
        await show_in_snapshot(told, context)
        result = execute_subscription_event(event.build_per_event_executor(told))
        return await result if isawaitable(result) else result

    return await in_one_snapshot(answer)


def refused(document: RefusedDocument) -> Answer:
    """The answer to a document that cannot be run."""
    return Answer.of_errors([format_request_error(error) for error in document.errors])
