"""The worker process: listens, sweeps, and runs arq's Worker, side by side. Any number of them may run.

Rows in the database say what is due. A notification, a job and the sweep only tell the worker to look now.
"""

import asyncio
import contextlib
import logging
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from app.db.notifications import EVENTS_TOPIC, WORK_TOPIC, notifications
from app.kernel.open_files import allow_open_files
from app.kernel.part import Background, Drain, side_by_side
from app.kernel.tasks import end_tasks
from app.outbox.attempt_counts import expect_work
from app.outbox.drain import drain_messages
from app.settings import Settings, this_sibling
from app.siblings import tell_ready
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
FILES_BESIDE_CONNECTIONS = 200  # Of the database's notifications, Redis and the logs.


class PromisedWork(Drain):
    """The work that verbs promised, each kind done as `workers.routes` says."""

    def __init__(self, settings: Settings) -> None:
        self._handlers = make_handlers(settings)
        expect_work(self._handlers)
        self._lease = timedelta(seconds=settings.work_lease_seconds)
        self._look_again = asyncio.Event()
        self._stop = asyncio.Event()

    async def drain(self, *, budget_seconds: float) -> None:
        """Do what is due, for this long."""
        await drain_messages(
            self._handlers,
            budget_seconds=budget_seconds,
            lease=self._lease,
            look_again=self._look_again,
            stop=self._stop,
        )

    def look_again(self) -> None:
        """More may be due: look while the present work goes on."""
        self._look_again.set()

    def take_no_more(self) -> None:
        """Claim no more."""
        self._stop.set()


class WorkerProcess:
    """Three lanes: promised work (`work`), events to number, fan out and deliver (`deliveries`), and old deliveries to
    remove (`retention`), which nobody wakes.
    """

    def __init__(self, settings: Settings) -> None:
        self._work = Lane("work", PromisedWork(settings))
        self._deliveries = Lane("deliveries", DeliveryPipeline.of(settings))
        self._retention = Lane("retention", Sweeps(Retention.of(settings)), grace_seconds=0)
        self._lanes = {lane.name: lane for lane in (self._work, self._deliveries)}
        self._jobs = WakeJobs(settings.redis_url, self._lanes) if settings.redis_url else None
        self._waking: dict[str, asyncio.Task[None]] = {}

    @property
    def redis_is_away(self) -> bool:
        """Whether this worker has a Redis that it cannot reach."""
        return self._jobs is not None and self._jobs.is_away

    async def run_until(self, stopped: asyncio.Event) -> None:
        """Work until `stopped` is set; then claim no more, and let running work end."""
        watches = [self._listen(), self._sweep()]
        if self._jobs is not None:
            watches.append(self._jobs.run())
        async with side_by_side(self._work, self._deliveries, self._retention):
            try:
                async with Background(*watches) as watching:
                    await watching.until(stopped)
            finally:
                await end_tasks(self._waking.values())

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
                lane.wake()
            await asyncio.sleep(SWEEP_SECONDS)

    def _wake(self, lane: Lane) -> None:
        if lane.is_running or self._jobs is None:
            lane.wake(linger=True)
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
        lane.wake(linger=True)


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
        worker = WorkerProcess(settings)
        async with _operations_port(settings, worker):
            logger.info("the worker is ready")
            tell_ready(this_sibling())
            await worker.run_until(stopped)
        logger.info("the worker has stopped; what it had not begun is left to others")


@asynccontextmanager
async def _operations_port(settings: Settings, worker: WorkerProcess) -> AsyncIterator[None]:
    """Answer `/metrics` and `/healthz` during the block, if a port is set."""
    if settings.worker_metrics_port is None:
        yield
        return
    from app.api.operations import metrics, operations_port, worker_metrics  # noqa: PLC0415 - few need a web server

    listener = operations_port.listen_for_operations(
        settings.metrics_host,
        settings.worker_metrics_port,
        "QUAESTOR_WORKER_METRICS_PORT",
        reuse_port=this_sibling() is not None,
    )
    counts = metrics.process_counts(lambda: worker_metrics.worker_metrics(lambda: worker.redis_is_away))
    async with operations_port.serve_operations(settings, listener, counts), counts.published():
        yield


def main() -> int:
    """Run a worker process; answers its exit code."""
    logging.getLogger("arq").setLevel(logging.ERROR)  # Its jobs carry no data, so a lost one is not worth a log line.
    return run_process(run_worker, APPLICATION_NAME)


if __name__ == "__main__":
    sys.exit(main())
