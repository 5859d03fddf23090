"""`quaestor verify`: prove the books from the entries up, by the operator on the database itself."""

import os
import sys
import time
from dataclasses import asdict
from itertools import groupby
from typing import Annotated, Any, TextIO

import typer

from app.cli.exits import ExitCode, run
from app.cli.operator_session import operator_session
from app.cli.options import DataDir, Json, overrides
from app.cli.output import print_data
from app.db.away import DATABASE_UNUSABLE
from app.db.identifiers import parse_id
from app.db.reachable import place_of
from app.kernel.errors import NotReachable, Refused
from app.proof.control_rules import BELOW_BY_FORCE
from app.proof.findings import Finding, Findings
from app.proof.prove_books import FINDINGS_KEPT, Proof, prove_books
from app.proof.safeguarding import Safeguarded
from app.settings import Settings, load_settings

PROGRESS_EVERY_SECONDS = 5.0
WIDTH_ASSUMED = 80
CLEAR_LINE = "\r\x1b[2K"


def verify(
    *,
    customer: Annotated[str | None, typer.Option(metavar="ID", help="Only this customer's books.")] = None,
    findings: Annotated[
        int, typer.Option(metavar="NUMBER", min=1, max=100_000, help="Print at most so many findings of each rule.")
    ] = FINDINGS_KEPT,
    safeguarding: Annotated[
        bool, typer.Option("--safeguarding", help="Also compare each omnibus ledger with the wallets that it backs.")
    ] = False,
    may_be_empty: Annotated[
        bool, typer.Option("--may-be-empty", help="Exit 0 where there is no customer, so nothing to prove.")
    ] = False,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Prove every balance, transfer, hold and event of the books, from the entries up, while postings go on.

    Exits 0 if all is proven, and 1 if anything is wrong: each finding names the customer, the rule, the object, what
    is stored, and what it should be. Amounts are minor units. Exits 1 too where there is no customer: that is the
    wrong database, unless you say that it may be empty. Exits 3 if it could not be finished. Holds nobody up; like a
    backup, it is kinder to a busy server at a quiet hour. With --safeguarding it is a finding, too, where wallets hold
    more than the ledger that backs them, and all such ledgers are listed.

    Example: `quaestor verify --safeguarding --json`
    """
    settings = load_settings(**overrides(data_dir=data_dir))
    progress = Progress(sys.stderr)
    try:
        proof, place = run(_prove(settings, customer, findings, progress, safeguarding=safeguarding))
    finally:
        progress.end()
    if not proof.counts.customers and not may_be_empty:
        raise Refused(
            f"NOT PROVEN. There is no customer in the database {place}, so nothing to prove: is it the right one? "
            "A new installation may be empty: then say --may-be-empty."
        )
    print_data({"database": place, **describe(proof)}, "\n".join(lines(proof, place)), as_json=as_json)
    raise typer.Exit(ExitCode.DONE if proof.is_proven else ExitCode.REFUSED)


class Progress:
    """Shows what is being done: on a terminal in one line that changes, elsewhere in a line now and then."""

    def __init__(self, stream: TextIO, *, every_seconds: float = PROGRESS_EVERY_SECONDS) -> None:
        self._stream = stream
        self._is_terminal = stream.isatty()
        self._every_seconds = every_seconds
        self._last = time.monotonic()

    def tell(self, text: str) -> None:
        """Say it, unless something was said a moment ago and this is no terminal."""
        if self._is_terminal:
            width = os.get_terminal_size(self._stream.fileno()).columns or WIDTH_ASSUMED
            self._stream.write(CLEAR_LINE + text[: width - 1])
            self._stream.flush()
        elif time.monotonic() - self._last >= self._every_seconds:
            self._last = time.monotonic()
            print(text, file=self._stream, flush=True)

    def end(self) -> None:
        """Clear the line that changes."""
        if self._is_terminal:
            self._stream.write(CLEAR_LINE)
            self._stream.flush()


async def _prove(
    settings: Settings, customer: str | None, findings: int, progress: Progress, *, safeguarding: bool
) -> tuple[Proof, str]:
    only = None if customer is None else parse_id(customer, ("customer",))
    async with operator_session(settings, command="verify") as url:
        try:
            proof = await prove_books(only, kept_max=findings, safeguarding=safeguarding, tell=progress.tell)
            return proof, place_of(url)
        except DATABASE_UNUSABLE as problem:
            why = str(problem) or type(problem).__name__
            message = f"The proof was not finished, so nothing is known of the books: {why}. Run it again."
            raise NotReachable(message) from problem


def describe(proof: Proof) -> dict[str, Any]:
    """The proof as JSON. `safeguarding` is there if it was asked for."""
    compared = proof.safeguarded
    return {
        "proven": proof.is_proven,
        "checked": asdict(proof.counts),
        "seconds": round(proof.seconds, 3),
        "broken_rules": proof.findings.counts,
        "findings": [asdict(finding) for finding in proof.findings.kept],
        "below_by_force_count": proof.below_by_force.counts.get(BELOW_BY_FORCE.name, 0),
        "below_by_force": [asdict(finding) for finding in proof.below_by_force.kept],
        **({} if compared is None else {"safeguarding": [asdict(one) for one in compared]}),
    }


def lines(proof: Proof, place: str) -> list[str]:
    """The proof for people: the findings rule by rule, what is below its floor by force, then a summary that names the
    database.
    """
    printed = [*_rule_by_rule(proof.findings), *_rule_by_rule(proof.below_by_force)]
    printed += [_compared(one) for one in proof.safeguarded or ()]
    checked = ", ".join(_so_many(count, name) for name, count in asdict(proof.counts).items())
    if proof.is_proven:
        return [*printed, f"Proven: {checked}, in {proof.seconds:.1f} s, in the database {place}."]
    return [*printed, f"NOT PROVEN. Looked at {checked}, in {proof.seconds:.1f} s, in the database {place}."]


def _compared(one: Safeguarded) -> str:
    return (
        f"customer {one.customer_id}, ledger {one.ledger_id}: {one.balance} {one.asset}, "
        f"{_so_many(one.wallet_count, 'wallets')} {'holds' if one.wallet_count == 1 else 'hold'} "
        f"{one.wallets} {one.asset}, difference {one.difference}"
    )


def _rule_by_rule(findings: Findings) -> list[str]:
    printed: list[str] = []
    for rule, group in groupby(findings.kept, key=lambda finding: finding.rule):
        kept, count = list(group), findings.counts[rule]
        printed.append(f"{rule}: {count:,}")
        printed += [f"  {_sentence(finding)}" for finding in kept]
        if count > len(kept):
            printed.append(f"  and {count - len(kept):,} more")
    return printed


def _so_many(count: int, name: str) -> str:
    if count == 1:
        name = "entry" if name == "entries" else name.removesuffix("s")
    return f"{count:,} {name.replace('_', ' ')}"


def _sentence(finding: Finding) -> str:
    return (
        f"customer {finding.customer_id}, {finding.object_type} {finding.object_id}: "
        f"is {finding.stored}; should be {finding.expected}"
    )
