"""`make kafka`: Apache Kafka in this terminal, until Ctrl-C. Its data stays in the folder."""

import argparse
import asyncio
import contextlib
import os
import signal
import sys
from pathlib import Path

from app.cli.port import check_free
from app.embedded.supervisor import Supervisor
from app.kernel.errors import Refused
from app.kernel.part import Background
from broker.apache_kafka import LOOPBACK, ApacheKafka
from broker.jars import NoBroker, jars_folder, version

PARENT_AT_START = os.getppid()
LOOK_FOR_PARENT_EVERY_SECONDS = 0.2


def main() -> int:
    """Run it; answers the exit code."""
    parser = argparse.ArgumentParser(prog="python -m broker", description=__doc__)
    parser.add_argument("--port", type=int, default=9092, help="port of loopback for clients")
    parser.add_argument("--controller-port", type=int, default=9093, help="port of loopback for the node itself")
    parser.add_argument("--folder", type=Path, default=Path(".quaestor"), help="its data goes to `kafka` in it")
    parser.add_argument("--fetch-only", action="store_true", help="fetch the jars, and end")
    parser.add_argument("--die-with-parent", action="store_true", help="end when who started this has ended")
    given = parser.parse_args()
    try:
        print(f"kafka    | Apache Kafka {version()} from {jars_folder()}", flush=True)
        if not given.fetch_only:
            kafka = ApacheKafka(given.folder, port=given.port, controller_port=given.controller_port)
            for port in (given.port, given.controller_port):
                check_free(LOOPBACK, port)
            asyncio.run(_run(kafka, parent=PARENT_AT_START if given.die_with_parent else None))
    except (NoBroker, Refused) as lacking:
        sys.stderr.write(f"{lacking}\n")
        return 1
    return 0


async def _run(kafka: ApacheKafka, *, parent: int | None) -> None:
    kafka.prepare()
    told = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    async with Supervisor(lambda name, line: print(f"{name:<8} | {line}", flush=True)) as supervisor:
        supervisor.keep(kafka)
        async with Background(_tell_when_ready(supervisor, kafka)):
            while not told.is_set() and (parent is None or os.getppid() == parent):
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(told.wait(), LOOK_FOR_PARENT_EVERY_SECONDS)


async def _tell_when_ready(supervisor: Supervisor, kafka: ApacheKafka) -> None:
    await supervisor.until_accepting(kafka)
    print(f"kafka    | ready on {kafka.url}: QUAESTOR_KAFKA_BOOTSTRAP_SERVERS={kafka.url} make run", flush=True)


if __name__ == "__main__":
    sys.exit(main())
