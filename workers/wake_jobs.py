"""The part that uses arq: jobs that wake the worker, and the worker that takes them. Losing them loses no work."""

import asyncio
import contextlib
import json
import logging
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import unquote, urlsplit, urlunsplit

from arq.connections import ArqRedis, RedisSettings
from arq.worker import Worker, func
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

from app.kernel.back_off import BackOff
from app.kernel.tasks import end_tasks, within
from workers.lane import BUDGET_SECONDS, Lane

logger = logging.getLogger(__name__)

QUEUE = "quaestor:wake"
JOB = "drain"
JOBS_MAX = 100
POLL_SECONDS = 0.02
HEALTH_CHECK_SECONDS = 10
JOB_TIMEOUT_SECONDS = BUDGET_SECONDS + 10
TRIES_MAX = 1_000
"""Each stop of a worker counts as a try; looking once more does no harm."""
ENQUEUE_TIMEOUT_SECONDS = 0.1
CLOSE_TIMEOUT_SECONDS = 1.0
PAUSE_SECONDS_MIN = 0.2
PAUSE_SECONDS_MAX = 5.0
REDIS_AWAY = (RedisError, OSError, TimeoutError)


class _Worker(Worker):
    """arq's. It is not cancelled as it takes jobs: redis-py 5.3.1 loses the connection of a pipeline that is cancelled
    while it closes, and warns of that later.
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._taking = asyncio.Lock()

    async def start_jobs(self, job_ids: list[bytes]) -> None:
        """Called by arq with the jobs it found."""
        async with self._taking:
            await super().start_jobs(job_ids)

    async def end(self, running: "asyncio.Task[None]") -> None:
        """Take no more jobs, let those be taken that are begun, for a second at most, and end this run."""
        self.allow_pick_jobs = False
        with contextlib.suppress(TimeoutError):
            await within(CLOSE_TIMEOUT_SECONDS, self._taking.acquire())  # For good.
        await end_tasks([running])


class WakeJobs:
    """Keeps arq's Worker running while Redis can be reached, and tries again when it cannot."""

    def __init__(self, url: str, lanes: Mapping[str, Lane]) -> None:
        self._settings = redis_settings(url)
        self._lanes = lanes
        self._redis: ArqRedis | None = None
        self._worker: Worker | None = None
        self.is_away = False
        """Whether Redis could not be reached the last time."""

    async def run(self) -> None:
        """Run arq's Worker for ever. When it ends it is started again, with back-off."""
        back_off = BackOff(PAUSE_SECONDS_MIN, PAUSE_SECONDS_MAX)
        while True:
            try:
                await self._run_worker()
            except REDIS_AWAY as error:
                if not self.is_away:
                    logger.warning("Redis cannot be reached, so work is started directly: %s", error)
                    back_off.reset()
                self.is_away = True
            except Exception:
                logger.exception("arq's worker failed in a way that should not happen")
            await back_off.pause()

    async def enqueue(self, lane: Lane) -> bool:
        """Whether Redis took the job, quickly."""
        if self._redis is None:
            return False
        try:
            async with asyncio.timeout(ENQUEUE_TIMEOUT_SECONDS):
                return await self._redis.enqueue_job(JOB, lane.name, _queue_name=QUEUE) is not None
        except REDIS_AWAY:
            return False

    async def _run_worker(self) -> None:
        worker = self._worker = _Worker(
            functions=[func(self._job(), name=JOB, timeout=JOB_TIMEOUT_SECONDS, max_tries=TRIES_MAX)],
            queue_name=QUEUE,
            redis_settings=self._settings,
            handle_signals=False,
            max_jobs=JOBS_MAX,
            poll_delay=POLL_SECONDS,
            keep_result=0,
            health_check_interval=HEALTH_CHECK_SECONDS,
            job_serializer=_serialize,
            job_deserializer=json.loads,
            on_startup=cast("Any", self._on_startup),
            log_results=False,
        )
        running = asyncio.create_task(worker.async_run(), name="arq")
        try:
            await asyncio.shield(running)
        finally:
            self._redis = None
            await worker.end(running)
            await _close(worker)

    async def _on_startup(self, context: dict[Any, Any]) -> None:
        self._redis = context["redis"]
        logger.info("Redis is %s", "back" if self.is_away else "connected")
        self.is_away = False

    def _job(self) -> Any:
        async def drain(_context: dict[Any, Any], lane_name: str) -> None:
            lane = self._lanes.get(lane_name)
            run = None if lane is None else lane.wake(linger=True)
            if run is not None:
                # The drain belongs to the process: neither arq's timeout nor the loss of Redis ends it.
                await asyncio.wait([run], timeout=BUDGET_SECONDS)

        return drain


def redis_settings(url: str) -> RedisSettings:
    """The connection that a URL names: one try, one second. Without Redis the worker goes on."""
    if (parts := urlsplit(url)).path == "/":  # arq 0.28 takes it for a number.
        url = urlunsplit(parts._replace(path=""))
    settings = RedisSettings.from_dsn(url)
    # It takes them as they are written in the address.
    settings.username, settings.password = _unquoted(settings.username), _unquoted(settings.password)
    if settings.unix_socket_path is not None:
        settings.unix_socket_path = unquote(settings.unix_socket_path)
    settings.conn_timeout = 1
    settings.conn_retries = 0
    settings.retry = Retry(NoBackoff(), 1)
    settings.retry_on_error = [RedisConnectionError, RedisTimeoutError, OSError]
    return settings


def _unquoted(text: str | None) -> str | None:
    return None if text is None else unquote(text)


async def _close(worker: Worker) -> None:
    """Close without errors or log lines, whatever state Redis is in."""
    tasks = tuple(worker.tasks.values())
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    worker.tasks.clear()
    redis = worker._pool  # noqa: SLF001 - `pool` says that it is never None
    with contextlib.suppress(Exception):
        await within(CLOSE_TIMEOUT_SECONDS, worker.close())
    if redis is not None:  # If Redis is away, arq gives up before it closes its connections.
        with contextlib.suppress(Exception):
            await within(CLOSE_TIMEOUT_SECONDS, redis.connection_pool.disconnect(inuse_connections=True))


def _serialize(job: dict[str, Any]) -> bytes:
    return json.dumps(job, default=str).encode()
