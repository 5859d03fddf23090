"""What a visitor of the console does and sees."""

import asyncio
import json
from urllib.parse import urlsplit

import httpx


class ConsoleVisit:
    """A visit: what the visitor does, what the console asked, and all that went wrong meanwhile."""

    def __init__(self, page, url: str):
        self.page, self.url = page, url
        self.complaints: list[str] = []
        self.hosts: set[str] = set()
        self.asked: list[str] = []
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", self._note)
        page.on("response", self._look_at)

    def _hear(self, message):
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    def _note(self, request):
        parts = urlsplit(request.url)
        if parts.scheme != "blob":
            self.hosts.add(parts.netloc)
        if parts.path == "/graphql" and request.method == "POST":
            self.asked.append(json.loads(request.post_data)["query"])

    def _look_at(self, response):
        if response.status >= httpx.codes.BAD_REQUEST:
            self.complaints.append(f"{response.url}: {response.status}")

    async def open(self, path: str = "/"):
        await self.page.goto(f"{self.url}/console{path}")
        await self.is_settled()

    async def open_beside_another_tab(self, path: str):
        """Load the page until it has the key of another tab. It waits a third of a second for that tab's answer, and a
        busy machine takes longer now and then.
        """
        async with asyncio.timeout(120):
            await self.open(path)
            while await self.page.get_by_role("button", name="Sign in").count():
                await self.open(path)

    async def begin(self, address: str):
        await self.page.goto(address)
        await self.is_settled()

    async def go(self, path: str):
        """Go to another page of the console as a link does: nothing is loaded anew."""
        await self.page.evaluate(
            "(path) => { history.pushState(null, '', path); dispatchEvent(new PopStateEvent('popstate')); }",
            f"/console{path}",
        )
        await self.is_settled()

    async def is_settled(self):
        """The page has a title, and nothing of it is still loading."""
        await self.page.locator("h1").first.wait_for()
        await self.page.wait_for_function("() => document.querySelector('h1') && !document.querySelector('.loading')")

    async def sees(self, text: str):
        await self.page.get_by_text(text, exact=False).first.wait_for()

    async def title(self) -> str:
        return await self.page.locator("h1").inner_text()
