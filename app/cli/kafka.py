"""`quaestor kafka`: one process of the door of Kafka."""

from app.cli.become import become_module
from app.cli.options import AfterDev, DataDir, overrides
from app.cli.server_environment import environment_beside_dev, wait_for_dev
from app.settings import WrongSetting, load_settings


def kafka(*, data_dir: DataDir = None, after_dev: AfterDev = False) -> None:
    """Run one process that carries out commands from Kafka, and answers them there. Start as many as you like.

    Needs QUAESTOR_KAFKA_BOOTSTRAP_SERVERS, and DATABASE_URL or a running `quaestor dev`.

    Example: `QUAESTOR_KAFKA_BOOTSTRAP_SERVERS=127.0.0.1:9092 quaestor kafka`
    """
    settings = load_settings(**overrides(data_dir=data_dir))
    if settings.kafka_bootstrap_servers is None:
        raise WrongSetting(
            "QUAESTOR_KAFKA_BOOTSTRAP_SERVERS is not set: name the brokers, as host:9092. For one on this machine: "
            "`make kafka`."
        )
    if after_dev:
        wait_for_dev(settings)
    become_module({"QUAESTOR_DATA_DIR": str(settings.data_dir), **environment_beside_dev(settings)}, "workers.kafka")
