"""How many deliveries of each endpoint ended, by the hour: counted when they end, so that nobody has to count rows."""

import os
from datetime import timedelta

HOURS_KEPT = timedelta(days=8)
SLOTS = 8
SLOT = os.getpid() % SLOTS
"""This process's. Two processes that share one wait for each other's commits, and count right all the same."""

COUNT_OUTCOMES_SQL = f"""
    INSERT INTO webhook_outcomes AS known (customer_id, endpoint_id, hour, slot, delivered, failed)
    SELECT $1, endpoint_id, date_trunc('hour', updated_at, 'UTC'), {SLOT},
           count(*) FILTER (WHERE status = 'DELIVERED'), count(*) FILTER (WHERE status = 'EXHAUSTED')
    FROM moved WHERE status IN ('DELIVERED', 'EXHAUSTED') GROUP BY endpoint_id, date_trunc('hour', updated_at, 'UTC')
    ORDER BY endpoint_id
    ON CONFLICT (customer_id, endpoint_id, hour, slot)
    DO UPDATE SET delivered = known.delivered + excluded.delivered, failed = known.failed + excluded.failed
"""
"""Counts the deliveries of `moved`, which are one customer's (`$1`), with their new status."""
