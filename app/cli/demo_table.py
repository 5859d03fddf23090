"""What `quaestor demo` shows: a table that changes as webhooks arrive, and a summary."""

from statistics import median
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from app.demo.progress import LedgerLine, Progress

STATUS_STYLES = {"OK": "green", "PENDING": "yellow", "DECLINED": "red", "ERROR": "red", "MISSING_DATA": "red"}
IBAN_WIDTH = 22


def show_progress(progress: Progress) -> RenderableType:
    """The table as it now is."""
    if not progress.lines:
        return Text(f"{progress.step} …", style="dim")
    table = Table(title=f"Quaestor at {progress.url}", caption=progress.step, box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("Holder")
    table.add_column("Asset")
    table.add_column("Status")
    table.add_column("IBAN", min_width=IBAN_WIDTH, no_wrap=True)
    table.add_column("Balance", justify="right")
    table.add_column("Verified", justify="right")
    table.add_column("ms", justify="right")
    for line in sorted(progress.lines.values(), key=lambda line: (line.holder_name, line.asset)):
        table.add_row(
            line.holder_name,
            line.asset,
            Text(line.status, style=STATUS_STYLES.get(line.status, "")),
            _iban(line),
            line.balance,
            Text(f"{len(line.milliseconds)} ✓", style="green" if line.milliseconds else "dim"),
            f"{median(line.milliseconds):.0f}" if line.milliseconds else "",
        )
    legend = "Verified: webhooks. ms: the median from an event, just before its commit, to its receipt"
    return Group(table, Text(legend, style="dim"))


def summary_text(summary: dict[str, Any]) -> str:
    """The outcome in a few lines."""
    webhooks, milliseconds = summary["webhooks"], summary["milliseconds_from_event_to_receipt"]
    ready = sum(ledger["status"] == "OK" for ledger in summary["ledgers"])
    lines = [
        f"{ready} of {len(summary['ledgers'])} ledgers are OK.",
        *_wallets(summary["wallets"]),
        *_money(summary["money"]),
        f"{webhooks['verified']} of {webhooks['expected']} webhooks arrived and were verified.",
        f"{webhooks['unverified']} did not verify, {webhooks['repeated']} were repeats.",
    ]
    if milliseconds["median"] is not None:
        middle, slowest = milliseconds["median"], milliseconds["slowest"]
        lines.append(f"From event to receipt: {middle:.0f} ms in the median, {slowest:.0f} ms at most.")
    if not summary["complete"]:
        lines.append("Something is missing: is a worker running, and can it reach this machine?")
    return "\n".join(lines)


def _wallets(wallets: list[dict[str, Any]]) -> list[str]:
    if not wallets:
        return []
    held = ", ".join(f"{one['name']} {one['balance']} {one['currency']}" for one in wallets)
    return [
        f"An account with {len(wallets)} wallets: {held}.",
        "GraphQL, REST and Kafka take the same command: docs/accounts.md, 'The same command through three doors'.",
    ]


def _money(money: dict[str, Any]) -> list[str]:
    if money["balanced"] is None:
        return []
    books = "the books balance" if money["balanced"] else "THE BOOKS DO NOT BALANCE: run `quaestor verify`"
    return [f"{money['transfers']} transfers, and {books}."]


def _iban(line: LedgerLine) -> str:
    if line.iban is not None:
        return line.iban
    return "" if line.iban_status == "NOT_REQUESTED" else line.iban_status.lower().replace("_", " ")
