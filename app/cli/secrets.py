"""`quaestor secrets`: the key that stored secrets are encrypted with."""

import typer

from app.cli.exits import run
from app.cli.operator_session import operator_session
from app.cli.options import DataDir, Json, overrides
from app.cli.output import print_data
from app.cli.server_environment import secret_key_of
from app.db.connection import pool
from app.kernel.errors import Refused
from app.settings import Settings, load_settings
from app.webhooks.endpoints.rotate_secret_key import RotatedKey, rotate_secret_key
from app.webhooks.endpoints.secret_key_check import check_secret_key
from app.webhooks.vault import Vault

commands = typer.Typer(
    help="The key that stored secrets are encrypted with: change it.", no_args_is_help=True, add_completion=False
)


@commands.callback()
def _group() -> None:
    """Keep `rotate` a command of its own, though it is the only one."""


@commands.command("rotate", epilog="Example: QUAESTOR_SECRET_KEY_OLD=… QUAESTOR_SECRET_KEY=… quaestor secrets rotate")
def rotate(*, as_json: Json = False, data_dir: DataDir = None) -> None:
    """Encrypt all stored secrets anew: from QUAESTOR_SECRET_KEY_OLD to QUAESTOR_SECRET_KEY, while everything runs.

    Safe to run again, also after it was killed. Without an old key it only checks that the present one opens all.
    """
    settings = load_settings(**overrides(data_dir=data_dir))
    rotated = run(_rotate(settings))
    if rotated.unreadable:
        raise Refused(
            f"{rotated.moved:,} secrets were encrypted anew, but {rotated.unreadable:,} open with neither "
            "QUAESTOR_SECRET_KEY nor QUAESTOR_SECRET_KEY_OLD: set the key they were stored under, and run it again."
        )
    text = f"{rotated.moved:,} secrets were encrypted anew; all of them are under QUAESTOR_SECRET_KEY now"
    print_data({"moved": rotated.moved, "unreadable": 0}, text, as_json=as_json)


async def _rotate(settings: Settings) -> RotatedKey:
    key, old_key = secret_key_of(settings), settings.secret_key_old
    async with operator_session(settings, command="secrets rotate"):
        async with pool().acquire() as connection:
            await check_secret_key(connection, key, old_key)
        return await rotate_secret_key(Vault(key, old_key))
