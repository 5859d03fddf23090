"""`quaestor worker`: processes that do promised work."""

import signal
import sys

from app.cli.become import become_module
from app.cli.exits import run
from app.cli.options import AfterDev, DataDir, Processes, overrides
from app.cli.port import reserve_for_metrics
from app.cli.process import Process, several
from app.cli.run_several import run_several
from app.cli.server_environment import environment_beside_dev, wait_for_dev
from app.cli.shared_folder import shared_folder
from app.kernel.logs import configure_logs
from app.settings import load_settings

MODULE = "workers.main"
# Work under way is given eight seconds, and what was sent is recorded after that.
STOP_ONE_OF_SEVERAL = ((signal.SIGTERM, 25.0),)


def worker(*, processes: Processes = 1, data_dir: DataDir = None, after_dev: AfterDev = False) -> None:
    """Run processes that do promised work: banks, webhooks, screening. Start as many as you like.

    Needs DATABASE_URL, or a running `quaestor dev`; REDIS_URL if Redis is to wake it as well.

    Example: `quaestor worker --processes 2`
    """
    settings = load_settings(**overrides(data_dir=data_dir))
    if after_dev:
        wait_for_dev(settings)
    environment = {"QUAESTOR_DATA_DIR": str(settings.data_dir), **environment_beside_dev(settings)}
    if processes == 1:
        become_module(environment, MODULE)
    configure_logs(settings.log_format, settings.log_level)
    with (
        reserve_for_metrics(settings, settings.worker_metrics_port, "QUAESTOR_WORKER_METRICS_PORT"),
        shared_folder() as folder,
    ):
        one = Process(
            name="worker",
            arguments=(sys.executable, "-m", MODULE),
            stop=STOP_ONE_OF_SEVERAL,
            environment=environment,
        )
        run(run_several(several(one, processes, folder), serving=f"working with {processes} processes"))
