from typing import Annotated

import pytest
import strawberry
from graphql import GraphQLNonNull

from app.api.graphql.argument_paths import INPUT
from app.api.graphql.context import Context
from app.api.graphql.described import described_enum
from app.api.graphql.errors import BatchRefusedError, InsufficientFundsError, NotFoundError, mutation, refusal_of
from app.db.identifiers import new_id
from app.kernel import errors
from app.kernel.actor import Actor, Via
from app.kernel.money import Money, Unit
from app.settings import load_settings
from tests.api.graphql.library import SCHEMA
from tests.api.graphql.library_types import Genre

LEND = """mutation ($how: String!) { lend(how: $how) { __typename
  ... on Error { code message path }
  ... on ValidationError { fields { path code message } }
  ... on ConflictError { status existingId }
  ... on LimitError { retryAfterSeconds } } }"""


@pytest.mark.parametrize(
    ("how", "answer"),
    [
        (
            "invalid",
            {
                "__typename": "ValidationError",
                "code": "VALIDATION",
                "message": "number is odd",
                "path": ["pageNumber"],
                "fields": [{"path": ["pageNumber"], "code": "VALIDATION", "message": "number is odd"}],
            },
        ),
        (
            "not_found",
            {"__typename": "NotFoundError", "code": "NOT_FOUND", "message": "No such book.", "path": ["id"]},
        ),
        (
            "conflict",
            {
                "__typename": "ConflictError",
                "code": "DUPLICATE_REFERENCE",
                "message": "Taken.",
                "path": None,
                "status": "LENT",
                "existingId": "b1",
            },
        ),
        (
            "limit",
            {
                "__typename": "LimitError",
                "code": "LIMIT_EXCEEDED",
                "message": "Busy.",
                "path": None,
                "retryAfterSeconds": 0.5,
            },
        ),
        ("", {"__typename": "LendSuccess"}),
    ],
)
def test_answers_a_refusal_with_its_type(ask, how, answer):
    assert ask(LEND, {"how": how}) == {"data": {"lend": answer}}


def test_answers_a_refusal_outside_the_union_as_an_error_with_its_code(ask):
    answer = ask(LEND, {"how": "forbidden"})
    assert answer["data"] == {"lend": None}
    [error] = answer["errors"]
    assert error["message"] == "No."
    assert error["extensions"] == {"code": "FORBIDDEN", "path": [], "requiredScope": "ledgers:write"}


@pytest.mark.parametrize(("times", "code"), [(0, "VALIDATION"), (-1, "FORBIDDEN")])
def test_names_the_field_as_the_schema_does_below_the_argument_that_holds_it(ask, times, code):
    answer = ask("mutation ($times: Int!) { order(input: {lines: []}, times: $times) { text } }", {"times": times})
    [error] = answer["errors"]
    assert error["extensions"]["code"] == code
    assert error["extensions"]["path"] == ["input", "lines", "0", "unitPrice"]
    assert [fault["path"] for fault in error["extensions"].get("fields", [])] == (
        [["input", "lines", "0", "unitPrice"]] if code == "VALIDATION" else []
    )


def test_keeps_the_neighbors_of_an_unexpected_failure(ask):
    answer = ask('mutation { a: lend { __typename } b: lend(how: "internal") { __typename } c: lend { __typename } }')
    assert answer["data"] == {"a": {"__typename": "LendSuccess"}, "b": None, "c": {"__typename": "LendSuccess"}}
    [error] = answer["errors"]
    assert error["path"] == ["b"]
    assert error["extensions"]["code"] == "INTERNAL"


def test_makes_mutations_nullable():
    assert not isinstance(SCHEMA._schema.mutation_type.fields["lend"].type, GraphQLNonNull)


@pytest.mark.parametrize(
    ("how", "extensions"),
    [
        ("not_found", {"code": "NOT_FOUND", "path": ["id"]}),
        ("forbidden", {"code": "FORBIDDEN", "path": [], "requiredScope": "ledgers:read"}),
        ("unauthenticated", {"code": "UNAUTHENTICATED"}),
    ],
)
def test_tells_refusals_of_queries_as_errors(ask, how, extensions):
    answer = ask("query ($h: String!) { fails(how: $h) book { id } }", {"h": how})
    assert answer["data"] == {"fails": None, "book": {"id": "b1"}}
    [error] = answer["errors"]
    assert error["path"] == ["fails"]
    assert error["extensions"] == extensions


def test_tells_a_field_that_timed_out(ask):
    [error] = ask('{ fails(how: "timeout") }')["errors"]
    assert error["extensions"]["code"] == "TIMEOUT"


@pytest.mark.parametrize("by", [{}, {"id": "a", "title": "b"}, {"id": None}])
def test_blames_the_caller_for_a_key_that_names_not_exactly_one(ask, by):
    answer = ask("query ($by: Key!) { find(by: $by) }", {"by": by})
    assert answer.get("data") is None
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["BAD_REQUEST"]


def test_takes_a_null_in_a_variable_as_if_it_were_not_there(ask):
    assert ask("query ($n: Int = 1) { book(number: $n) { id } }", {"n": None}) == {"data": {"book": {"id": "b1"}}}


def test_blames_the_caller_for_a_null_where_none_may_be(ask):
    answer = ask("{ book(number: null) { id } }")
    assert answer.get("data") is None
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["BAD_REQUEST"]


def test_has_no_type_for_a_refusal_that_is_none_of_its_kinds():
    class Unheard(errors.DomainError):
        code = errors.ErrorCode.BATCH_REFUSED

    assert refusal_of(Unheard("x"), ()) is None


def test_says_what_is_lacking_and_what_there_is():
    lacking = new_id()
    refusal = refusal_of(
        errors.InsufficientFunds(
            "Too little.", lacking_id=lacking, available=Money(1_005, Unit("GBP", 2)), path=("debit_id",)
        ),
        INPUT,
    )
    assert isinstance(refusal, InsufficientFundsError)
    assert (refusal.code, refusal.path, refusal.lacking_id) == (
        errors.ErrorCode.INSUFFICIENT_FUNDS,
        ["input", "debitId"],
        str(lacking),
    )
    available = refusal.available
    assert (available.value, available.minor_units, available.asset, available.scale) == ("10.05", "1005", "GBP", 2)


def test_says_which_item_refused_a_batch_and_why():
    cause = errors.NotFound("No such ledger.", path=("transfers", "2", "debit_id"))
    refusal = refusal_of(errors.BatchRefused(2, cause), INPUT)
    assert isinstance(refusal, BatchRefusedError)
    assert (refusal.code, refusal.index) == (errors.ErrorCode.BATCH_REFUSED, 2)
    assert refusal.path == ["input", "transfers", "2", "debitId"]
    assert refusal.message == "Nothing was done: item 2 was refused. No such ledger."
    assert refusal.cause == NotFoundError(
        code=errors.ErrorCode.NOT_FOUND, message="No such ledger.", path=["input", "transfers", "2", "debitId"]
    )


async def test_reads_nothing_for_a_mutation_that_was_read_before_it():
    seen = []

    def made_once(_context):
        return object()

    @strawberry.type
    class Lender:
        @mutation("Lends a book.")
        async def lend(self, info: strawberry.Info) -> Annotated[Lent | NotFoundError, strawberry.union("LendResult")]:
            seen.append(info.context.once(made_once))
            return Lent(name="x")

    schema = strawberry.Schema(query=Lent, mutation=Lender)
    context = Context(Actor(new_id(), frozenset(), Via.GRAPHQL, "test"), load_settings(), "request")
    await schema.execute("mutation { a: lend { __typename } b: lend { __typename } }", context_value=context)
    assert len({id(one) for one in seen}) == 2


@strawberry.type
class Lent:
    name: str


def test_describes_every_element_of_the_refusals():
    for name in ("Error", "FieldError", "ValidationError", "NotFoundError", "ConflictError", "LimitError"):
        type_ = SCHEMA._schema.type_map[name]
        assert type_.description
        assert all(field.description for field in type_.fields.values())
    assert all(value.description for value in SCHEMA._schema.type_map["ErrorCode"].values.values())


def test_refuses_an_enum_with_a_value_that_is_not_described():
    with pytest.raises(ValueError, match="Genre lacks descriptions of poetry"):
        described_enum(Genre, "Kinds.", {Genre.NOVEL: "Long."})
