"""The public API over HTTP, as commands use it: GraphQL with a key, like any other client."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import orjson

from app.kernel.errors import NotReachable, Refused

# More than the 50 seconds that a waiting query may take.
TIMEOUT_SECONDS = 60.0
_JSON = {"Content-Type": "application/json"}
UNREADABLE = (httpx.DecodingError, httpx.InvalidURL)
"""What httpx raises when an answer's compression is broken, or it redirects to something odd: Quaestor does neither."""
MEDIA_TYPE = "application/graphql-response+json"


class ApiClient:
    """Asks one server with one key."""

    def __init__(self, http: httpx.AsyncClient, url: str) -> None:
        self.http = http
        self.url = url

    async def ask(self, document: str, **variables: Any) -> dict[str, Any]:
        """The `data` of an answer.

        :raises NotReachable: nobody answers at this address.
        :raises Refused: the key is not accepted, or the request failed, wholly or in part.
        """
        answer = await self.answer_of(document, variables)
        if answer.get("errors"):
            raise Refused(f"The API at {self.url} refused: {answer['errors'][0].get('message')}")
        data: dict[str, Any] = answer.get("data") or {}
        return data

    async def answer_of(self, document: str, variables: dict[str, Any]) -> dict[str, Any]:
        """The whole answer, `data` and `errors`.

        :raises NotReachable: nobody answers at this address, or the server says to ask again.
        :raises Refused: the key is not accepted, or this is no API of ours.
        """
        return await self.answer_to(json.dumps({"query": document, "variables": variables}).encode())

    async def answer_to(self, body: bytes) -> dict[str, Any]:
        """The same, for a request that is JSON already.

        :raises NotReachable, Refused: as `answer_of`.
        """
        try:
            response = await self.http.post("/graphql", content=body, headers=_JSON)
        except httpx.TransportError as problem:
            raise NotReachable(
                f"The API at {self.url} does not answer ({problem}). "
                "Start it with `quaestor dev`, or set QUAESTOR_URL to where it is."
            ) from problem
        except UNREADABLE as problem:
            raise self._not_ours() from problem
        if response.status_code == httpx.codes.UNAUTHORIZED:
            raise Refused(f"The API at {self.url} does not accept this key: set QUAESTOR_API_KEY to one of its keys.")
        answer = _json(response)
        if not isinstance(answer, dict) or not {"data", "errors"} & answer.keys():
            raise self._not_ours()
        if response.status_code in {httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE}:
            raise NotReachable(f"The API at {self.url} says: {answer['errors'][0].get('message')}")
        whole: dict[str, Any] = answer
        return whole

    def _not_ours(self) -> Refused:
        return Refused(f"What answers at {self.url}/graphql is not Quaestor: set QUAESTOR_URL to where it is.")

    async def change(self, document: str, **variables: Any) -> dict[str, Any]:
        """The success of a document's only mutation.

        :raises Refused: with the message of its refusal; and as `ask`.
        """
        [success] = (await self.ask(document, **variables)).values()
        if success is None or "code" in success:
            raise Refused("The API refused: " + (success or {}).get("message", "no reason was given"))
        changed: dict[str, Any] = success
        return changed

    async def do(self, mutation: str, success: str, /, type_name: str | None = None, **given: Any) -> dict[str, Any]:
        """The success of a mutation with one `input`; `success` says what to select: `HoldSuccess { hold { id } }`.

        :raises Refused: as `change`.
        """
        type_name = type_name or f"{mutation[0].upper()}{mutation[1:]}Input"
        answer = f"{{ ... on {success} ... on Error {{ code message }} }}"
        return await self.change(
            f"mutation ($input: {type_name}!) {{ {mutation}(input: $input) {answer} }}", input=given
        )

    async def do_to(self, node_id: str, mutation: str, argument: str, success: str) -> dict[str, Any]:
        """The same for a mutation with one id, which this argument takes.

        :raises Refused: as `change`.
        """
        answer = f"{{ ... on {success} ... on Error {{ code message }} }}"
        return await self.change(f"mutation ($id: ID!) {{ {mutation}({argument}: $id) {answer} }}", id=node_id)


@asynccontextmanager
async def api_client(url: str, api_key: str) -> AsyncIterator[ApiClient]:
    """A client that is open while the block runs."""
    headers = {"Authorization": f"API-Key {api_key}", "Accept": MEDIA_TYPE}
    # No proxy: the client talks to exactly the server that was named.
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=TIMEOUT_SECONDS, trust_env=False) as http:
        yield ApiClient(http, url)


def _json(response: httpx.Response) -> Any:
    try:
        return orjson.loads(response.content)
    except ValueError:
        return None
