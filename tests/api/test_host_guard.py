"""DNS rebinding: a page of another site whose own name was pointed at this server. Here that is only a header."""

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute

from app.api.host_guard import HostGuard, host_of
from app.main import create_app
from app.settings import Settings, load_settings

GIVEN = {"database_url": "postgresql://localhost/nowhere", "secret_key": "0123456789abcdef0123456789abcdef"}
FOREIGN = "rebound.example:8000"
AS_A_BROWSER = [{"Origin": f"http://{FOREIGN}"}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}]


async def greet(_):
    return PlainTextResponse("hello")


async def accept(socket):
    await socket.accept()
    await socket.close()


def guarded(**settings) -> HostGuard:
    routes = [Route("/", greet, methods=["GET", "POST", "OPTIONS"]), WebSocketRoute("/", accept)]
    return HostGuard(Starlette(routes=routes), Settings(**settings))


async def ask(application, method="GET", path="/", **headers) -> httpx.Response:
    transport = httpx.ASGITransport(app=application)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        return await client.request(method, path, headers=headers)


async def status(application, host, **headers) -> int:
    return (await ask(application, Host=host, **headers)).status_code


def every_path() -> list[str]:
    paths = {route.path.replace("{name}", "x.js") for route in create_app(load_settings(**GIVEN)).app.routes}
    return sorted(paths | {"/there-is-nothing-here"})


@pytest.fixture(scope="module")
def product():
    """The whole application."""
    return create_app(load_settings(**GIVEN))


@pytest.mark.parametrize("headers", AS_A_BROWSER)
@pytest.mark.parametrize("path", every_path())
async def test_refuses_a_browser_under_a_foreign_name_on_every_path(product, path, headers):
    for method in ("GET", "POST", "OPTIONS"):
        answer = await ask(product, method, path, Host=FOREIGN, **headers)
        assert (answer.status_code, answer.json()["errors"][0]["extensions"]) == (403, {"code": "FORBIDDEN"})


async def test_says_how_to_make_a_name_known():
    answer = await ask(guarded(), Host=FOREIGN, Origin=f"http://{FOREIGN}")
    assert answer.json()["errors"][0]["message"] == (
        "This server does not know the host 'rebound.example:8000'. If browsers are to come by this name, "
        "add its origin to QUAESTOR_ALLOWED_ORIGINS, as `https://ledger.example.com`."
    )


async def open_socket(application, host, origin):
    sent = []

    async def receive():
        return {"type": "websocket.connect"}

    async def send(message):
        sent.append(message["type"])

    headers = [(b"host", host.encode()), *([(b"origin", origin.encode())] if origin else [])]
    scope = {"type": "websocket", "path": "/", "headers": headers, "query_string": b"", "subprotocols": []}
    await application(scope, receive, send)
    return sent


async def test_refuses_a_socket_before_it_is_accepted():
    assert await open_socket(guarded(), FOREIGN, f"http://{FOREIGN}") == ["websocket.close"]
    assert await open_socket(guarded(), "127.0.0.1:8000", "http://127.0.0.1:8000") == [
        "websocket.accept",
        "websocket.close",
    ]
    assert (await open_socket(guarded(), FOREIGN, None))[0] == "websocket.accept"


@pytest.mark.parametrize(
    "headers", [{}, {"User-Agent": "node", "Sec-Fetch-Mode": "cors"}, {"X-Forwarded-For": "192.0.2.1"}]
)
async def test_lets_programs_come_by_any_name(headers):
    assert await status(guarded(), "ledger.internal", **headers) == 200


@pytest.mark.parametrize(
    "host",
    ["localhost", "localhost:8000", "LocalHost:8000", "127.0.0.1", "127.0.0.1:1", "127.0.0.9", "[::1]", "[::1]:65535"],
)
async def test_knows_the_names_of_loopback(host):
    assert await status(guarded(), host, Origin=f"http://{host}") == 200


@pytest.mark.parametrize(
    "host",
    [
        "",
        "localhost.rebound.example",
        "rebound-localhost",
        "localhost.",
        "localhost:",
        "127.0.0.1.rebound.example",
        "127.0.0.1:8000@rebound.example",
        "rebound.example@127.0.0.1",
        "127.1",
        "2130706433",
        "0.0.0.0",
        "192.0.2.1",
        "::1",
        "[::1",
        "[::1]:x",
        "[::1%25lo]",
        "localhost:\u0668".encode(),
        "localhost,rebound.example",
    ],
)
async def test_knows_no_other(host):
    assert await status(guarded(), host, Origin="http://rebound.example") == 403


async def test_knows_no_request_with_two_hosts():
    hosts = [("Host", "localhost"), ("Host", "rebound.example"), ("Origin", "http://rebound.example")]
    transport = httpx.ASGITransport(app=guarded())
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        assert (await client.get("/", headers=hosts)).status_code == 403


@pytest.mark.parametrize(
    ("listens_on", "host", "expected"),
    [
        ("192.0.2.1", "192.0.2.1:8000", 200),
        ("192.0.2.1", "192.0.2.2:8000", 403),
        ("ledger.internal", "Ledger.internal:8000", 200),
        ("::1", "[::1]:8000", 200),
        ("2001:db8::1", "[2001:db8::1]:8000", 200),
        # Every address of this machine: no name can be pointed at one, so each is its own.
        ("0.0.0.0", "192.0.2.1:8000", 200),
        ("::", "[2001:db8::1]:8000", 200),
        ("0.0.0.0", "rebound.example:8000", 403),
    ],
)
async def test_knows_the_address_that_it_listens_on(listens_on, host, expected):
    assert await status(guarded(host=listens_on), host, Origin=f"http://{host}") == expected


@pytest.mark.parametrize("host", ["app.example.com", "app.example.com:8443", "APP.example.com"])
async def test_knows_the_hosts_of_allowed_origins(host):
    settings = {"allowed_origins": ("https://app.example.com",)}
    assert await status(guarded(**settings), host, **{"Sec-Fetch-Site": "none"}) == 200
    assert await status(guarded(**settings), f"not-{host}", **{"Sec-Fetch-Site": "none"}) == 403


async def test_lets_allowed_pages_ask_under_any_name():
    application = guarded(allowed_origins=("https://app.example.com",))
    headers = {"Sec-Fetch-Site": "same-site"}
    assert await status(application, "api.example.com", Origin="https://app.example.com", **headers) == 200
    assert await status(application, "api.example.com", Origin="https://other.example.com", **headers) == 403


async def test_serves_the_lifespan():
    answers = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])
    sent = []

    async def receive():
        return next(answers)

    async def send(message):
        sent.append(message["type"])

    await guarded()({"type": "lifespan", "asgi": {"version": "3.0"}}, receive, send)
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


@pytest.mark.parametrize(
    ("header", "host"), [("A.b:80", "a.b"), ("[::1]:8", "::1"), ("x", "x"), ("x:", None), ("x y", None), ("", None)]
)
def test_reads_a_host(header, host):
    assert host_of(header) == host
