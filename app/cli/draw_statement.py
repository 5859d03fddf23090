"""Draw up a ledger's statement through the API, and check that it adds up."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.cli.demo_client import DemoClient
from app.cli.exits import Refused
from app.cli.statement_spool import Spool, entry_of
from app.kernel.clock import rfc3339

PAGE_SIZE = 500
MICROSECOND = timedelta(microseconds=1)

LEDGER_FIELDS = "id iban asset scale opening: balanceAt(at: $before) { minorUnits }"
BALANCES_UNTIL_AN_INSTANT = f"""
query StatementBalances($by: LedgerKey!, $before: DateTime!, $last: DateTime!) {{
  ledger(by: $by) {{ {LEDGER_FIELDS} closing: balanceAt(at: $last) {{ minorUnits }} }}
}}
"""
BALANCES_UNTIL_NOW = f"""
query StatementBalancesNow($by: LedgerKey!, $before: DateTime!) {{
  ledger(by: $by) {{ {LEDGER_FIELDS} balance {{ posted {{ minorUnits }} sequence }} }}
}}
"""
ENTRIES = """
query StatementEntries($id: ID!, $first: Int!, $after: String, $filter: EntryFilter!) {
  ledger(by: { id: $id }) {
    entries(first: $first, after: $after, filter: $filter) {
      nodes {
        direction amount { minorUnits } balanceAfter { minorUnits } sequence postedAt
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
    client: DemoClient, by: dict[str, str], start: datetime, end: datetime, spool: Spool, *, is_past: bool
) -> Statement:
    """The statement from `start` up to, but without, `end`, its entries in `spool`.

    Unless `is_past`, it ends with the entries that there are now. It adds up: each entry's balance is the one before
    it and the entry, from the opening balance to the closing one.

    :raises Refused: there is no such ledger, the key may not read it, or it does not add up.
    :raises NotReachable: nobody answers.
    """
    before = rfc3339(start - MICROSECOND)
    # The balance comes first: what it counts is committed, so that the pages after it have it.
    if is_past:
        last = rfc3339(end - MICROSECOND)
        answer = await client.ask(BALANCES_UNTIL_AN_INSTANT, by=by, before=before, last=last)
    else:
        answer = await client.ask(BALANCES_UNTIL_NOW, by=by, before=before)
    ledger = answer["ledger"]
    if ledger is None:
        raise Refused(f"There is no ledger {next(iter(by.values()))} for this key.")
    closing = ledger["closing"] if is_past else ledger["balance"]["posted"]
    statement = Statement(
        ledger_id=ledger["id"],
        iban=ledger["iban"],
        asset=ledger["asset"],
        scale=ledger["scale"],
        start=start,
        end=end,
        opening=int(ledger["opening"]["minorUnits"]),
        closing=int(closing["minorUnits"]),
    )
    span = {"gte": rfc3339(start), **({"lt": rfc3339(end)} if is_past else {})}
    last_sequence = None if is_past else int(ledger["balance"]["sequence"])
    await _read_entries(client, statement, span, last_sequence, spool)
    return statement


async def _read_entries(
    client: DemoClient, statement: Statement, span: dict[str, str], last_sequence: int | None, spool: Spool
) -> None:
    """Spool the entries, newest first, following the balance back from the closing to the opening one."""
    balance, after = statement.closing, None
    while True:
        answer = await client.ask_for_what_is_allowed(
            ENTRIES, id=statement.ledger_id, first=PAGE_SIZE, after=after, filter={"postedAt": span}
        )
        page = answer["ledger"]["entries"]
        entries = [entry_of(node) for node in page["nodes"] if _counts(node, last_sequence)]
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


def _counts(node: dict[str, Any], last_sequence: int | None) -> bool:
    """Whether the closing balance counts this entry: what was posted after it was read does not belong."""
    return last_sequence is None or int(node["sequence"]) <= last_sequence


def _refuse_to_add_up(where: str, stored: int, expected: int) -> None:
    raise Refused(
        f"This statement does not add up: the balance {where} is {stored} minor units, and the entries make it "
        f"{expected}. Have the operator run `quaestor verify`."
    )
