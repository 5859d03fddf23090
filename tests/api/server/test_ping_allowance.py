from app.api.server.limits import PINGS_AT_ONCE_MAX, PINGS_PER_SECOND_MAX
from app.api.server.ping_allowance import PingAllowance


def taken(allowance, now):
    """How many it allows at this instant."""
    count = 0
    while allowance.take(now):
        count += 1
    return count


def test_allows_so_many_at_once():
    assert taken(PingAllowance(), 1_000.0) == PINGS_AT_ONCE_MAX == 100


def test_fills_again_with_time_and_never_beyond():
    allowance = PingAllowance()
    taken(allowance, 0.0)
    assert not allowance.take(0.9 / PINGS_PER_SECOND_MAX)
    assert taken(allowance, 1.0 + 0.05) == PINGS_PER_SECOND_MAX == 10
    assert taken(allowance, 1_000_000.0) == PINGS_AT_ONCE_MAX


def test_allows_a_steady_rate_for_ever():
    allowance = PingAllowance()
    assert all(allowance.take(number / PINGS_PER_SECOND_MAX) for number in range(10_000))
