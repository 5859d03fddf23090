import datetime as dt

import pytest

from app.api.graphql.scalars import DATE, DATE_TIME, DECIMAL


def test_writes_instants_in_utc_with_six_digits(ask):
    assert ask("{ book { printed } }") == {"data": {"book": {"printed": "2026-11-20T12:00:00.123456Z"}}}
    east = dt.datetime(2026, 11, 20, 14, tzinfo=dt.timezone(dt.timedelta(hours=2)))
    assert DATE_TIME.serialize(east) == "2026-11-20T12:00:00.000000Z"


def test_writes_days_and_decimals(ask):
    assert ask("{ book { price author { born } } }") == {
        "data": {"book": {"price": "10.00", "author": {"born": "1987-04-01"}}}
    }


@pytest.mark.parametrize(
    ("scalar", "value"),
    [(DATE_TIME, dt.datetime(2026, 1, 1)), (DATE_TIME, "2026"), (DATE, dt.datetime.now(dt.UTC)), (DECIMAL, 10)],  # noqa: DTZ001
)
def test_never_writes_what_is_not_exact(scalar, value):
    with pytest.raises(TypeError, match="cannot represent"):
        scalar.serialize(value)


@pytest.mark.parametrize("name", ["at", "day", "price", "id"])
def test_passes_any_string_on_as_it_is(ask, name):
    assert ask(f'{{ echo(wanted: {{{name}: "no such thing"}}) }}') == {"data": {"echo": {name: "no such thing"}}}
    query = "query ($w: Wanted!) { echo(wanted: $w) }"
    assert ask(query, {"w": {name: "no such thing"}}) == {"data": {"echo": {name: "no such thing"}}}


@pytest.mark.parametrize("name", ["at", "day", "price"])
@pytest.mark.parametrize(("literal", "value"), [("7", 7), ("1.5", 1.5), ("true", True), ("[]", []), ("{}", {})])
def test_refuses_other_json_types(client, name, literal, value):
    for body in (
        {"query": f"{{ echo(wanted: {{{name}: {literal}}}) }}"},
        {"query": "query ($w: Wanted!) { echo(wanted: $w) }", "variables": {"w": {name: value}}},
    ):
        response = client.post("/graphql", json=body, headers={"Accept": "application/graphql-response+json"})
        assert response.status_code == 400
        [error] = response.json()["errors"]
        assert error["extensions"]["code"] == "BAD_REQUEST"
        assert "must be a string" in error["message"]


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        ('{a: [1, 2.5, "x", true, null, {b: "c"}]}', {"a": [1, 2.5, "x", True, None, {"b": "c"}]}),
        ("7", 7),
        ('"x"', "x"),
    ],
)
def test_takes_any_json(ask, literal, value):
    answer = {"data": {"echo": {"metadata": value}}}
    assert ask(f"{{ echo(wanted: {{metadata: {literal}}}) }}") == answer
    assert ask("query ($w: Wanted!) { echo(wanted: $w) }", {"w": {"metadata": value}}) == answer
    assert ask("query ($m: JSON) { echo(wanted: {metadata: $m}) }", {"m": value}) == answer
    assert ask("query ($m: JSON) { echo(wanted: {metadata: {in: [$m]}}) }", {"m": value}) == {
        "data": {"echo": {"metadata": {"in": [value]}}}
    }
