import re
from uuid import UUID

import pytest

from app.db.where import Where, seen_by, seen_sql
from app.kernel.actor import Actor, Via

CUSTOMER, HOLDER = UUID(int=1), UUID(int=2)


def test_begins_with_the_customer():
    where = Where(CUSTOMER, "l.customer_id")
    assert (where.sql, where.more_sql, where.arguments) == ("l.customer_id = $1", "", [CUSTOMER])


def test_numbers_the_places_of_its_values():
    where = Where(CUSTOMER)
    where.add("a = {}", 1)
    where.add("b IS NULL")
    where.add("(c, d) < ({}, {})", 2, 3)
    assert where.sql == "customer_id = $1 AND a = $2 AND b IS NULL AND (c, d) < ($3, $4)"
    assert where.more_sql == " AND a = $2 AND b IS NULL AND (c, d) < ($3, $4)"
    assert (where.place(50), where.arguments) == ("$5", [CUSTOMER, 1, 2, 3, 50])


@pytest.mark.parametrize("values", [(None,), (1, None)])
def test_asks_for_nothing_where_a_value_is_none(values):
    where = Where(CUSTOMER)
    where.add("(a, b) = ({}, {})", *values)
    assert (where.sql, where.arguments) == ("customer_id = $1", [CUSTOMER])


@pytest.mark.parametrize(
    ("values", "sql", "argument"),
    [(("x",), " AND a = $2", "x"), (("x", "y"), " AND a = ANY($2)", ["x", "y"]), ((), " AND a = ANY($2)", [])],
)
def test_compares_one_value_alone_by_itself(values, sql, argument):
    where = Where(CUSTOMER)
    where.add_one_of("a", values)
    where.add_one_of("b", None)
    assert (where.more_sql, where.arguments) == (sql, [CUSTOMER, argument])


@pytest.mark.parametrize(
    ("columns", "sql"),
    [
        ((), "customer_id = $1 AND ($2::uuid IS NULL OR holder_id = $2)"),
        (("l.customer_id", "l.holder_id"), "l.customer_id = $1 AND ($2::uuid IS NULL OR l.holder_id = $2)"),
        (("c", "one", "other"), "c = $1 AND ($2::uuid IS NULL OR one = $2 OR other = $2)"),
    ],
)
def test_lets_an_actor_see_its_customers_rows_and_a_holders_actor_only_that_holders(columns, sql):
    assert seen_sql(*columns) == sql
    assert re.findall(r"\$\d", sql)[:2] == ["$1", "$2"]
    assert seen_by(Actor(CUSTOMER, frozenset(), Via.GRAPHQL, "key")) == (CUSTOMER, None)
    assert seen_by(Actor(CUSTOMER, frozenset(), Via.GRAPHQL, "key", holder_id=HOLDER)) == (CUSTOMER, HOLDER)
