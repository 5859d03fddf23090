"""GraphQL objects that show others. Their fields are computed when read, so an answer costs only what it selects.

    @shows(id=lambda view: strawberry.ID(str(view.shown.id)))
    @strawberry.type
    class Ledger(Node):
        status: LedgerStatus        # read from `view.shown.status`

    show(Ledger, shown=ledger)

Generated code reads such fields without any call: see `app.api.graphql.execution.codegen`.

The class of a record says which view shows it, so that nouns can show each other without knowing each other:

    @view_of(models.Ledger)     # view(ledger, context) is then Ledger.of(ledger, context)
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


def shows(**fields: Make) -> Callable[[Type], Type]:
    """Compute these fields when they are read. Read every other field without a resolver from what the view shows."""

    def decorate(type_: Type) -> Type:
        for field in definition_of_class(type_).fields:
            if field.is_basic_field and field.python_name not in fields:
                setattr(type_, field.python_name, Shown(field.python_name))
        return makes(**fields)(type_)

    return decorate


def show(type_: type[View], **attributes: Any) -> View:
    """A view with these attributes: `shown`, and what its other fields are computed from."""
    view = type_.__new__(type_)
    view.__dict__ = attributes
    return view


_VIEWS: dict[type, Callable[[Any, Any], Any]] = {}


def view_of(record: type) -> Callable[[Type], Type]:
    """Show records of this class with the decorated type, by its method `of(record, context)`."""

    def decorate(type_: Type) -> Type:
        _VIEWS[record] = type_.of  # type: ignore[attr-defined]
        return type_

    return decorate


def view(found: Any, context: Any) -> View:  # type: ignore[type-var]  # the view that is wanted where it is called
    """The view of a record. None stays None. A refusal stays itself, and is answered as null with an error."""
    of = _VIEWS.get(type(found))
    return found if of is None else of(found, context)  # type: ignore[no-any-return]
