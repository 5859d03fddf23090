"""What support staff asks on a bad day, in the console, in a real browser: why a ledger is in ERROR, whether a webhook
reached its receiver and what came back, what is stuck, and trying it again.
"""

import re
from uuid import UUID

import asyncpg
import httpx
import pytest

from app.db.identifiers import new_id
from app.embedded.data_folder import running_servers
from tests.browser.console_visit import ConsoleVisit
from tests.tcp_server import serving

pytest.importorskip("playwright.async_api")

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

IN_ERROR = "{ ledgers(filter: { status: [ERROR] }) { nodes { id holder { id } } } }"
DELIVERY = "query ($id: ID!) { webhookDelivery(id: $id) { status attemptCount } }"


@pytest.fixture
def ask(product):
    def ask(query, **variables):
        headers = {"Authorization": f"API-Key {product.key}"}
        with httpx.Client(trust_env=False, timeout=60) as client:
            body = client.post(
                f"{product.url}/graphql", json={"query": query, "variables": variables}, headers=headers
            ).json()
        assert "errors" not in body, body
        return body["data"]

    return ask


@pytest.fixture
async def console(page, product, sign_in_address) -> ConsoleVisit:
    visit = ConsoleVisit(page, product.url)
    await visit.begin(sign_in_address().replace("/#", "/console/#"))
    return visit


class Receiver:
    """Somebody's server: it is out of order until it is mended. It keeps what it got."""

    def __init__(self):
        self.is_mended = False
        self.bodies: list[bytes] = []

    async def talk(self, reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(re.search(rb"content-length: (\d+)", head.lower())[1])
        self.bodies.append(await reader.readexactly(length))
        status, answer = ("204 No Content", b"") if self.is_mended else ("500 Internal Server Error", b"out of order")
        writer.write(
            f"HTTP/1.1 {status}\r\ncontent-length: {len(answer)}\r\nconnection: close\r\n\r\n".encode() + answer
        )
        await writer.drain()


@pytest.fixture
async def receiver():
    made = Receiver()
    async with serving(made.talk) as port:
        made.url = f"http://127.0.0.1:{port}/hooks"
        yield made


@pytest.fixture
async def stuck_work(product, ask):
    """Work for a holder that is out of retries, as a bank's long outage leaves it; answers what went wrong at last."""
    [ledger, *_] = ask(IN_ERROR)["ledgers"]["nodes"]
    customer_id = ask("{ viewer { customerId } }")["viewer"]["customerId"]
    went_wrong = f"TimeoutError: no answer to {new_id()}"
    connection = await asyncpg.connect(running_servers(product.data_dir).database_url)
    await connection.execute(
        """
        INSERT INTO outbox_messages (customer_id, id, kind, resource_id, status, attempt_count, last_error, created_at)
        VALUES ($1, $2, 'resubmit_ledgers', $3, 'DEAD', 59, $4, now())
        """,
        UUID(customer_id),
        new_id(),
        UUID(ledger["holder"]["id"]),
        went_wrong,
    )
    await connection.close()
    return went_wrong


async def confirm(page, button, **fields):
    """In the dialog that is open: fill these fields, and press its button."""
    dialog = page.get_by_role("dialog")
    for label, text in fields.items():
        await dialog.get_by_label(label.replace("_", " ")).fill(text)
    await dialog.get_by_role("button", name=button, exact=True).click()
    return dialog


async def make_endpoint(console, url):
    """Make an endpoint in the console; answers its id."""
    page = console.page
    await console.go("/webhooks")
    await page.get_by_role("button", name="New endpoint…").click()
    dialog = await confirm(page, "Make it", Address=url, What_it_is_for="A test", Types_of_events="books.closed")
    await dialog.get_by_text("This is the only time that the secret is shown.").wait_for()
    assert await dialog.locator(".secret code").first.inner_text() != ""
    assert (await dialog.locator(".secret code").first.inner_text()).startswith("whsec_")
    await dialog.get_by_role("button", name="I have copied it").click()
    await page.get_by_role("link", name=url).click()
    await page.get_by_role("heading", name=url).wait_for()
    return (await page.evaluate("location.pathname")).rsplit("/", 1)[-1]


async def test_leads_from_what_is_stuck_to_why_a_ledger_is_in_error(console, ask):
    [ledger, *_] = ask(IN_ERROR)["ledgers"]["nodes"]
    await console.go("/stuck?kind=LEDGER")

    card = console.page.locator(".card", has=console.page.locator(f"a[href$='/ledgers/{ledger['id']}']"))
    told = await card.inner_text()
    assert re.search(r"The holder is (QUARANTINE|DECLINED)\.", told)
    assert "Review the holder" in told or "Change the holder" in told
    await card.get_by_role("link").first.click()
    await console.sees("The ledger cannot be used: its holder is in no state to hold it.")
    assert console.complaints == []


async def test_shows_what_came_back_from_a_receiver_and_sends_it_again(console, receiver, ask):
    page = console.page
    await make_endpoint(console, receiver.url)
    await page.get_by_role("button", name="Ping…").click()
    await confirm(page, "Send it")
    await page.get_by_role("heading", name="webhook.ping").wait_for()
    await page.get_by_text("The last attempt failed: status: the receiver answered 500").wait_for()
    assert await page.get_by_label("Answer to attempt 1").inner_text() == "out of order"
    assert '"type": "webhook.ping"' in await page.get_by_label("Body", exact=True).inner_text()

    receiver.is_mended = True
    await page.get_by_role("button", name="Send again…").click()
    await confirm(page, "Send again")
    await page.get_by_text("It reached its receiver, which answered 204.").wait_for()
    await page.locator("h1 .status", has_text="Delivered").wait_for()
    delivery_id = (await page.evaluate("location.pathname")).rsplit("/", 1)[-1]
    delivery = ask(DELIVERY, id=delivery_id)["webhookDelivery"]
    assert delivery["status"] == "DELIVERED"
    assert delivery["attemptCount"] == len(receiver.bodies) >= 2
    assert len(set(receiver.bodies)) == 1

    await page.get_by_role("link", name=receiver.url).click()
    await page.get_by_role("heading", name=receiver.url).wait_for()
    await page.get_by_role("row", name=re.compile("webhook.ping")).first.wait_for()
    assert console.complaints == []


async def test_rotates_a_secret_and_replays_what_happened(console, receiver):
    page = console.page
    receiver.is_mended = True
    endpoint_id = await make_endpoint(console, receiver.url)
    await page.get_by_role("button", name="Rotate the secret…").click()
    await page.get_by_role("dialog").get_by_text("and with the old one too for one day").wait_for()
    dialog = await confirm(page, "Make a new secret")
    await dialog.get_by_text("This is the only time that the secret is shown.").wait_for()
    await dialog.get_by_role("button", name="I have copied it").click()
    await page.get_by_text("The new one signs, and older ones until").wait_for()

    await page.get_by_role("button", name="Replay…").click()
    await confirm(page, "Send them again")
    await page.get_by_text("All is scheduled: 0 of 0 messages are due again or sent.").wait_for()
    assert f"/webhooks/{endpoint_id}?replay=" in await page.evaluate("location.href")

    await page.get_by_role("button", name="Delete…").click()
    await confirm(page, "Delete it")
    await page.get_by_role("heading", name="Webhooks", level=1).wait_for()
    await page.locator(f"a[href$='{endpoint_id}']").wait_for(state="detached")
    assert console.complaints == []


async def test_retries_what_is_stuck_and_tells_who_did_it(console, stuck_work):
    page = console.page
    await console.go("/stuck?kind=WORK")
    card = page.locator(".card", has_text=stuck_work)
    told = await card.inner_text()
    assert f"Update the ledgers that wait for the holder: {stuck_work}" in told
    assert "59 attempts; it is not tried again by itself" in told
    await card.get_by_role("button", name="Retry…").click()
    await page.get_by_role("dialog").get_by_text("is tried again at once").wait_for()
    await confirm(page, "Retry")
    await card.wait_for(state="detached")

    await console.go("/events?type=work.retried")
    row = page.get_by_role("row", name=re.compile("work.retried")).first
    assert "Key \u201csigned-in browser\u201d" in await row.inner_text()
    assert "GraphQL" in await row.inner_text()
    await row.get_by_role("link").click()
    await page.get_by_role("heading", name="work.retried").wait_for()
    assert '"kind": "resubmit_ledgers"' in await page.locator("pre").last.inner_text()
    assert console.complaints == []


async def test_shows_what_happens_as_it_happens(console, ask):
    page = console.page
    await console.go("/events?type=api_key.*")
    newest = page.locator(".list-body .row-link").first
    before = await newest.get_attribute("href")
    ask(
        """mutation { createApiKey(input: { name: "from elsewhere", scopes: ["ledgers:read"] }) {
            ... on ApiKeySuccess { apiKey { id } } } }"""
    )
    await page.wait_for_function(
        "(before) => document.querySelector('.list-body .row-link').getAttribute('href') !== before", arg=before
    )
    assert "api_key.created" in await page.locator(".list-body .list-row").first.inner_text()
    assert console.complaints == []


async def test_makes_a_key_shows_it_once_and_revokes_it(console, product):
    page, name = console.page, f"night shift {new_id()}"
    await console.go("/keys")
    await page.get_by_role("button", name="New key…").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("What it is for").fill(name)
    await dialog.get_by_label("ledgers:read: see ledgers").check()
    await dialog.get_by_role("button", name="Make it").click()
    await dialog.get_by_text("This is the only time that the key is shown.").wait_for()
    key = await dialog.locator(".secret code").inner_text()
    await dialog.get_by_role("button", name="I have copied it").click()

    async def answers(query):
        async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
            headers = {"Authorization": f"API-Key {key}"}
            return await client.post(f"{product.url}/graphql", json={"query": query}, headers=headers)

    shown = (await answers("{ viewer { scopes apiKey { name } } }")).json()["data"]["viewer"]
    assert shown == {"scopes": ["ledgers:read"], "apiKey": {"name": name}}
    row = page.get_by_role("row", name=re.compile(name))
    await row.get_by_role("button", name="Revoke…").click()
    await confirm(page, "Revoke it")
    await row.get_by_text("Revoked").wait_for()
    assert (await answers("{ viewer { scopes } }")).status_code == httpx.codes.UNAUTHORIZED
    assert key not in await page.content()
    assert console.complaints == []
