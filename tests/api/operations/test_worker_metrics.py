"""What a worker tells of its work, of banks and of Redis."""

from collections import Counter

from app.api.operations.worker_metrics import (
    partner_metrics,
    redis_metric,
    retention_metrics,
    work_metrics,
    worker_metrics,
)
from app.outbox.attempt_counts import Ended
from app.partners.counted_calls import Answered, CallCounts
from app.webhooks.retention.removal_counts import RemovalCounts


def told(*families):
    return {(one.name, *one.labels.values()): one.value for family in families for one in family.samples}


def test_tells_how_attempts_ended():
    counts = Counter({("expire_hold", Ended.DONE): 3, ("send_payment", Ended.GIVEN_UP): 1})
    assert told(work_metrics(counts)) == {
        ("quaestor_work_attempts_total", "expire_hold", "done"): 3,
        ("quaestor_work_attempts_total", "send_payment", "given_up"): 1,
    }


def test_tells_how_banks_answered_and_how_long_they_took():
    counts = CallCounts()
    counts.note("payrnet", "send_payment", Answered.UNAVAILABLE, 0.3)
    counts.note("payrnet", "send_payment", Answered.SUCCESS, 0.1)
    found = told(*partner_metrics(counts))
    assert found["quaestor_partner_calls_total", "payrnet", "send_payment", "unavailable"] == 1
    assert found["quaestor_partner_calls_total", "payrnet", "send_payment", "success"] == 1
    assert found["quaestor_partner_call_duration_seconds_bucket", "payrnet", "send_payment", "0.25"] == 1
    assert found["quaestor_partner_call_duration_seconds_bucket", "payrnet", "send_payment", "+Inf"] == 2
    assert found["quaestor_partner_call_duration_seconds_sum", "payrnet", "send_payment"] == 0.4


def test_tells_what_old_rows_were_removed():
    counts = RemovalCounts(deliveries=7, attempts=12, sweeps=3, worked_seconds=0.5)
    assert told(*retention_metrics(counts)) == {
        ("quaestor_retention_removed_total", "deliveries"): 7,
        ("quaestor_retention_removed_total", "attempts"): 12,
        ("quaestor_retention_sweeps_total",): 3,
        ("quaestor_retention_seconds_total",): 0.5,
    }
    assert ("quaestor_retention_sweeps_total",) in told(*worker_metrics(lambda: False))


def test_tells_whether_redis_is_away():
    assert told(redis_metric(is_away=True)) == {("quaestor_redis_unreachable",): 1}
    assert ("quaestor_redis_unreachable",) in told(*worker_metrics(lambda: False))
