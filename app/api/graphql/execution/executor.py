"""graphql-core's executor, except that plain fields run as generated code.

Plugged in by `strawberry.Schema(execution_context_class=FastExecutor)`. Without plans (an unprepared document) it
behaves like graphql-core's own. What generated code does not accept, graphql-core completes object by object, so
results and errors are the same.
"""

from collections.abc import Awaitable, Mapping
from typing import Any, Self, cast

from graphql import (
    ExecutionResult,
    GraphQLAbstractType,
    GraphQLList,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    OperationType,
    default_field_resolver,
    default_type_resolver,
)

from app.api.graphql.execution.fallbacks import Reason, fallbacks, field_at
from app.api.graphql.execution.introspection import SCHEMA, TYPE, IntrospectionAnswer, elements_of
from app.api.graphql.execution.plans import OperationPlans
from app.api.graphql.execution.root_execution import RootExecution
from app.api.graphql.execution.selections import Selections
from app.api.graphql.execution.upstream import (
    AwaitableOrValue,
    FieldDetailsList,
    Path,
    StrawberryGraphQLCoreExecutionContext,
    forget_selected_fields,
)


def execute_prepared(
    plans: OperationPlans,
    given: Mapping[str, Any],
    context: Any,
    **options: Any,
) -> AwaitableOrValue[ExecutionResult]:
    """Like `graphql.execute`, for an operation that is already prepared."""
    hide_suggestions: bool = options["hide_suggestions"]
    variables = plans.coerce(given, hide_suggestions=hide_suggestions)
    if isinstance(variables, list):
        return ExecutionResult(None, errors=variables)

    def make_executor() -> FastExecutor:
        return FastExecutor(
            plans.schema,
            plans.fragment_definitions,
            plans.fragments,
            None,
            context,
            plans.operation,
            variables,
            default_field_resolver,
            default_type_resolver,
            default_field_resolver,
            plans=plans,
            **options,
        )

    selections = None if plans.operation.directives else plans.variant(variables)
    if selections is not None and selections.root and _is_in_turn(plans, selections):
        return RootExecution(plans, selections, variables, context, make_executor).run()
    return cast("AwaitableOrValue[ExecutionResult]", make_executor().execute_operation())


def _is_in_turn(plans: OperationPlans, selections: Selections) -> bool:
    return len(selections.root_fields) == 1 or plans.operation.operation is OperationType.MUTATION


class PlainExecutor(StrawberryGraphQLCoreExecutionContext):
    """graphql-core's executor, except that a stream forgets the events that it has sent, and that introspection is one
    walk through the schema.
    """

    _introspection: IntrospectionAnswer | None = None

    def complete_object_value(
        self,
        return_type: GraphQLObjectType,
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> AwaitableOrValue[dict[str, Any]]:
        """Complete an object; an object of introspection at once, with all below it."""
        if return_type is not SCHEMA and return_type is not TYPE:
            return super().complete_object_value(return_type, field_details_list, info, path, result, position_context)
        if self._introspection is None:
            elements = elements_of(self.schema)
            self._introspection = IntrospectionAnswer(elements, self.fragments, self.variable_values, self.operation)
        return self._introspection.complete(return_type, field_details_list, result)

    def build_per_event_executor(self, payload: Any) -> Self:
        """An executor for one event of a subscription. graphql-core's is a copy that shares a cache of selected fields,
        keyed by lists that are new for each event: such a stream remembers every event it ever sent.
        """
        executor = cast("Self", super().build_per_event_executor(payload))
        forget_selected_fields(executor)
        return executor


class FastExecutor(PlainExecutor):
    """Executes one operation; `plans` are the prepared operation's."""

    def __init__(self, *args: Any, plans: OperationPlans | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        by_the_book = plans is None or not self.error_propagation or self._has_middleware()
        self._selections = None if by_the_book else cast("OperationPlans", plans).variant(self.variable_values)

    def execute_operation(self, serially: bool | None = None) -> AwaitableOrValue[Any]:  # noqa: FBT001 - theirs
        """Execute it; an event of a subscription at once if all its selected fields are plain."""
        event = self._selections.event if self._selections else None
        if event is not None and self.root_value is not None:
            response_name, field, complete = event
            try:
                return ExecutionResult({response_name: complete(self.root_value)}, None)
            except Exception as error:  # noqa: BLE001  # graphql-core meets it again, and reports it
                fallbacks.note_raised(field, error)
        return super().execute_operation(serially)

    def _has_middleware(self) -> bool:
        return self.middleware_manager is not None and bool(self.middleware_manager.middlewares)

    def execute_field(
        self,
        parent_type: GraphQLObjectType,
        source: Any,
        field_details_list: FieldDetailsList,
        path: Path,
        position_context: Any,
    ) -> AwaitableOrValue[Any]:
        """Execute a field that generated code has left to graphql-core."""
        is_root, is_compiled = path.prev is None, self._selections is not None
        reason = Reason.FIRST_USE if not is_compiled else Reason.ROOT if is_root else Reason.RESOLVER
        fallbacks.note(field_at(path, field_details_list), reason)
        return super().execute_field(parent_type, source, field_details_list, path, position_context)

    def complete_list_value(
        self,
        return_type: GraphQLList[GraphQLOutputType],
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> AwaitableOrValue[list[Any]]:
        """Complete a list, at once if all of it is plain."""
        completed = self._fast(return_type, field_details_list, path, result)
        if completed is not None:
            return cast("list[Any]", completed)
        return super().complete_list_value(return_type, field_details_list, info, path, result, position_context)

    def complete_abstract_value(
        self,
        return_type: GraphQLAbstractType,
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> AwaitableOrValue[dict[str, Any]]:
        """Complete a member of a union or an interface, at once if all of it is plain."""
        completed = self._fast(return_type, field_details_list, path, result)
        if completed is not None:
            return cast("dict[str, Any]", completed)
        return super().complete_abstract_value(return_type, field_details_list, info, path, result, position_context)

    def complete_object_value(
        self,
        return_type: GraphQLObjectType,
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> AwaitableOrValue[dict[str, Any]]:
        """Complete an object, at once if all of it is plain."""
        completed = self._fast(return_type, field_details_list, path, result)
        if completed is not None:
            return cast("dict[str, Any]", completed)
        return super().complete_object_value(return_type, field_details_list, info, path, result, position_context)

    def collect_and_execute_subfields(
        self,
        return_type: GraphQLObjectType,
        field_details_list: FieldDetailsList,
        path: Path,
        result: Any,
        position_context: Any,
    ) -> AwaitableOrValue[dict[str, Any]]:
        """Execute an object whose type is checked: the plain fields at once, the others as graphql-core does."""
        mixed = self._selections.mixed(return_type, field_details_list) if self._selections else None
        if mixed is not None:
            try:
                completed = mixed.complete(result)
            except Exception as error:  # noqa: BLE001  # graphql-core meets it again, and reports it
                fallbacks.note_raised(field_at(path, field_details_list), error)
                mixed = None
        if mixed is None:
            return super().collect_and_execute_subfields(
                return_type, field_details_list, path, result, position_context
            )
        if not mixed.others:
            return cast("dict[str, Any]", completed)
        others = self.execute_fields(return_type, result, path, mixed.others, position_context)
        if self.is_awaitable(others):
            return _merged(completed, others)
        completed.update(others)  # Their keys are already there, so the selected order stays.
        return cast("dict[str, Any]", completed)

    def _fast(self, type_: GraphQLOutputType, fields: FieldDetailsList, path: Path, value: Any) -> Any:
        """The completed value, or None when graphql-core has to complete it."""
        complete = self._selections.complete(type_, fields) if self._selections else None
        if complete is None:
            return None
        try:
            return complete(value)
        except Exception as error:  # noqa: BLE001  # graphql-core meets it again, and reports it
            fallbacks.note_raised(field_at(path, fields), error)
            return None


async def _merged(completed: dict[str, Any], others: Awaitable[dict[str, Any]]) -> dict[str, Any]:
    completed.update(await others)
    return completed
