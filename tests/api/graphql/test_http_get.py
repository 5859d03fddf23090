"""Queries by GET, and requests that name a query instead of having one."""

import json

import pytest

from tests.api.graphql.conftest import KEY, Client

NEW = {"Accept": "application/graphql-response+json"}


def get(client, parameters, **headers):
    return client.request("GET", "/graphql", params=parameters, headers=headers)


def only_error(response):
    [error] = response.json()["errors"]
    return error["extensions"]["code"], error["message"]


def test_answers_a_query(client):
    response = get(client, {"query": "{ book { id } }"})
    assert response.status_code == 200
    assert response.json() == {"data": {"book": {"id": "b1"}}}
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    assert response.headers["cache-control"] == "no-store"


def test_takes_variables_a_name_and_extensions(client):
    query = "query other { book { id } } query wanted($n: Int) { book(number: $n) { title } }"
    parameters = {"query": query, "variables": '{"n": 7}', "operationName": "wanted", "extensions": '{"a": {}}'}
    assert get(client, parameters).json() == {"data": {"book": {"title": "Book 7"}}}


def test_takes_parameters_that_are_empty_for_none(client):
    parameters = {"query": "{ book { id } }", "variables": "", "operationName": "", "extensions": ""}
    assert get(client, parameters).json() == {"data": {"book": {"id": "b1"}}}


@pytest.mark.parametrize("accept", ["application/json", NEW["Accept"]])
def test_changes_nothing(client, accept):
    response = get(client, {"query": "mutation { count }"}, Accept=accept)
    assert response.status_code == 405
    assert response.headers["allow"] == "POST, OPTIONS"
    assert only_error(response) == ("BAD_REQUEST", "A mutation must be sent as a POST: nothing was done.")
    both = {"query": "query q { book { id } } mutation m { count }", "operationName": "m"}
    assert get(client, both, Accept=accept).status_code == 405
    assert get(client, {**both, "operationName": "q"}, Accept=accept).status_code == 200


@pytest.mark.parametrize(
    ("query_string", "says"),
    [
        ("", "`query`"),
        ("query=", "`query`"),
        ("query={book{id}}&variables=[]", "`variables` must be an object"),
        ("query={book{id}}&variables=7", "`variables` must be an object"),
        ("query={book{id}}&variables={", "`variables` in the address must be a JSON object"),
        ("query={book{id}}&variables=%22\\u0000%22", "`variables` in the address must be a JSON object"),
        ("query={book{id}}&extensions=x", "`extensions` in the address must be a JSON object"),
        ("query={book{id}}&query={book{id}}", "`query` stands in the address twice"),
        ("query=%ff", "percent-encoded UTF-8"),
        ("query={book{id}}" + "&a=b" * 10, "at most 10 parameters"),
    ],
)
def test_refuses_an_address_that_holds_no_request(client, query_string, says):
    response = client.request("GET", f"/graphql?{query_string}")
    assert response.status_code == 400
    code, message = only_error(response)
    assert code == "BAD_REQUEST"
    assert says in message


def test_needs_a_key_as_a_post_does(make_application):
    client = Client(make_application())
    assert get(client, {"query": "{ book { id } }"}).status_code == 401
    assert get(client, {"query": "{ __typename }"}).json() == {"data": {"__typename": "Query"}}
    live = Client(make_application(environment="LIVE"))
    assert get(live, {"query": "{ __typename }"}).status_code == 401


def test_refuses_a_page_of_another_origin(client):
    assert get(client, {"query": "{ book { id } }"}, Origin="https://other.example.com").status_code == 403


def test_is_allowed_by_a_preflight(client):
    response = client.request("OPTIONS", "/graphql", headers={"Origin": "http://testserver"})
    assert response.headers["access-control-allow-methods"] == "GET, POST"


NAMED = {"persistedQuery": {"version": 1, "sha256Hash": "e" * 64}}


@pytest.mark.parametrize("by_get", [False, True])
@pytest.mark.parametrize(("headers", "status"), [({}, 200), (NEW, 400)])
def test_lets_clients_fall_back_that_name_a_query(client, by_get, headers, status):
    if by_get:
        response = get(client, {"extensions": json.dumps(NAMED), "operationName": "q"}, **headers)
    else:
        response = client.post("/graphql", json={"extensions": NAMED, "variables": {}}, headers=headers)
    assert response.status_code == status
    assert response.json() == {
        "errors": [{"message": "PersistedQueryNotSupported", "extensions": {"code": "PERSISTED_QUERY_NOT_SUPPORTED"}}]
    }


def test_answers_a_query_that_comes_with_its_name(client):
    response = client.post("/graphql", json={"query": "{ book { id } }", "extensions": NAMED})
    assert response.json() == {"data": {"book": {"id": "b1"}}}


def test_tells_nothing_of_it_without_a_key(make_application):
    assert Client(make_application()).post("/graphql", json={"extensions": NAMED}).status_code == 401
    assert Client(make_application(), Authorization=KEY).post("/graphql", json={"extensions": NAMED}).status_code == 200
