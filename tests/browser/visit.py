"""What a visitor of the page does and sees."""

import asyncio
import json
import re
from urllib.parse import urlsplit

import httpx

READ_EDITOR = """(name) => __MONACO.editor.getModels().find((model) => model.uri.path.endsWith(name)).getValue()"""


class Visit:
    """A visit to the page: what the visitor does, and all that went wrong meanwhile."""

    def __init__(self, page, url: str):
        self.page, self.url = page, url
        self.complaints: list[str] = []
        self.hosts: set[str] = set()
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.hosts.add(urlsplit(request.url).netloc))
        page.on("websocket", lambda websocket: self.hosts.add(urlsplit(websocket.url).netloc))
        page.on("requestfailed", lambda request: self.complaints.append(f"{request.url}: {request.failure}"))
        page.on("response", self._look_at)

    def _hear(self, message):
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    def _look_at(self, response):
        if response.status >= httpx.codes.BAD_REQUEST:
            self.complaints.append(f"{response.url}: {response.status}")

    async def begin(self, address: str | None = None):
        await self.page.goto(address or f"{self.url}/")
        await self.page.locator(".graphiql-query-editor .view-line").first.wait_for()

    async def begin_beside_another_tab(self):
        """Load the page until it has the key of another tab. It waits a third of a second for that tab's answer, and a
        busy machine takes longer now and then.
        """
        state = self.page.locator(".bar-key-state", has_text=re.compile("^(Signed in|Needed)$"))
        async with asyncio.timeout(120):
            while True:
                await self.begin()
                await state.wait_for()
                if await state.inner_text() == "Signed in":
                    return

    async def open_tab(self, title: str):
        await self.page.get_by_role("tab", name=title).click()
        await self.page.wait_for_function(
            f"(title) => ({READ_EDITOR})('operation.graphql').includes(title)", arg=f" {title}"
        )

    async def run(self):
        """Click Run and return the first answer that is shown."""
        await self.page.get_by_role("button", name="Execute query").click()
        await self.page.wait_for_function(f"() => ({READ_EDITOR})('response.json') !== ''")
        return json.loads(await self.read("response.json"))

    async def read(self, editor: str) -> str:
        return await self.page.evaluate(READ_EDITOR, editor)

    @property
    def key_field(self):
        return self.page.get_by_label("API key")

    async def sees_key_state(self, state: str):
        await self.page.locator(".bar-key-state", has_text=re.compile(f"^{state}$")).wait_for()
