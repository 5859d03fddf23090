"""GraphQL objects that show others. Their fields are computed when read, so an answer costs only what it selects.

    @shows(models.Ledger, balance=_balance)
    @strawberry.type
    class Ledger(Node):
        status: LedgerStatus        # read from `view.shown.status`; `id` is the record's id as text
        balance: Balance            # computed by `_balance(view)`

    view(ledger, context)

Generated code reads such fields without any call: see `app.api.graphql.execution.codegen`. The class of a record says
which type shows it, so that nouns can show each other without knowing each other.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from app.api.graphql.execution.attributes import Made, Make, Shown
from app.api.graphql.execution.upstream import definition_of_class

Type = TypeVar("Type", bound=type)
View = TypeVar("View")


def makes(**fields: Make) -> Callable[[Type], Type]:
    """Compute these fields of a strawberry type when they are read. Others stay attributes."""

    def decorate(type_: Type) -> Type:
        for name, make in fields.items():
            setattr(type_, name, Made(make))
        return type_

    return decorate


def shows(record: type | None = None, /, **fields: Make) -> Callable[[Type], Type]:
    """Compute these fields when they are read, and read every other field without a resolver from what the view shows.
    Records of the class `record` are shown with the decorated type.
    """

    def decorate(type_: Type) -> Type:
        for field in definition_of_class(type_).fields:
            if field.is_basic_field and field.python_name not in fields:
                read = Made(_id) if field.python_name == "id" else Shown(field.python_name)
                setattr(type_, field.python_name, read)
        if record is not None:
            _TYPES[record] = type_
        return makes(**fields)(type_)

    return decorate


def _id(view: Any) -> str:
    return str(view.shown.id)


def show(type_: type[View], **attributes: Any) -> View:
    """A view with these attributes: `shown`, and what its other fields are computed from."""
    view = type_.__new__(type_)
    view.__dict__ = attributes
    return view


_TYPES: dict[type, type] = {}
"""The type that shows each class of records."""


def view(found: Any, context: Any) -> View:  # type: ignore[type-var]  # the view that is wanted where it is called
    """The view of a record. None stays None. A refusal stays itself, and is answered as null with an error."""
    type_ = _TYPES.get(type(found))
    return found if type_ is None else show(type_, shown=found, context=context)  # type: ignore[no-any-return]
