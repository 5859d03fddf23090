import json
from dataclasses import dataclass

import pytest
import strawberry

from app.api.encoding import encode_json
from app.api.graphql.context import Context
from app.api.graphql.execution.executor import FastExecutor
from app.api.graphql.operations import Operations
from app.api.graphql.requests import GraphQLRequest
from app.api.graphql.views import makes, show, shows
from app.settings import load_settings

made: list[str] = []


def _making(name, make):
    def counted(view):
        made.append(name)
        return make(view)

    return counted


@makes(text=_making("text", lambda view: f"{view.count}"))
@strawberry.type
class Amount:
    text: str
    asset: str


@dataclass
class Account:
    number: int
    name: str
    pence: int
    fault: Exception | None = None


def _broken(view):
    return view.shown.fault


@shows(
    id=lambda view: f"a{view.shown.number}",
    amount=_making("amount", lambda view: show(Amount, count=view.shown.pence, asset="GBP")),
    broken=_broken,
)
@strawberry.type
class AccountView:
    id: strawberry.ID
    name: str
    amount: Amount
    broken: str | None

    @strawberry.field
    def greeting(self) -> str:
        return f"I am {self.name} {self.id}"


ACCOUNTS = [Account(1, "one", 100), Account(2, "two", 200), Account(3, "three", 300, ValueError("broken"))]


@strawberry.type
class Query:
    @strawberry.field
    def accounts(self, first: int = 2) -> list[AccountView]:
        return [show(AccountView, shown=account) for account in ACCOUNTS[:first]]

    @strawberry.field
    def ordinary(self) -> AccountView:
        return AccountView(id=strawberry.ID("o"), name="O", amount=Amount(text="5", asset="EUR"), broken=None)


SCHEMA = strawberry.Schema(query=Query, execution_context_class=FastExecutor)
FAST, STOCK = (Operations(SCHEMA, load_settings(fast_execution=fast)) for fast in (True, False))


async def ask(operations, query):
    context = Context(None, load_settings(), "r")
    answer = await operations.run(operations.prepare(GraphQLRequest(query, None, {})), context)
    return json.loads(encode_json(answer.body))


@pytest.mark.parametrize(
    "query",
    [
        "{ accounts { id name amount { text asset } greeting } }",
        "{ accounts { id x: id a: amount { text } b: amount { asset } __typename } }",
        "{ accounts(first: 3) { name broken } }",
        "{ ordinary { id name amount { text asset } broken greeting } }",
    ],
)
async def test_answers_the_same_with_and_without_generated_code(query):
    expected = await ask(STOCK, query)
    for _ in range(3):
        assert await ask(FAST, query) == expected


@pytest.mark.parametrize("operations", [FAST, STOCK], ids=["fast", "stock"])
async def test_makes_only_what_is_selected(operations):
    for query, makings in (
        ("{ accounts(first: 1) { name } }", []),
        ("{ accounts(first: 1) { amount { asset } } }", ["amount"]),
        ("{ accounts(first: 1) { amount { asset text } } }", ["amount", "text"]),
    ):
        for _ in range(3):
            made.clear()
            await ask(operations, query)
        assert made == makings


async def test_reads_views_without_graphql_core(monkeypatch):
    query = "{ accounts { id name amount { text asset } } }"
    for _ in range(2):
        expected = await ask(FAST, query)
    monkeypatch.setattr(FastExecutor, "complete_value", None)
    assert await ask(FAST, query) == expected


def test_shows_what_it_shows_to_python_too():
    view = show(AccountView, shown=ACCOUNTS[0])
    assert (view.id, view.name, view.amount.text, view.amount.asset) == ("a1", "one", "100", "GBP")
    assert isinstance(view, AccountView)
    with pytest.raises(AttributeError):
        _ = show(AccountView, shown=object()).name
