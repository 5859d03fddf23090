"""The program `quaestor`."""

import sys

import typer

from app.cli import customers, keys, work
from app.cli.demo import demo
from app.cli.dev import dev
from app.cli.exits import end_with
from app.cli.migrate import migrate
from app.cli.schema import schema
from app.cli.serve import serve
from app.cli.statement import statement
from app.cli.verify import verify
from app.cli.worker import worker

application = typer.Typer(
    name="quaestor",
    help="Quaestor, the self-hosted ledger API.\n\nExample: `quaestor dev` starts everything on this machine.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)
application.command()(dev)
application.command()(serve)
application.command()(worker)
application.command()(migrate)
application.command()(demo)
application.command()(statement)
application.command()(verify)
application.command()(schema)
application.add_typer(customers.commands, name="customers")
application.add_typer(keys.commands, name="keys")
application.add_typer(work.commands, name="work")


def main() -> None:
    """Run one command; exits 0 when done, 1 refused or failed, 2 wrong usage, 3 not reachable."""
    try:
        application()
    except Exception as problem:  # noqa: BLE001 - the edge: faults of ours are raised again
        sys.exit(end_with(problem))


if __name__ == "__main__":
    main()
