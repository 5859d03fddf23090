"""`quaestor login`: an address that signs one browser in."""

from typing import Annotated

import typer

from app.access.sign_in_tokens import make_sign_in_token
from app.cli.database import SERVING
from app.cli.options import DataDir, Json, overrides
from app.cli.output import print_data
from app.embedded.data_folder import read_api_key, running_servers
from app.kernel.clock import utc_now
from app.kernel.errors import NotReachable, Refused
from app.settings import Settings, load_settings

FRAGMENT = "#token="
"""A browser sends no fragment, so the token appears in no log of a server or proxy, and in no `Referer`."""


GRAPHIQL = "/"
CONSOLE = "/console/"


def login(
    *,
    console: Annotated[bool, typer.Option("--console", help="To the operator's console instead.")] = False,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Print an address that signs one browser in to GraphiQL, or to the console. It works once, within a day.

    Needs a running `quaestor dev`, which prints such an address itself when it starts in a terminal.

    Example: `quaestor login --data-dir /tmp/try`
    """
    address = sign_in_address(load_settings(**overrides(data_dir=data_dir)), CONSOLE if console else GRAPHIQL)
    print_data({"address": address}, address, as_json=as_json)


def sign_in_address(settings: Settings, page: str) -> str:
    """A new address of `page` of the running `dev`: `GRAPHIQL` or `CONSOLE`.

    :raises NotReachable: no `dev` runs on the data folder.
    :raises Refused: its first key is gone, or the page is off.
    """
    folder = settings.data_dir.resolve()
    dev = running_servers(folder)
    if dev is None or dev.command != SERVING or not dev.ready:
        raise NotReachable(f"No `quaestor dev` is running on {folder}. Start it, or name its folder with --data-dir.")
    if page == GRAPHIQL and not settings.serves_graphiql:
        raise Refused("GraphiQL is off here (QUAESTOR_GRAPHIQL), so there is no page to sign in to.")
    if page == CONSOLE and not settings.serves_console:
        raise Refused("The console is off here (QUAESTOR_CONSOLE), so there is no page to sign in to.")
    if read_api_key(folder) is None:
        raise Refused(
            f"There is no first key in {folder} to sign in with. `quaestor keys create` makes one to type in."
        )
    return dev.address + page + FRAGMENT + make_sign_in_token(folder, utc_now())
