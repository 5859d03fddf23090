"""Draw up a ledger's statement through the API, and check that it adds up."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic

from app.api_client import ApiClient
from app.cli.exits import WrongUsage
from app.cli.statement_spool import Spool, entry_of
from app.kernel.checks import parse_instant
from app.kernel.clock import rfc3339
from app.kernel.errors import Refused

PAGE_SIZE = 500
PATIENCE_SECONDS = 10.0
"""How long a statement that begins where the last one has just ended waits until its end can be later than its start.
"""
PAUSE_SECONDS = 0.1
SOON = timedelta(minutes=5)
NO_TIME = "A statement begins before it ends, and not in the future: choose another --from or --to."
MICROSECOND = timedelta(microseconds=1)

SETTLED = "query StatementEnd { settledUntil }"
BALANCES = """
query StatementBalances($by: LedgerKey!, $before: DateTime!, $last: DateTime!) {
  ledger(by: $by) {
    id iban asset scale opening: balanceAt(at: $before) { minorUnits } closing: balanceAt(at: $last) { minorUnits }
  }
}
"""
ENTRIES = """
query StatementEntries($id: ID!, $first: Int!, $after: String, $filter: EntryFilter!) {
  ledger(by: { id: $id }) {
    entries(first: $first, after: $after, filter: $filter) {
      nodes {
        direction amount { minorUnits } balanceAfter { minorUnits } postedAt
        transfer {
          id reference debit { ...Party } credit { ...Party } payment { counterparty { name } }
        }
      }
      pageInfo { hasNextPage endCursor }
    }
  }
}
fragment Party on PostingParty {
  ... on Ledger { id holder { name } }
  ... on SystemAccount { id name }
  ... on UndisclosedParty { id }
}
"""


@dataclass(frozen=True, slots=True)
class Statement:
    """What a ledger had before `start`, had at `end`, and, in the spool, every entry between. Minor units."""

    ledger_id: str
    iban: str | None
    asset: str
    scale: int
    start: datetime
    end: datetime
    opening: int
    closing: int


async def draw_statement(
    client: ApiClient, by: dict[str, str], start: datetime, end: datetime | None, spool: Spool
) -> Statement:
    """The statement from `start` up to, but without, `end`, its entries in `spool`.

    It ends no later than the instant before which the server says that nothing can still be posted, and exactly there
    if `end` is None. It adds up: each entry's balance is the previous balance plus the entry, from the opening balance
    to the closing one.

    :raises WrongUsage: it would begin in the future.
    :raises Refused: there is no such ledger, the key may not read it, or it does not add up.
    :raises NotReachable: nobody answers.
    """
    settled = await _settled_after(client, start)
    last = settled if end is None else min(end, settled)
    before = {"before": rfc3339(start - MICROSECOND), "last": rfc3339(last - MICROSECOND)}
    ledger = (await client.ask(BALANCES, by=by, **before))["ledger"]
    if ledger is None:
        raise Refused(f"There is no ledger {next(iter(by.values()))} for this key.")
    statement = Statement(
        ledger_id=ledger["id"],
        iban=ledger["iban"],
        asset=ledger["asset"],
        scale=ledger["scale"],
        start=start,
        end=last,
        opening=int(ledger["opening"]["minorUnits"]),
        closing=int(ledger["closing"]["minorUnits"]),
    )
    await _read_entries(client, statement, spool)
    return statement


async def _settled_after(client: ApiClient, start: datetime) -> datetime:
    """The instant before which nothing can still be posted, once it is later than `start`.

    :raises WrongUsage: it does not become later soon enough.
    """
    deadline = monotonic() + PATIENCE_SECONDS
    while True:
        settled = parse_instant((await client.ask(SETTLED))["settledUntil"], ())
        if settled > start:
            return settled
        if start - settled > SOON or monotonic() > deadline:
            raise WrongUsage(NO_TIME)
        await asyncio.sleep(PAUSE_SECONDS)


async def _read_entries(client: ApiClient, statement: Statement, spool: Spool) -> None:
    """Spool the entries, newest first, following the balance back from the closing to the opening one."""
    span = {"gte": rfc3339(statement.start), "lt": rfc3339(statement.end)}
    balance, after = statement.closing, None
    while True:
        answer = await client.ask_for_what_is_allowed(
            ENTRIES, id=statement.ledger_id, first=PAGE_SIZE, after=after, filter={"postedAt": span}
        )
        page = answer["ledger"]["entries"]
        entries = [entry_of(node) for node in page["nodes"]]
        for entry in entries:
            if entry.balance_after != balance:
                _refuse_to_add_up(f"after transfer {entry.transfer_id}", entry.balance_after, balance)
            balance -= entry.change
        spool.add(entries)
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    if balance != statement.opening:
        _refuse_to_add_up("at the start", statement.opening, balance)


def _refuse_to_add_up(where: str, stored: int, expected: int) -> None:
    raise Refused(
        f"This statement does not add up: the balance {where} is {stored} minor units, and the entries make it "
        f"{expected}. Have the operator run `quaestor verify`."
    )
