"""GraphQL objects that show others. Their fields are made when they are read, so an answer costs what it selects.

    @shows(id=lambda view: strawberry.ID(str(view.shown.id)))
    @strawberry.type
    class Ledger(Node):
        status: LedgerStatus        # read from `view.shown.status`

    show(Ledger, shown=ledger)

Generated code reads such fields without any call: see `app.api.graphql.execution.codegen`.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from strawberry.types.base import StrawberryObjectDefinition

from app.api.graphql.execution.attributes import Made, Make, Shown

Type = TypeVar("Type", bound=type)
View = TypeVar("View")


def makes(**fields: Make) -> Callable[[Type], Type]:
    """Make these fields of a strawberry type when they are read. Others are attributes as ever."""

    def decorate(type_: Type) -> Type:
        for name, make in fields.items():
            setattr(type_, name, Made(make))
        return type_

    return decorate


def shows(**fields: Make) -> Callable[[Type], Type]:
    """Make these fields when they are read, and read every other that has no resolver from what the view shows."""

    def decorate(type_: Type) -> Type:
        definition: StrawberryObjectDefinition = type_.__strawberry_definition__  # type: ignore[attr-defined]
        for field in definition.fields:
            if field.is_basic_field and field.python_name not in fields:
                setattr(type_, field.python_name, Shown(field.python_name))
        return makes(**fields)(type_)

    return decorate


def show(type_: type[View], **attributes: Any) -> View:
    """A view with these attributes: `shown`, and whatever its fields are made of."""
    view = type_.__new__(type_)
    view.__dict__ = attributes
    return view
