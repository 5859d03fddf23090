"""`quaestor login`: an address that signs one browser in."""

from app.access.sign_in_tokens import make_sign_in_token
from app.cli.database import SERVING
from app.cli.options import DataDir, Json, overrides
from app.cli.output import print_data
from app.embedded.data_folder import read_api_key, running_servers
from app.kernel.clock import utc_now
from app.kernel.errors import NotReachable, Refused
from app.settings import Settings, load_settings

FRAGMENT = "/#token="
"""A browser sends no fragment, so the token appears in no log of a server or proxy, and in no `Referer`."""


def login(
    *,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Print an address that signs one browser in to GraphiQL. It works once, within a day.

    Needs a running `quaestor dev`, which prints such an address itself when it starts in a terminal.

    Example: `quaestor login --data-dir /tmp/try`
    """
    address = sign_in_address(load_settings(**overrides(data_dir=data_dir)))
    print_data({"address": address}, address, as_json=as_json)


def sign_in_address(settings: Settings) -> str:
    """A new address for the running `dev`.

    :raises NotReachable: no `dev` runs on the data folder.
    :raises Refused: its first key is gone, or GraphiQL is off.
    """
    folder = settings.data_dir.resolve()
    dev = running_servers(folder)
    if dev is None or dev.command != SERVING or not dev.ready:
        raise NotReachable(f"No `quaestor dev` is running on {folder}. Start it, or name its folder with --data-dir.")
    if not settings.serves_graphiql:
        raise Refused("GraphiQL is off here (QUAESTOR_GRAPHIQL), so there is no page to sign in to.")
    if read_api_key(folder) is None:
        raise Refused(
            f"There is no first key in {folder} to sign in with. `quaestor keys create` makes one to type in."
        )
    return dev.address + FRAGMENT + make_sign_in_token(folder, utc_now())
