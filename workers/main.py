"""The worker process: listens, sweeps, and runs arq's Worker, side by side. Any number of them may run.

Rows in the database say what is due. A notification, a job and the sweep only tell the worker to look now.
"""

import asyncio
import contextlib
import logging
import sys
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Any

from app.db.notifications import EVENTS_TOPIC, WORK_TOPIC, notifications
from app.kernel.open_files import allow_open_files
from app.outbox.drain import drain_messages
from app.settings import Settings
from app.webhooks.deliveries.attempt_deliveries import DeliveryPipeline
from app.webhooks.deliveries.send_request import OPEN_CONNECTIONS_MAX
from app.webhooks.retention.remove_old import Sweeps
from app.webhooks.retention.retention import Retention
from workers.lane import Lane
from workers.process import database_until, run_process
from workers.routes import make_handlers
from workers.wake_jobs import WakeJobs

logger = logging.getLogger("workers.main")  # The same name when it is run as a program.

APPLICATION_NAME = "quaestor-worker"
SWEEP_SECONDS = 1.0
JOB_STARTS_WITHIN_SECONDS = 0.25
STOP_GRACE_SECONDS = 8.0
FILES_BESIDE_CONNECTIONS = 200  # Of the database's notifications, Redis and the logs.


class WorkerProcess:
    """Three lanes: promised work (`work`), events to number, fan out and deliver (`deliveries`), and old deliveries to
    remove (`retention`), which nobody wakes.
    """

    def __init__(self, settings: Settings) -> None:
        self._stop = asyncio.Event()
        self._look_again_for_work = asyncio.Event()
        self._pipeline = DeliveryPipeline.of(settings)
        self._handlers = make_handlers(settings)
        self._lease = timedelta(seconds=settings.work_lease_seconds)
        self._work = Lane("work", self._drain_work, look_again=self._look_again_for_work.set)
        self._deliveries = Lane("deliveries", self._drain_deliveries, look_again=self._pipeline.poke)
        self._sweeps = Sweeps(Retention.of(settings))
        self._retention = Lane("retention", self._sweeps.run, look_again=_nothing)
        self._lanes = {lane.name: lane for lane in (self._work, self._deliveries)}
        self._jobs = WakeJobs(settings.redis_url, self._lanes) if settings.redis_url else None
        self._waking: dict[str, asyncio.Task[None]] = {}

    async def run_until(self, stopped: asyncio.Event) -> None:
        """Work until `stopped` is set; then claim no more, and let running work end."""
        parts: list[Callable[[], Coroutine[Any, Any, None]]] = [self._listen, self._sweep]
        if self._jobs is not None:
            parts.append(self._jobs.run)
        tasks = [asyncio.create_task(part(), name=f"worker {part.__name__}") for part in parts]
        waiting = asyncio.create_task(stopped.wait())
        try:
            # No part ends by itself. If one does, that is a fault, and the process ends.
            await asyncio.wait([waiting, *tasks], return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                if task.done():
                    task.result()
        finally:
            waiting.cancel()
            self._stop.set()
            for task in (*tasks, *self._waking.values()):
                task.cancel()
            await asyncio.gather(waiting, *tasks, *self._waking.values(), return_exceptions=True)
            await asyncio.gather(
                self._work.stop(grace_seconds=STOP_GRACE_SECONDS),
                self._end_deliveries(),
                self._retention.stop(grace_seconds=0),
            )

    async def _end_deliveries(self) -> None:
        self._pipeline.stop_claiming()
        await self._deliveries.stop(grace_seconds=STOP_GRACE_SECONDS)
        await self._pipeline.close(grace_seconds=STOP_GRACE_SECONDS)

    async def _drain_work(self, budget_seconds: float) -> None:
        await drain_messages(
            self._handlers,
            budget_seconds=budget_seconds,
            lease=self._lease,
            look_again=self._look_again_for_work,
            stop=self._stop,
        )

    async def _drain_deliveries(self, budget_seconds: float) -> None:
        await self._pipeline.drain(budget_seconds=budget_seconds, looks_for_due_at_once=False)

    async def _listen(self) -> None:
        """Start a lane as soon as another process notifies that it committed work for it."""
        lane_of = {WORK_TOPIC: self._work, EVENTS_TOPIC: self._deliveries}
        with notifications().listen(lane_of) as wake_up:
            while True:
                if not await wake_up.wait(SWEEP_SECONDS):
                    continue
                heard, wake_up.topics_heard = wake_up.topics_heard, set()
                for topic in heard or lane_of:
                    self._wake(lane_of[topic])

    async def _sweep(self) -> None:
        """Look every second: notifications and jobs may be lost, and retries become due."""
        while True:
            for lane in (*self._lanes.values(), self._retention):
                lane.start()
            await asyncio.sleep(SWEEP_SECONDS)

    def _wake(self, lane: Lane) -> None:
        if lane.is_running or self._jobs is None:
            lane.start(linger=True)
        elif lane.name not in self._waking:
            task = self._waking[lane.name] = asyncio.create_task(self._wake_by_job(self._jobs, lane))
            task.add_done_callback(lambda _task: self._waking.pop(lane.name, None))

    async def _wake_by_job(self, jobs: WakeJobs, lane: Lane) -> None:
        """Have a job start the lane. Start it here if Redis is slow or away, or the job was lost or ran elsewhere."""
        runs = lane.runs
        if await jobs.enqueue(lane):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(JOB_STARTS_WITHIN_SECONDS):
                    while lane.runs == runs:  # noqa: ASYNC110 - a quarter of a second at most
                        await asyncio.sleep(0.005)
                    return
        lane.start(linger=True)


def _nothing() -> None:
    """A sweep looks by itself."""


async def run_worker(settings: Settings, stopped: asyncio.Event) -> None:
    """Run a worker until `stopped` is set. If the database is away, at the start or later, it waits."""
    allow_open_files(
        OPEN_CONNECTIONS_MAX + settings.database_pool_size + FILES_BESIDE_CONNECTIONS,
        needed_by="webhooks to many endpoints at once may need",
        instead="; what finds none left is sent later",
    )
    async with database_until(stopped, settings, application_name=APPLICATION_NAME) as is_open:
        if not is_open:
            return
        if settings.redis_url is None:
            logger.info("REDIS_URL is not set: PostgreSQL alone wakes this worker")
        async with _operations_port(settings):
            logger.info("the worker is ready")
            await WorkerProcess(settings).run_until(stopped)
        logger.info("the worker has stopped; what it had not begun is left to others")


def _operations_port(settings: Settings) -> AbstractAsyncContextManager[None]:
    """Answer `/metrics` and `/healthz` during the block, if a port is set."""
    if settings.worker_metrics_port is None:
        return contextlib.nullcontext()
    from app.api.operations import delivery_metrics, operations_port  # noqa: PLC0415 - few workers need a web server

    listener = operations_port.listen_for_operations(
        settings.metrics_host, settings.worker_metrics_port, "QUAESTOR_WORKER_METRICS_PORT"
    )
    return operations_port.serve_operations(settings, listener, own=delivery_metrics.worker_metrics)


def main() -> int:
    """Run a worker process; answers its exit code."""
    logging.getLogger("arq").setLevel(logging.ERROR)  # Its jobs carry no data, so a lost one is not worth a log line.
    return run_process(run_worker)


if __name__ == "__main__":
    sys.exit(main())
