import httpx
import pytest
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from app.api.application import Application, DoorRoute


class Stamp:
    """Middleware that leaves its mark on each answer, or fails."""

    def __init__(self, app, mark):
        self.app = app
        self.mark = mark

    async def __call__(self, scope, receive, send):
        async def stamped(message):
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], (b"x-mark", self.mark)]}
            await send(message)

        if scope["type"] == "http" and scope["path"].endswith("/fails"):
            raise ValueError(self.mark)
        await self.app(scope, receive, stamped)


class Door:
    async def __call__(self, scope, receive, send):
        await PlainTextResponse(f"door {scope['path']}")(scope, receive, send)


@pytest.fixture
def ask():
    async def ask(path, *marks):
        routes = [
            DoorRoute("/door", endpoint=Door()),
            DoorRoute("/v1/{rest:path}", endpoint=Door()),
            Route("/page", lambda _request: PlainTextResponse("page")),
        ]
        application = Application(routes=routes, middleware=[Middleware(Stamp, mark) for mark in marks])
        transport = httpx.ASGITransport(application, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            return await client.get(path)

    return ask


@pytest.mark.parametrize(
    ("path", "answer"),
    [("/door", "door /door"), ("/v1/a/b", "door /v1/a/b"), ("/v1/", "door /v1/"), ("/page", "page")],
)
async def test_puts_middleware_around_doors_like_around_routes(ask, path, answer):
    plain, stamped = await ask(path), await ask(path, b"one", b"two")
    assert (plain.text, plain.headers.get_list("x-mark")) == (answer, [])
    assert (stamped.text, stamped.headers.get_list("x-mark")) == (answer, ["two", "one"])


@pytest.mark.parametrize("path", ["/nowhere", "/v1", "/door/", "/page/"])
async def test_answers_404_where_there_is_nothing(ask, path):
    assert (await ask(path)).status_code == 404


@pytest.mark.parametrize("path", ["/door/fails", "/v1/fails", "/page/fails"])
async def test_answers_500_where_middleware_fails(ask, path):
    assert (await ask(path, b"one")).status_code == 500
