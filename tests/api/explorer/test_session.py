"""Signing a browser in, through the whole application and a real database."""

import asyncio

import asyncpg
import httpx
import pytest
from starlette.applications import Starlette

from app.access import sign_in
from app.access.note_last_use import finish_noting_last_use
from app.access.open_customer import open_customer
from app.access.operators import operator_actor
from app.access.queries import list_api_keys
from app.access.sign_in_tokens import make_sign_in_token
from app.api.explorer.page import explorer_routes
from app.kernel.clock import utc_now
from app.settings import Settings

OURS = {"Host": "127.0.0.1:8000", "Origin": "http://127.0.0.1:8000", "Sec-Fetch-Site": "same-origin"}


@pytest.fixture
async def customer(database):
    yield await open_customer("Example Ltd")
    await finish_noting_last_use()


@pytest.fixture
def settings(tmp_path, customer) -> Settings:
    (tmp_path / "api-key").write_text(f"{customer.api_key}\n")
    return Settings(data_dir=tmp_path)


@pytest.fixture
async def browser(settings):
    transport = httpx.ASGITransport(app=Starlette(routes=explorer_routes(settings)))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000", headers=OURS) as client:
        yield client


@pytest.fixture
def token(settings) -> str:
    return make_sign_in_token(settings.data_dir, utc_now())


async def names_of_keys(customer) -> list[str]:
    return [key.name for key in await list_api_keys(operator_actor(customer.customer_id))]


async def test_trades_the_token_for_a_key_of_this_browsers_own(browser, token, customer):
    answer = await browser.post("/explorer/session", json={"token": token})

    assert answer.status_code == 200
    assert set(answer.json()) == {"apiKey", "expiresAt"}
    assert answer.json()["apiKey"] != customer.api_key
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers
    assert "access-control-allow-origin" not in answer.headers
    assert await names_of_keys(customer) == ["signed-in browser", "first key"]


async def test_trades_it_once_however_many_ask_at_once(browser, token, customer):
    answers = await asyncio.gather(*(browser.post("/explorer/session", json={"token": token}) for _ in range(8)))

    assert sorted(answer.status_code for answer in answers) == [200] + [403] * 7
    assert await names_of_keys(customer) == ["signed-in browser", "first key"]


async def test_says_how_to_get_another_token(browser, token):
    await browser.post("/explorer/session", json={"token": token})
    answer = await browser.post("/explorer/session", json={"token": token})

    assert (answer.status_code, answer.json()) == (
        403,
        {
            "error": "forbidden",
            "message": "This address was used before, or is too old. `quaestor login` prints a new one; or type a key.",
        },
    )


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://127.0.0.1:9000"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
    ],
)
async def test_refuses_pages_of_other_origins_and_keeps_the_token(browser, token, headers):
    refused = await browser.post("/explorer/session", json={"token": token}, headers=headers)

    assert (refused.status_code, "apiKey" in refused.json()) == (403, False)
    assert (await browser.post("/explorer/session", json={"token": token})).status_code == 200


# nginx with nothing but `proxy_pass`: the Host becomes the address behind it, and nothing tells of the proxy.
async def test_tells_nobody_behind_a_plain_proxy_a_key(browser, token, customer):
    through = {"Host": "127.0.0.1:8000", "Connection": "close", "Origin": "https://ledger.example.com"}
    told = await browser.get("/explorer/settings.json", headers=through)
    refused = await browser.post("/explorer/session", json={"token": "A" * 32}, headers=through)

    assert told.json() == {"environment": "PLAYLIVE", "console": True}
    assert (refused.status_code, "apiKey" in refused.json()) == (403, False)
    assert await names_of_keys(customer) == ["first key"]


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b'{"token": "%s"}', "text/plain"),
        (b"token=%s", "application/x-www-form-urlencoded"),
        (b'["%s"]', "application/json"),
        (b'{"token": ["%s"]}', "application/json"),
        (b'{"token": "%s"', "application/json"),
        (b'\xff{"token": "%s"}', "application/json"),
        (b'{"token": "%s", "more": "' + b"x" * 1_000 + b'"}', "application/json"),
        (b"", "application/json"),
    ],
)
async def test_refuses_what_is_not_asked_right_and_keeps_the_token(browser, token, body, content_type):
    content = body.replace(b"%s", token.encode())
    refused = await browser.post("/explorer/session", content=content, headers={"Content-Type": content_type})

    assert (refused.status_code, refused.json()["error"]) == (400, "bad-request")
    assert (await browser.post("/explorer/session", json={"token": token})).status_code == 200


async def test_says_so_where_there_is_no_first_key(browser, token, settings):
    (settings.data_dir / "api-key").unlink()
    answer = await browser.post("/explorer/session", json={"token": token})

    assert answer.status_code == 403
    assert answer.json()["message"].startswith("There is no first key to sign in with")


async def test_keeps_the_token_good_while_the_database_is_away(browser, token, monkeypatch):
    async def away(*_):
        raise asyncpg.CannotConnectNowError("starting up")

    with monkeypatch.context() as patch:
        patch.setattr(sign_in, "authenticate", away)
        refused = await browser.post("/explorer/session", json={"token": token})

    assert (refused.status_code, refused.json()["error"]) == (503, "unavailable")
    assert (await browser.post("/explorer/session", json={"token": token})).status_code == 200


async def test_answers_nothing_but_post(browser):
    assert (await browser.get("/explorer/session")).status_code == 404
