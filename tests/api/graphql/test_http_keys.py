import json

import pytest

from app.api.graphql import http
from tests.api.graphql.conftest import KEY, Client

BOOK = {"query": "{ book { id } }"}


@pytest.mark.parametrize("headers", [{}, {"Authorization": "API-Key other"}, {"Authorization": ""}])
def test_refuses_without_a_known_key(make_application, headers):
    response = Client(make_application()).post("/graphql", json=BOOK, headers=headers)
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "API-Key"
    assert response.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


def test_tells_who_has_no_key_nothing_about_a_document(make_application):
    response = Client(make_application()).post("/graphql", json={"query": "{ bok { id } }"})
    assert response.status_code == 401
    assert "book" not in response.text


def test_reads_no_long_body_of_who_has_no_key(make_application):
    application = make_application()
    padded = {"query": "{ __typename }", "extensions": {"a": ""}}
    room = http.BODY_BYTES_WITHOUT_KEY_MAX - len(json.dumps(padded))
    for more, status in ((0, 200), (1, 401)):
        padded["extensions"]["a"] = "a" * (room + more)
        headers = {"Content-Type": "application/json"}
        assert Client(application).post("/graphql", content=json.dumps(padded), headers=headers).status_code == status
    assert Client(application, Authorization=KEY).post("/graphql", json=padded).status_code == 200


def test_introspects_without_a_key_outside_live(make_application):
    query = {"query": "{ __schema { queryType { name } } }"}
    assert Client(make_application()).post("/graphql", json=query).json() == {
        "data": {"__schema": {"queryType": {"name": "Query"}}}
    }
    assert Client(make_application(environment="LIVE")).post("/graphql", json=query).status_code == 401


def test_refuses_introspection_with_an_unknown_key(make_application):
    query = {"query": "{ __typename }"}
    response = Client(make_application()).post("/graphql", json=query, headers={"Authorization": "API-Key no"})
    assert response.status_code == 401
