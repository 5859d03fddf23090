"""Fifty clients that move money while things are being killed, and the proof that every answer they got is true."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from app.db.connection import close_database, open_database
from app.proof.prove_books import prove_books
from tests.faults.chance import chance_of
from tests.faults.client import AGAIN_SECONDS, Client, clients_at_work
from tests.faults.story import new_customer

CLIENTS = 50
COUNT_MIN = 400
"""Answers, before it may end."""
LEDGERS = 6
PAUSE_SECONDS_MAX = 0.1
ASKED_AGAIN = 100
"""Keys that are asked once more in the end."""

ERROR = "... on Error { code }"
TRANSFER = "... on TransferSuccess { transfer { id } replayed }"
POST = f"""mutation($input: PostTransferInput!) {{
    done: postTransfer(input: $input) {{ __typename {TRANSFER} {ERROR} }} }}"""
POST_SEVERAL = f"""mutation($input: PostTransfersInput!) {{ done: postTransfers(input: $input) {{
    __typename ... on TransfersSuccess {{ results {{ __typename {TRANSFER} {ERROR} }} }} {ERROR} }} }}"""
CREDIT = f"""mutation($input: VirtualMovementInput!) {{
    done: creditVirtualLedger(input: $input) {{ __typename {TRANSFER} {ERROR} }} }}"""
REVERSE = f"""mutation($input: ReverseTransferInput!) {{
    done: reverseTransfer(input: $input) {{ __typename {TRANSFER} {ERROR} }} }}"""
HOLD = f"... on HoldSuccess {{ hold {{ id status transfer {{ id }} }} replayed }} {ERROR}"
PLACE = f"mutation($input: PlaceHoldInput!) {{ done: placeHold(input: $input) {{ __typename {HOLD} }} }}"
CAPTURE = f"mutation($input: CaptureHoldInput!) {{ done: captureHold(input: $input) {{ __typename {HOLD} }} }}"
RELEASE = f"mutation($input: ReleaseHoldInput!) {{ done: releaseHold(input: $input) {{ __typename {HOLD} }} }}"


class Money:
    """Ledgers of gold, and all that was answered about them."""

    def __init__(self, client: Client, database_url: str, *, seed: int) -> None:
        self.client = client
        self.random = chance_of("faults", seed)
        """For the test: when and what it kills."""
        self._random = chance_of("money", seed)
        self._database_url = database_url
        self._ledgers: list[str] = []
        self._funding: set[str] = set()
        self.posted: dict[str, str] = {}
        """Transfers by the keys of `postTransfer`."""
        self.reversals: dict[str, str] = {}
        self.placed: dict[str, str] = {}
        self.captured: dict[str, str] = {}
        """Transfers by the keys of `captureHold`."""
        self.released: set[str] = set()
        self.refused: dict[str, str] = {}
        """Codes by key."""
        self._inputs: dict[str, dict[str, Any]] = {}
        self._number = 0

    async def open_ledgers(self) -> None:
        """Issue the ledgers and put some gold into each."""
        for number in range(LEDGERS):
            issued = await self.client.mutate(
                "issueVirtualLedger",
                "... on LedgerSuccess { ledger { id } }",
                asset="gold",
                idempotencyKey=f"l{number}",
            )
            self._ledgers.append(issued["ledger"]["id"])
            credited = await self._ask(
                CREDIT, {"ledgerId": self._ledgers[-1], "amount": _gold(1_000), "idempotencyKey": f"l{number}"}
            )
            self._funding.add(credited["transfer"]["id"])

    @asynccontextmanager
    async def moving(
        self, *, clients: int = CLIENTS, pause_seconds_max: float = PAUSE_SECONDS_MAX, count_min: int = COUNT_MIN
    ) -> AsyncIterator[None]:
        """Move money while the block runs, by so many clients with pauses, and until there are answers enough."""
        async with clients_at_work(
            clients,
            self._move,
            is_enough=lambda: self._number >= count_min,
            pause=lambda: self._random.uniform(0, pause_seconds_max),
        ):
            yield

    async def prove_all_true(self) -> None:
        """Each accepted answer is there once, of the refused ones there is nothing, and the books balance."""
        connection = await asyncpg.connect(self._database_url)
        try:
            await self._prove_rows(connection)
        finally:
            await connection.close()
        await open_database(self._database_url, pool_size=2, application_name="quaestor-tests")
        try:
            proof = await prove_books()
        finally:
            await close_database()
        assert proof.is_proven, proof.findings
        await self._ask_again()
        assert self.refused, "nothing was refused"

    async def _prove_rows(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        async def column(sql: str) -> list[Any]:
            return [row[0] for row in await connection.fetch(sql)]

        answered = [
            *self._funding,
            *self.posted.values(),
            *self.captured.values(),
            *self.reversals.values(),
        ]
        assert sorted(await column("SELECT id::text FROM transfers")) == sorted(answered)
        assert sorted(await column("SELECT id::text FROM holds")) == sorted(self.placed.values())
        keys = "SELECT key FROM idempotency_keys WHERE operation = "
        assert set(await column(f"{keys} 'postTransfer'")) == set(self.posted)
        assert set(await column(f"{keys} 'reverseTransfer'")) == set(self.reversals)
        assert set(await column(f"{keys} 'placeHold'")) == set(self.placed)
        assert set(await column(f"{keys} 'captureHold'")) == set(self.captured)
        released = await column("SELECT id::text FROM holds WHERE status = 'RELEASED'")
        assert set(released) == self.released

    async def _ask_again(self) -> None:
        for key, transfer_id in self._random.sample(sorted(self.posted.items()), min(ASKED_AGAIN, len(self.posted))):
            done = await self._ask(POST, self._inputs[key])
            assert (done["transfer"]["id"], done["replayed"]) == (transfer_id, True)

    async def _move(self) -> None:
        choice = self._random.random()
        if choice < 0.7:
            await self._post()
        elif choice < 0.8:
            await self._post_several()
        elif choice < 0.95:
            await self._hold()
        else:
            await self._reverse()

    def _order(self) -> dict[str, Any]:
        self._number += 1
        debit_id, credit_id = self._random.sample(self._ledgers, 2)
        amount = 10**9 if self._random.random() < 0.1 else self._random.randint(1, 20)
        return {
            "debitId": debit_id,
            "creditId": credit_id,
            "amount": _gold(amount),
            "idempotencyKey": f"order-{self._number}",
        }

    async def _post(self) -> None:
        order = self._order()
        self._note(order, await self._ask(POST, order), self.posted)

    async def _post_several(self) -> None:
        orders = [self._order() for _ in range(5)]
        done = await self._ask(POST_SEVERAL, {"transfers": orders})
        for order, result in zip(orders, done["results"], strict=True):
            self._note(order, result, self.posted)

    async def _reverse(self) -> None:
        if self.posted:
            transfer_id = self._random.choice(list(self.posted.values()))
            self._number += 1
            order = {"transferId": transfer_id, "idempotencyKey": f"order-{self._number}"}
            self._note(order, await self._ask(REVERSE, order), self.reversals)

    async def _hold(self) -> None:
        order = self._order()
        done = await self._ask(PLACE, order)
        if "code" in done:
            self.refused[order["idempotencyKey"]] = done["code"]
            return
        hold_id = self.placed[order["idempotencyKey"]] = done["hold"]["id"]
        if self._random.random() < 0.5:
            self._number += 1
            taking = {"holdId": hold_id, "idempotencyKey": f"order-{self._number}"}
            captured = await self._ask(CAPTURE, taking)
            assert captured["hold"]["status"] == "CAPTURED"
            self.captured[taking["idempotencyKey"]] = captured["hold"]["transfer"]["id"]
        else:
            released = await self._ask(RELEASE, {"holdId": hold_id})
            assert released["hold"]["status"] == "RELEASED"
            self.released.add(hold_id)

    def _note(self, order: dict[str, Any], done: dict[str, Any], accepted: dict[str, str]) -> None:
        key = order["idempotencyKey"]
        self._inputs[key] = order
        if "code" in done:
            self.refused[key] = done["code"]
        else:
            accepted[key] = done["transfer"]["id"]

    async def _ask(self, document: str, sent: dict[str, Any]) -> dict[str, Any]:
        """The answer; who is told to come back later does, with the same keys."""
        while True:
            done: dict[str, Any] = (await self.client.ask(document, input=sent))["done"]
            codes = {done.get("code"), *(result.get("code") for result in done.get("results", ()))}
            if "LIMIT_EXCEEDED" not in codes:
                return done
            await asyncio.sleep(AGAIN_SECONDS)


def _gold(units: int) -> dict[str, str]:
    return {"value": f"{units}", "asset": "GOLD"}


@asynccontextmanager
async def money(database_url: str, addresses: list[str], *, seed: int) -> AsyncIterator[Money]:
    """A new customer with gold in its ledgers."""
    print(f"seed {seed}")
    client = Client(addresses, await new_customer(database_url))
    try:
        told = Money(client, database_url, seed=seed)
        await told.open_ledgers()
        yield told
    finally:
        await client.close()


async def kill_backend(database_url: str, application: str, number: int) -> None:
    """Wait until there is such a backend, then kill a random one of them."""
    async with asyncio.timeout(60):
        while (pid := await _backend(database_url, application)) is None:
            await asyncio.sleep(0.02)
    os.kill(pid, number)


async def _backend(database_url: str, application: str) -> int | None:
    try:
        connection = await asyncpg.connect(database_url, timeout=5)
    except (OSError, asyncpg.PostgresError):
        return None  # It is recovering.
    try:
        found: int | None = await connection.fetchval(
            "SELECT pid FROM pg_stat_activity WHERE application_name = $1 AND state <> 'idle'"
            " ORDER BY random() LIMIT 1",
            application,
        )
    finally:
        await connection.close()
    return found
