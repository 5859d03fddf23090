"""Another process, as far as the journal and accounts go: a pool and a coalescer of its own on the same database.

A test writes it a line of orders, and reads a line of answers once all of them, begun at the same time, are answered.
Run as `python -m tests.journal.other_process <database URL>`.
"""

import asyncio
import sys
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import orjson

from app.accounts.create_account import create_account
from app.accounts.orders import CreateAccount, NewWallet
from app.controls.freeze import FreezeParty, freeze
from app.controls.set_overdraft_limit import SetOverdraftLimit, set_overdraft_limit
from app.controls.unfreeze import UnfreezeParty, unfreeze
from app.db.connection import close_database, open_database
from app.journal.adjust_hold import AdjustHold, adjust_hold
from app.journal.amounts import AmountText
from app.journal.capture_hold import CaptureHold, capture_hold
from app.journal.close_books import CloseBooks, close_books
from app.journal.coalescer import close_coalescer
from app.journal.expire_hold import expire_hold
from app.journal.frozen import FreezeScope
from app.journal.post_transfer import PostTransfer, post_transfer
from app.journal.release_hold import ReleaseHold, release_hold
from app.journal.reverse_group import ReverseGroup, reverse_group
from app.journal.reverse_transfer import ReverseTransfer, reverse_transfer
from app.kernel.actor import worker_actor
from app.kernel.errors import DomainError

ROOT = Path(__file__).parents[2]
LINE_BYTES_MAX = 2**24


async def carry_out_all(customer_id, orders):
    """Answers `[id, replayed]` or the code of a refusal for each order, all begun at the same time."""
    actor = worker_actor(UUID(str(customer_id)))
    return await asyncio.gather(*(_carry_out(actor, *order) for order in orders))


async def _carry_out(actor, verb, *told):
    try:
        made, replayed = await VERBS[verb](actor, *map(str, told))
    except DomainError as refusal:
        return refusal.code.value
    return [str(made.id), replayed]


async def _post(actor, debit_id, credit_id, value, key, effective_at=None):
    command = PostTransfer(
        debit_id=debit_id,
        credit_id=credit_id,
        amount=AmountText(value, "GBP"),
        idempotency_key=key,
        effective_at=effective_at,
    )
    return await post_transfer(actor, command)


class _Closed:
    id = None


async def _close_books(actor, through):
    _, replayed = await close_books(actor, CloseBooks(through))
    return _Closed, replayed


async def _capture(actor, hold_id, key):
    return await capture_hold(actor, CaptureHold(hold_id, key))


async def _capture_part(actor, hold_id, value, key):
    return await capture_hold(actor, CaptureHold(hold_id, key, AmountText(value, "GBP"), final=False))


async def _release(actor, hold_id):
    return await release_hold(actor, ReleaseHold(hold_id))


async def _release_part(actor, hold_id, value, key):
    return await release_hold(actor, ReleaseHold(hold_id, key, AmountText(value, "GBP")))


async def _adjust(actor, hold_id, value, key):
    return await adjust_hold(actor, AdjustHold(hold_id, key, AmountText(value, "GBP")))


async def _reverse(actor, transfer_id, key):
    return await reverse_transfer(actor, ReverseTransfer(transfer_id, key))


async def _reverse_part(actor, transfer_id, value, key):
    return await reverse_transfer(actor, ReverseTransfer(transfer_id, key, amount=AmountText(value, "GBP")))


async def _reverse_group(actor, group_id, key):
    return await reverse_group(actor, ReverseGroup(group_id, key))


class _Expired:
    id = None


async def _expire(actor, hold_id):
    await expire_hold(actor, UUID(hold_id))
    return _Expired, False


async def _create_account(actor, reference, decimal_places):
    wallet = NewWallet("default", "USD", "LIABILITY", int(decimal_places))
    return await create_account(actor, CreateAccount("GROUP", reference, wallets=(wallet,)))


async def _freeze(actor, party_id, scope):
    return await freeze(actor, FreezeParty(party_id, "Example.", FreezeScope(scope)))


async def _unfreeze(actor, party_id):
    return await unfreeze(actor, UnfreezeParty(party_id))


async def _limit(actor, party_id, value):
    return await set_overdraft_limit(actor, SetOverdraftLimit(party_id, AmountText(value, "GBP")), catalog=None)


VERBS = {
    "freeze": _freeze,
    "unfreeze": _unfreeze,
    "limit": _limit,
    "close_books": _close_books,
    "create_account": _create_account,
    "post": _post,
    "capture": _capture,
    "capture_part": _capture_part,
    "release": _release,
    "release_part": _release_part,
    "adjust": _adjust,
    "reverse": _reverse,
    "reverse_part": _reverse_part,
    "reverse_group": _reverse_group,
    "expire": _expire,
}


class OtherProcess:
    """That process, from the test's side."""

    def __init__(self, process):
        self._process = process

    async def carry_out_all(self, customer_id, orders):
        """As the function of that name, over there."""
        line = orjson.dumps([str(customer_id), [[verb, *map(str, told)] for verb, *told in orders]])
        self._process.stdin.write(line + b"\n")
        await self._process.stdin.drain()
        return orjson.loads(await self._process.stdout.readline())

    def kill(self):
        """End it at once, whatever it does."""
        self._process.kill()


@asynccontextmanager
async def other_process(database_url):
    """Start one, and end it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.journal.other_process",
        database_url,
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=LINE_BYTES_MAX,
    )
    try:
        assert await process.stdout.readline() == b"ready\n"
        yield OtherProcess(process)
    finally:
        process.stdin.close()
        await process.wait()


async def main(database_url):
    """Answer lines until there are no more."""
    await open_database(database_url, pool_size=5, application_name="quaestor-other")
    print("ready", flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        answers = await carry_out_all(*orjson.loads(line))
        print(orjson.dumps(answers).decode(), flush=True)
    await close_coalescer()
    await close_database()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
