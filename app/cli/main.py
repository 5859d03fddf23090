"""The program `quaestor`."""

import sys
from typing import Annotated

import typer

from app.cli.lazy_commands import lazy_group
from app.kernel.version import VERSION

# The first sentence of each command's own help.
SUMMARIES = {
    "dev": "Run the whole product in this terminal: API, worker, and PostgreSQL and Redis unless set from outside.",
    "serve": "Run the API: one process, or several that share the port.",
    "worker": "Run processes that do promised work: banks, webhooks, screening. Start as many as you like.",
    "kafka": "Run one process that carries out commands from Kafka, and answers them there. Start as many as you like.",
    "migrate": "Bring the database's schema up to date. Safe to run from many places at once.",
    "login": "Print an address that signs one browser in to GraphiQL, or to the console. It works once, within a day.",
    "demo": "Create holders, issue ledgers, open an account with wallets, and watch their signed webhooks arrive.",
    "listen": "Show events as they happen, each signed like a webhook, and send them on to your receiver if you like.",
    "trigger": "Make an event of a type happen, by really doing what it tells of, and print it.",
    "import": "Bring holders, ledgers, accounts or transfers in from a file, each once however often it is started.",
    "export": "Print the whole journal for beancount or hledger, with the balances of each day as assertions.",
    "statement": "Print a ledger's statement: opening balance, every entry, oldest first, and closing balance.",
    "verify": "Prove every balance, transfer, hold and event of the books, from the entries up, while postings go on.",
    "audit": "Print the audit trail: every creation, change and posting, with who did it, and through which door.",
    "schema": "Print the GraphQL schema (SDL).",
    "restored": "After a restore, before the start: refuse cursors from before it, so that no consumer misses events.",
    "customers": "Customers, the tenants of this installation: make and list them.",
    "books": "Closed books: list through when they are closed, and reopen them.",
    "keys": "API keys: make, list and revoke them.",
    "secrets": "The key that stored secrets are encrypted with: change it.",
    "work": "Promised work: list it, and retry what is out of retries.",
}

application = typer.Typer(
    name="quaestor",
    cls=lazy_group(SUMMARIES),
    help="Quaestor, the self-hosted ledger API.\n\nExample: `quaestor dev` starts everything on this machine.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)


def _print_version(is_asked: bool) -> None:  # noqa: FBT001 - typer calls it so
    if is_asked:
        print(f"quaestor {VERSION}")
        raise typer.Exit


@application.callback()
def _quaestor(
    *,
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Make a group of it, whose commands are not typer's to know."""


def main() -> None:
    """Run one command; exits 0 when done, 1 refused or failed, 2 wrong usage, 3 not reachable."""
    try:
        application()
    except Exception as problem:  # noqa: BLE001 - the edge: faults of ours are raised again
        from app.cli.exits import end_with  # noqa: PLC0415 - slow to load, and neither help nor completion needs it

        sys.exit(end_with(problem))


if __name__ == "__main__":
    main()
