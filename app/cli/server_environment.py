"""The environment variables that give API and worker their servers."""

import sys
import time
from pathlib import Path

from app.cli.database import SERVING
from app.embedded.data_folder import RunningProcess, metrics_key, running_servers, secret_key
from app.kernel.errors import NotReachable
from app.settings import Environment, Settings, WrongSetting

LOOK_EVERY_SECONDS = 0.01


def embedded_environment(settings: Settings, *, database_url: str | None, redis_url: str | None) -> dict[str, str]:
    """Variables that complete `settings` with the URLs of embedded servers (None: those of the settings stand).

    The defaults of the embedded mode are written out, since a process that is given a URL cannot tell whether its
    server is embedded. What the user has set stays.

    :raises WrongSetting: the database is from outside and there is no secret key.
    """
    found = {
        "QUAESTOR_HOST": settings.host,
        "QUAESTOR_PORT": str(settings.port),
        "QUAESTOR_DATA_DIR": str(settings.data_dir.resolve()),
        "QUAESTOR_LOG_FORMAT": settings.log_format or ("console" if sys.stdout.isatty() else "json"),
        # In LIVE nothing is loosened, embedded or not.
        "QUAESTOR_WEBHOOK_ALLOW_HTTP": str(settings.allows_http and not _tightens(settings)).lower(),
        "QUAESTOR_WEBHOOK_ALLOWED_NETWORKS": ",".join(str(network) for network in settings.allowed_networks),
        "QUAESTOR_SECRET_KEY": secret_key_of(settings),
        "QUAESTOR_METRICS_KEY": settings.metrics_key or metrics_key(settings.data_dir),
    }
    if database_url is not None:
        found["DATABASE_URL"] = database_url
    if redis_url is not None:
        found["REDIS_URL"] = redis_url
    return found


def environment_beside_dev(settings: Settings) -> dict[str, str]:
    """Variables for a `serve` or `worker` started by hand: none if it has its database, else a running dev's servers.

    Only the worker uses Redis, and it works without.

    :raises NotReachable: there is no DATABASE_URL, and no `dev` runs on the data folder.
    """
    if settings.database_url is not None:
        return {}
    dev = running_servers(settings.data_dir)
    if dev is None or dev.command != SERVING or not dev.ready:
        raise NotReachable(
            f"DATABASE_URL is not set, and no `quaestor dev` is running on the data folder {_shown(settings)}. "
            "Set DATABASE_URL, name the folder of a running one with --data-dir, or start `quaestor dev`."
        )
    return embedded_environment(
        settings,
        database_url=_database_of(dev),
        redis_url=dev.redis_url if settings.redis_url is None else None,
    )


def wait_for_dev(settings: Settings) -> None:
    """Return once the `quaestor dev` on the data folder is ready: its database has the schema and the first customer.

    There is no time limit: a process that `dev` started ends with it.

    :raises NotReachable: no `dev` runs there.
    """
    while (dev := running_servers(settings.data_dir)) is not None and dev.command == SERVING:
        if dev.ready:
            return
        time.sleep(LOOK_EVERY_SECONDS)
    raise NotReachable(f"No `quaestor dev` is running on {_shown(settings)}.")


def _database_of(dev: RunningProcess) -> str:
    if dev.database_url is None:
        raise NotReachable(f"The `quaestor dev` of process {dev.pid} was given a DATABASE_URL: set the same one here.")
    return dev.database_url


def secret_key_of(settings: Settings) -> str:
    """The key that secrets are encrypted with: that of the settings, or of the data folder of an embedded database.

    :raises WrongSetting: the database is from outside and there is no secret key.
    """
    if settings.secret_key is not None:
        return settings.secret_key
    if not settings.embedded_database:
        raise WrongSetting(
            "QUAESTOR_SECRET_KEY is not set: with a database from outside give at least 32 random characters."
        )
    return secret_key(settings.data_dir)


def _tightens(settings: Settings) -> bool:
    return settings.environment is Environment.LIVE and settings.webhook_allow_http is None


def _shown(settings: Settings) -> Path:
    return settings.data_dir.resolve()
