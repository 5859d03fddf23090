import pytest

from tests.api.graphql.conftest import KEY, Client

BOOK = {"query": "{ book { id } }"}


def test_admits_pages_of_its_own_and_of_allowed_origins(make_application):
    client = Client(make_application(allowed_origins="https://app.example.com"), Authorization=KEY)
    for origin in ("https://app.example.com", "http://testserver"):
        response = client.post("/graphql", json=BOOK, headers={"Origin": origin})
        assert response.status_code == 200
        assert response.headers["access-control-allow-origin"] == origin
        preflight = client.request(
            "OPTIONS", "/graphql", headers={"Origin": origin, "Access-Control-Request-Method": "POST"}
        )
        assert preflight.status_code == 204
        assert preflight.headers["access-control-allow-origin"] == origin
        assert "authorization" in preflight.headers["access-control-allow-headers"]


OTHERS = (
    "null",
    "file://",
    "electron://altair",
    "capacitor://localhost",
    "chrome-extension://aejoel",
    "moz-extension://0b",
)


@pytest.mark.parametrize("origin", OTHERS)
def test_admits_whatever_origin_the_settings_name(make_application, origin):
    client = Client(make_application(allowed_origins=origin), Authorization=KEY)
    preflight = client.request("OPTIONS", "/graphql", headers={"Origin": origin})
    response = client.post("/graphql", json=BOOK, headers={"Origin": origin})
    assert (preflight.status_code, response.status_code) == (204, 200)
    assert {each.headers["access-control-allow-origin"] for each in (preflight, response)} == {origin}


def test_lets_pages_send_the_headers_that_the_settings_name(make_application):
    client = Client(make_application(allowed_request_headers="sentry-trace,Baggage"))
    preflight = client.request("OPTIONS", "/graphql", headers={"Origin": "http://testserver"})
    allowed = preflight.headers["access-control-allow-headers"]
    assert allowed == "authorization, content-type, accept, x-request-id, sentry-trace, baggage"


def test_names_the_origin_to_add(make_application):
    client = Client(make_application(), Authorization=KEY)
    refused = client.post("/graphql", json=BOOK, headers={"Origin": "electron://altair"}).json()["errors"][0]
    assert refused["message"] == "The origin electron://altair is not allowed: add it to QUAESTOR_ALLOWED_ORIGINS."
    assert refused["extensions"] == {"code": "FORBIDDEN"}


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example.com", "null", "https://app.example.com.evil.com", "http://[::1", "electron://testserver"],
)
def test_refuses_pages_of_other_origins(make_application, origin):
    client = Client(make_application(allowed_origins="https://app.example.com"), Authorization=KEY)
    for response in (
        client.post("/graphql", json=BOOK, headers={"Origin": origin}),
        client.request("OPTIONS", "/graphql", headers={"Origin": origin, "Access-Control-Request-Method": "POST"}),
    ):
        assert response.status_code == 403
        assert "access-control-allow-origin" not in response.headers
