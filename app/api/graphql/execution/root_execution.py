"""Executes operations whose fields at the root are answered one after another: every mutation, and most queries.

graphql-core's executor is made only where something is unusual. Each executor is a reference cycle that only the
garbage collector frees, and at thousands of requests a second that costs more than the requests.
"""

from collections.abc import Callable
from typing import Any, cast

from graphql import ExecutionResult, Executor, GraphQLError, GraphQLObjectType, Undefined

from app.api.graphql.execution.fallbacks import Reason, fallbacks, field_at
from app.api.graphql.execution.plans import OperationPlans
from app.api.graphql.execution.root_fields import RootField
from app.api.graphql.execution.selections import Selections
from app.api.graphql.execution.upstream import (
    FieldDetailsList,
    Path,
    VariableValues,
    build_resolve_info,
    optimized_is_awaitable,
)


class RootExecution:
    """One execution of one operation. Stands in for graphql-core's executor where a resolver's `info` is built."""

    abort_signal = async_helpers = operation_extensions = root_value = None
    is_awaitable = staticmethod(optimized_is_awaitable)

    def __init__(
        self,
        plans: OperationPlans,
        selections: Selections,
        variables: VariableValues,
        context: Any,
        make_executor: Callable[[], Executor[Any]],
    ) -> None:
        self.schema = plans.schema
        self.operation = plans.operation
        self.fragment_definitions = plans.fragment_definitions
        self.variable_values = variables
        self.context_value = context
        self._selections = selections
        self._root_type = cast("GraphQLObjectType", selections.root_type)
        self._make_executor = make_executor
        self._executor: Executor[Any] | None = None

    async def run(self) -> ExecutionResult:
        """Execute it, with the same result as graphql-core's executor."""
        data: dict[str, Any] = {}
        try:
            for response_name, details in self._selections.root_fields.items():
                value = await self._execute_field(response_name, details)
                if value is not Undefined:
                    data[response_name] = value
        except GraphQLError as error:
            executor = self._by_the_book()
            executor.collected_errors.add(error, None)
            return cast("ExecutionResult", executor.build_response(None))
        if self._executor is None:
            return ExecutionResult(data, None)
        return cast("ExecutionResult", self._executor.build_response(data))

    async def _execute_field(self, response_name: str, details: FieldDetailsList) -> Any:
        path = Path(None, response_name, self._root_type.name)
        field = self._selections.root.get(response_name)
        if field is not None:
            try:
                arguments = field.arguments.make(self.variable_values)
            except Exception as error:  # noqa: BLE001  # graphql-core meets it again, and reports it
                fallbacks.note(field_at(path, details), Reason.INPUT, error)
            else:
                return await self._resolve(field, arguments, path)
        value: Any = self._by_the_book().execute_field(self._root_type, None, details, path, None)
        return await value if self.is_awaitable(value) else value

    async def _resolve(self, field: RootField, arguments: dict[str, Any], path: Path) -> Any:
        """Call the resolver, exactly once, and complete what it returns."""
        definition, details = field.definition, field.details
        info = build_resolve_info(self, definition, field.nodes, self._root_type, path)
        try:
            try:
                value = field.resolver.call(None, info, arguments)
                if self.is_awaitable(value):
                    value = await value
            except field.resolver.refusals as refusal:
                value = field.resolver.answer(refusal)
            if value is None and field.is_nullable:
                return None
            if field.complete is not None:
                try:
                    return field.complete(value)
                except Exception as error:  # noqa: BLE001  # graphql-core meets it again, and reports it
                    fallbacks.note_raised(field_at(path, details), error)
            completed = self._by_the_book().complete_value(definition.type, details, info, path, value, None)
            return await completed if self.is_awaitable(completed) else completed
        except Exception as error:  # noqa: BLE001  # as graphql-core does: it becomes an error of the field
            self._by_the_book().handle_field_error(error, definition.type, details, path)
            return None

    def _by_the_book(self) -> Executor[Any]:
        if self._executor is None:
            self._executor = self._make_executor()
        return self._executor
