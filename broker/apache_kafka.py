"""One node of Apache Kafka as our child: broker and controller in one (KRaft), on loopback, its log in a folder."""

import base64
import signal
import socket
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from uuid import uuid4

from app.embedded.child import Launch
from app.embedded.leftovers import FoundProcess, end_leftovers
from app.embedded.server import EmbeddedServer
from broker.jars import NoBroker, jars_folder, java
from broker.secure_listener import SecureListener

LOOPBACK = "127.0.0.1"
FOLDER = "kafka"
FORMATTED_WITHIN_SECONDS = 120
STOPS_WITHIN_SECONDS = 20.0
ANSWERS_WITHIN_SECONDS = 1.0
JVM = (
    "-Xmx512m",
    # For a server that lives for minutes: less is compiled, and one thread collects garbage.
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Djava.awt.headless=true",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
)
ONE_NODE = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "group.initial.rebalance.delay.ms": "0",
}


class ApacheKafka(EmbeddedServer):
    """Apache Kafka on `port` of loopback, with its files in `folder/kafka`. It ends with this process.

    :param controller_port: another port, which the node uses among its own parts.
    :param secure: a second listener, with TLS and passwords.
    :param settings: of the broker, beside ours.
    """

    name = "kafka"

    def __init__(
        self,
        folder: Path,
        *,
        port: int,
        controller_port: int,
        secure: SecureListener | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(folder)
        self.files = self.data_folder / FOLDER
        self.port = port
        self._controller_port = controller_port
        self._secure = secure
        self._settings = dict(settings or {})

    @property
    def url(self) -> str:
        """Where clients connect to: `127.0.0.1:9092`."""
        return f"{LOOPBACK}:{self.port}"

    def prepare(self) -> None:
        """Fetch the jars if need be, write the configuration, and format the folder before its first start.

        :raises NoBroker: Java or Maven is missing, or the format failed.
        """
        self.files.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._secure is not None:
            self._secure.write_certificates(self.files)
        lines = (f"{name}={value}" for name, value in self._configuration().items())
        self._configuration_file().write_text("\n".join(lines) + "\n", encoding="utf-8")
        if not (self.files / "log" / "meta.properties").exists():
            self._format()

    def launch(self) -> Launch:
        """How to start the prepared server."""
        return Launch(
            name=self.name,
            arguments=self._command("kafka.Kafka", str(self._configuration_file())),
            environment={},
            stop=((signal.SIGTERM, STOPS_WITHIN_SECONDS),),
            # What was acknowledged is already with the kernel: SIGKILL loses nothing of it.
            death_signal=signal.SIGKILL,
        )

    def clean_up(self) -> None:
        """End a server that a killed run left on this folder."""
        end_leftovers(self._is_ours, ask=signal.SIGTERM)

    def accepts(self, _pid: int) -> bool:
        """Whether its port is open: it opens it when it can serve."""
        with socket.socket() as connection:
            connection.settimeout(ANSWERS_WITHIN_SECONDS)
            return connection.connect_ex((LOOPBACK, self.port)) == 0

    def _configuration(self) -> dict[str, str]:
        listeners = {"PLAINTEXT": self.port, "CONTROLLER": self._controller_port}
        secured: dict[str, str] = {}
        if self._secure is not None:
            listeners["SASL_SSL"] = self._secure.port
            secured = self._secure.configuration(self.files)
        addresses = {name: f"{name}://{LOOPBACK}:{port}" for name, port in listeners.items()}
        return {
            **ONE_NODE,
            **secured,
            "listeners": ",".join(addresses.values()),
            "advertised.listeners": ",".join(it for name, it in addresses.items() if name != "CONTROLLER"),
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL",
            "controller.quorum.voters": f"1@{LOOPBACK}:{self._controller_port}",
            "log.dirs": str(self.files / "log"),
            **self._settings,
        }

    def _format(self) -> None:
        cluster = base64.urlsafe_b64encode(uuid4().bytes).decode().rstrip("=")
        # One argument: by itself, an id that begins with a dash would be taken for an option.
        arguments = ["format", f"--cluster-id={cluster}", "--config", str(self._configuration_file())]
        if self._secure is not None:
            arguments += self._secure.format_arguments()
        done = subprocess.run(  # noqa: S603 - our own arguments, no shell
            self._command("kafka.tools.StorageTool", *arguments),
            capture_output=True,
            text=True,
            timeout=FORMATTED_WITHIN_SECONDS,
            check=False,
        )
        if done.returncode != 0:
            raise NoBroker(f"Apache Kafka could not format {self.files}:\n{done.stdout}{done.stderr}")

    def _command(self, main: str, *arguments: str) -> tuple[str, ...]:
        return (java(), *JVM, "-cp", f"{jars_folder()}/*", main, *arguments)

    def _configuration_file(self) -> Path:
        return self.files / "server.properties"

    def _is_ours(self, process: FoundProcess) -> bool:
        return _has(process.arguments, "kafka.Kafka", str(self._configuration_file()))


def _has(arguments: Iterable[str], *wanted: str) -> bool:
    return set(wanted) <= set(arguments)
