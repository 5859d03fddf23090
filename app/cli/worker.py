"""`quaestor worker`: one process that does promised work."""

from app.cli.become import become_module
from app.cli.options import AfterDev, DataDir, overrides
from app.cli.server_environment import environment_beside_dev, wait_for_dev
from app.settings import load_settings


def worker(*, data_dir: DataDir = None, after_dev: AfterDev = False) -> None:
    """Run one process that does promised work: banks, webhooks, screening. Start as many as you like.

    Needs DATABASE_URL, or a running `quaestor dev`; REDIS_URL if Redis is to wake it as well.

    Example: `quaestor worker`
    """
    settings = load_settings(**overrides(data_dir=data_dir))
    if after_dev:
        wait_for_dev(settings)
    become_module({"QUAESTOR_DATA_DIR": str(settings.data_dir), **environment_beside_dev(settings)}, "workers.main")
