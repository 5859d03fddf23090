"""A client that never gives up: after a broken connection or an unknown outcome it asks again with the same key."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx

ANSWER_SECONDS_MAX = 600
"""A busy machine takes half a minute to start an API, and it may be killed before it has answered anything."""
AGAIN_SECONDS = 0.1
UNKNOWN_OUTCOMES = {"INTERNAL", "TIMEOUT"}


class Client:
    """Asks one API after the other, as a balancer would have it. `failures` counts what had to be asked again."""

    def __init__(self, addresses: Sequence[str], api_key: str) -> None:
        self._next_address = itertools.cycle(addresses)
        self._http = httpx.AsyncClient(headers={"Authorization": f"API-Key {api_key}"}, timeout=20, trust_env=False)
        self.failures: list[str] = []

    async def ask(self, document: str, **variables: Any) -> dict[str, Any]:
        """The answer's `data`, however often it takes. Refusals are failures of the test."""
        async with asyncio.timeout(ANSWER_SECONDS_MAX):
            while True:
                try:
                    return await self._ask_once(document, variables)
                except (httpx.TransportError, UnknownOutcome) as failure:
                    self.failures.append(f"{type(failure).__name__}: {failure}")
                    await asyncio.sleep(AGAIN_SECONDS)

    async def mutate(self, name: str, selection: str, **sent: Any) -> dict[str, Any]:
        """Call a mutation with this input; the success it answers."""
        input_type = f"{name[0].upper()}{name[1:]}Input!"
        document = (
            f"mutation($input: {input_type}) {{ done: {name}(input: $input) "
            f"{{ __typename ... on Error {{ code message path }} {selection} }} }}"
        )
        done: dict[str, Any] = (await self.ask(document, input=sent))["done"]
        assert "code" not in done, done
        return done

    async def close(self) -> None:
        await self._http.aclose()

    async def _ask_once(self, document: str, variables: dict[str, Any]) -> dict[str, Any]:
        response = await self._http.post(
            f"{next(self._next_address)}/graphql", json={"query": document, "variables": variables}
        )
        if response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise UnknownOutcome(response.text)
        answer = response.json()
        errors = answer.get("errors", [])
        if any(error["extensions"]["code"] in UNKNOWN_OUTCOMES for error in errors):
            raise UnknownOutcome(str(errors))
        assert not errors, errors
        data: dict[str, Any] = answer["data"]
        return data


class UnknownOutcome(Exception):
    """The server does not know itself whether anything happened."""


@asynccontextmanager
async def clients_at_work(
    count: int, step: Callable[[], Awaitable[None]], *, is_enough: Callable[[], bool], pause: Callable[[], float]
) -> AsyncIterator[None]:
    """So many clients take one step after another, side by side with pauses: while the block runs, and until enough."""
    is_over = False

    async def one_client() -> None:
        while not is_over or not is_enough():
            await step()
            await asyncio.sleep(pause())

    async with asyncio.TaskGroup() as group:
        for _ in range(count):
            group.create_task(one_client())
        yield
        is_over = True
