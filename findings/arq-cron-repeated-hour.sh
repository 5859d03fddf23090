#!/usr/bin/env bash
# arq 0.28.0: when clocks go back, a job of every quarter of an hour is not run for an hour, and a daily one is run twice after a restart.
#
# Expected: a worker with a time zone lives through the hour that comes twice. A job of every 15 minutes is run every 15 minutes, and a
# daily job once that day, since a moment that has passed is never the next one.
# Seen: the next run is found by arithmetic on the local clock, and the result is always in the first of the two hours. After 01:45 of the
# first hour comes 02:00, 75 minutes later. A worker that starts in the second hour takes 01:30 of the first, which is in the past, for the
# next run, waits until the clock shows it, and hands the job over again with the same id. arq does not keep the result of a cron job by
# default, so that id is free. Interest of a day is booked twice.
#
# Output seen (Python 3.11.7; a day in New York, 05:00 to 07:00 UTC are the two hours from 01:00):
#   every 15 minutes: 04:30 04:45 05:00 05:15 05:30 05:45 07:00 07:15 07:30 07:45
#   daily at 01:30, worker of before 06:05: 05:30
#   daily at 01:30, worker of after 06:05: 06:30
#   the same id: True
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'arq==0.28.0' 'tzdata==2026.2'
"$folder/venv/bin/python" - <<'PYTHON'
import asyncio
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo
from arq import cron
from arq.worker import Worker

NEW_YORK = ZoneInfo("America/New_York")


async def post_interest(ctx):
    pass


class Queue:
    """Stands for Redis: notes what is handed over, and when."""

    def __init__(self):
        self.taken = []

    async def enqueue_job(self, name, *, _job_id, _queue_name, _defer_until):
        self.taken.append((self.now.strftime("%H:%M"), _job_id))


async def work(start, end, **when):
    """Runs the schedule of a new worker from start to end (hour and minute of UTC), with a heartbeat each 30 seconds."""
    queue = Queue()
    worker = Worker([], cron_jobs=[cron(post_interest, **when)], timezone=NEW_YORK, handle_signals=False, redis_pool=queue)
    queue.now, last = (datetime(2026, 11, 1, *moment, tzinfo=timezone.utc) for moment in (start, end))
    while queue.now < last:
        await worker.run_cron(queue.now.astimezone(NEW_YORK), 0.5)
        queue.now += timedelta(seconds=30)
    return queue.taken


quarters = [time for time, _ in asyncio.run(work((4, 20), (8, 0), minute={0, 15, 30, 45}))]
before = asyncio.run(work((4, 20), (6, 5), hour=1, minute=30))
after = asyncio.run(work((6, 5), (12, 0), hour=1, minute=30))
print("every 15 minutes:", *quarters)
print("daily at 01:30, worker of before 06:05:", *(time for time, _ in before))
print("daily at 01:30, worker of after 06:05:", *(time for time, _ in after))
print("the same id:", before[0][1] == after[0][1])
assert quarters == "04:30 04:45 05:00 05:15 05:30 05:45 07:00 07:15 07:30 07:45".split(), "the repeated hour is run now"
assert [time for time, _ in before] == ["05:30"] and [time for time, _ in after] == ["06:30"], "the daily job has changed"
assert before[0][1] == after[0][1]
PYTHON
