import pytest

from app.kernel.traceparent import TraceParent
from app.telemetry.sampling import Sampling

SAMPLED, UNSAMPLED = TraceParent(1, 1, is_sampled=True), TraceParent(1, 1, is_sampled=False)


class Clock:
    now = 1_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.mark.parametrize(("ratio", "chance", "is_taken"), [(1, 0.999, True), (0.1, 0.09, True), (0.1, 0.1, False)])
def test_takes_a_part_of_those_that_nobody_decided_about(ratio, chance, is_taken, clock):
    sampling = Sampling(ratio, 100, clock=clock, chance=lambda: chance)
    assert sampling.takes(None) is is_taken


def test_takes_none_of_them_if_told_so(clock):
    sampling = Sampling(0, 100, clock=clock, chance=lambda: 0.0)
    assert not sampling.takes(None)
    assert sampling.takes(SAMPLED)


def test_lets_a_caller_decide(clock):
    assert Sampling(0, 100, clock=clock).takes(SAMPLED)
    assert not Sampling(1, 100, clock=clock).takes(UNSAMPLED)


def test_takes_no_more_in_a_second_than_it_may(clock):
    sampling = Sampling(1, 100, clock=clock)
    assert sum(sampling.takes(None) for _ in range(1_000)) == 100
    clock.now += 0.9
    assert sum(sampling.takes(None) for _ in range(1_000)) == 0
    clock.now += 0.1
    assert sum(sampling.takes(None) for _ in range(1_000)) == 100
    clock.now += 3_600
    assert sum(sampling.takes(None) for _ in range(1_000)) == 100


def test_leaves_half_of_them_to_others_than_callers_that_ask_for_it(clock):
    sampling = Sampling(1, 100, clock=clock)
    assert sum(sampling.takes(SAMPLED) for _ in range(1_000)) == 50
    assert sum(sampling.takes(None) for _ in range(1_000)) == 50


def test_takes_one_a_second_at_least(clock):
    sampling = Sampling(1, 1, clock=clock)
    assert [sampling.takes(SAMPLED), sampling.takes(SAMPLED)] == [True, False]
    clock.now += 2
    assert [sampling.takes(None), sampling.takes(None)] == [True, False]
