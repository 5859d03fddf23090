"""A worker's claims are shared between customers and endpoints, so that each finds room."""

from collections import Counter
from dataclasses import replace

import pytest

from app.db.identifiers import new_id
from app.webhooks.deliveries.claim_deliveries import TURN_CLAIMS_OF_CUSTOMER_MAX, DueLane, Wish
from app.webhooks.deliveries.endpoint_share import AHEAD_WHEN_SLOW, FAILURES_MAX
from app.webhooks.deliveries.worker_capacity import (
    CLAIMED_MAX,
    TURN_SECONDS,
    UNPROVEN_MAX,
    UNPROVEN_OF_CUSTOMER_MAX,
    WorkerCapacity,
)
from app.webhooks.status import DeliveryStatus
from tests.webhooks.deliveries.test_endpoint_share import FAILED, GONE, OK, TIMED_OUT, delivery

PENDING, RETRYING = DeliveryStatus.PENDING, DeliveryStatus.RETRYING


class Worker:
    """Claims as the capacity says, from lanes that never end, and has requests answered."""

    def __init__(self):
        self.capacity = WorkerCapacity()
        self.in_flight = {}
        self.claimed = Counter()

    def claim(self, endpoints, *, now=0.0, statuses=(PENDING,)):
        """One look; answers how many it claimed by endpoint."""
        lanes = [
            DueLane(*endpoint, status, is_deliverable=True, is_settling=False)
            for endpoint in endpoints
            for status in statuses
        ]
        claimed = Counter()
        for wishes in self.capacity.wishes(lanes, now=now).values():
            for wish in wishes:
                claimed[wish.lane.endpoint] += wish.count
        self.take(claimed, now=now)
        return claimed

    def take(self, counts, *, now=0.0):
        for endpoint, count in counts.items():
            of_endpoint = replace(delivery(), customer_id=endpoint[0], endpoint_id=endpoint[1])
            self.capacity.add([of_endpoint] * count)
            self.claimed[endpoint] += count
            self.send(endpoint, now=now)

    def send(self, endpoint, *, now=0.0):
        share = self.capacity.share_of(endpoint)
        while (one := share.next(now)) is not None:
            self.in_flight.setdefault(endpoint, []).append(one)

    def answer(self, endpoint, answer, *, now=0.0):
        """All of its requests in flight are answered."""
        for one in self.in_flight.pop(endpoint, []):
            self.capacity.done(self.capacity.share_of(endpoint), one, answer, now=now)
        self.capacity.give_up_surplus(now=now)
        self.send(endpoint, now=now)

    def prove(self, endpoint, *, now=0.0):
        self.take({endpoint: 1}, now=now)
        self.answer(endpoint, OK, now=now)


@pytest.fixture
def worker():
    return Worker()


def endpoints_of_one_customer(count):
    customer_id = new_id()
    return [(customer_id, new_id()) for _ in range(count)]


def test_lets_a_customer_hold_half_and_the_next_one_half_of_what_is_left(worker):
    greedy, next_one = endpoints_of_one_customer(25), endpoints_of_one_customer(25)
    for endpoint in greedy + next_one:
        worker.prove(endpoint)
    assert worker.claim(greedy).total() == CLAIMED_MAX // 2
    assert worker.claim(greedy).total() == 0
    assert worker.claim(next_one).total() == CLAIMED_MAX // 4


def test_has_room_for_one_more_customer_however_many_there_are(worker):
    for _ in range(60):
        greedy = endpoints_of_one_customer(20)
        for endpoint in greedy:
            worker.prove(endpoint)
        worker.claim(greedy)
    [newcomer] = endpoints_of_one_customer(1)
    assert worker.claim([newcomer])[newcomer] >= 1


def test_holds_few_for_endpoints_that_never_answered_but_tries_each_once(worker):
    new = endpoints_of_one_customer(300)
    claimed = worker.claim(new)
    assert set(claimed) == set(new)
    assert claimed.total() <= UNPROVEN_OF_CUSTOMER_MAX + 300
    assert worker.claim(new).total() == 0


def test_leaves_room_to_an_endpoint_that_answers_beside_many_of_its_customer_that_do_not(worker):
    [good, *hanging] = endpoints_of_one_customer(101)
    for endpoint in (good, *hanging):
        worker.prove(endpoint)
    worker.claim(hanging)
    worker.capacity.give_up_surplus(now=10.0)  # They have let all wait for seconds.
    assert sum(worker.capacity.share_of(endpoint).claims for endpoint in hanging) == 800
    assert worker.claim([*hanging, good], now=10.0)[good] == 128


def test_is_not_filled_by_hundreds_of_endpoints_of_as_many_customers_that_never_answer(worker):
    silent = [endpoint for _ in range(300) for endpoint in endpoints_of_one_customer(1)]
    claimed = worker.claim(silent)
    assert set(claimed) == set(silent)  # Each is tried.
    assert claimed.total() <= UNPROVEN_MAX + 300
    good = endpoints_of_one_customer(4)
    for endpoint in good:
        worker.prove(endpoint)
    assert worker.claim([*silent, *good], now=1.0).total() >= 4 * 128
    room = worker.capacity.room_of(silent[0][0], now=1.0)
    assert room((silent[0][0], new_id()), 8) == 1  # One more of them is tried, too.


def test_claims_for_doubted_endpoints_in_turns_only(worker):
    dead = endpoints_of_one_customer(300)
    worker.claim(dead)
    for endpoint in dead:
        worker.answer(endpoint, FAILED)
    tried = set()
    for turn in range(1, 20):
        claimed = worker.claim(dead, now=turn * TURN_SECONDS)
        assert claimed.total() <= 16
        assert worker.claim(dead, now=turn * TURN_SECONDS + 0.1).total() == 0
        assert worker.capacity.is_turn_awaited
        tried |= set(claimed)
        for endpoint in claimed:
            worker.answer(endpoint, FAILED, now=turn * TURN_SECONDS)
    assert tried == set(dead)  # Those who waited longest came first.


def test_gives_a_turn_to_a_look_that_comes_a_moment_too_soon(worker):
    [endpoint] = endpoints_of_one_customer(1)
    worker.claim([endpoint])
    worker.answer(endpoint, FAILED)
    for look in range(1, 5):
        claimed = worker.claim([endpoint], now=look * 0.95)
        assert claimed.total() >= 1
        for one in claimed.elements():
            worker.answer(one, FAILED, now=look * 0.95)


def test_shares_a_turn_between_customers(worker):
    customers = [endpoints_of_one_customer(50) for _ in range(10)]
    for dead in customers:
        worker.claim(dead)
        for endpoint in dead:
            worker.answer(endpoint, FAILED)
    everybody = [endpoint for dead in customers for endpoint in dead]
    tried = Counter()
    for turn in range(1, 11):
        claimed = worker.claim(everybody, now=turn * TURN_SECONDS)
        assert claimed.total() <= 64
        for endpoint in claimed:
            tried[endpoint] += 1
            worker.answer(endpoint, FAILED, now=turn * TURN_SECONDS)
    assert (len(tried), max(tried.values())) == (500, 2)


def test_ends_the_doubt_at_the_first_answer(worker):
    [endpoint] = endpoints_of_one_customer(1)
    worker.claim([endpoint])
    worker.answer(endpoint, TIMED_OUT)
    assert worker.claim([endpoint], now=1.0).total() <= 8
    worker.answer(endpoint, OK, now=1.0)
    worker.answer(endpoint, OK, now=1.0)
    assert worker.claim([endpoint], now=1.01)[endpoint] >= 120
    worker.claim([endpoint], now=1.0 + TURN_SECONDS)
    assert not worker.capacity.is_turn_awaited


def test_lets_the_doubted_ones_rest_between_two_turns(worker):
    [good, bad] = endpoints_of_one_customer(2)
    worker.prove(good)
    worker.claim([bad])
    worker.answer(bad, FAILED)
    assert worker.capacity.doubted(now=0.0) == ([], [bad])  # It is a turn.
    worker.claim([good, bad])
    assert worker.capacity.doubted(now=0.1) == ([bad], [])
    for _ in range(worker.capacity.share_of(bad).claims):
        worker.answer(bad, FAILED)
    assert worker.capacity.doubted(now=TURN_SECONDS) == ([], [bad])


def test_knows_which_endpoints_keep_failing(worker):
    [unknown, good, bad] = endpoints_of_one_customer(3)
    worker.prove(good)
    for number in range(FAILURES_MAX):
        assert not worker.capacity.keeps_failing(bad)
        worker.take({bad: 1}, now=float(number))
        worker.answer(bad, FAILED, now=float(number))
    assert [one for one in (unknown, good, bad, (new_id(), new_id())) if worker.capacity.keeps_failing(one)] == [bad]
    worker.take({bad: 1})
    worker.answer(bad, OK)
    assert not worker.capacity.keeps_failing(bad)


def test_knows_the_wishes_that_are_a_turn_of_doubted_ones(worker):
    [good, bad] = endpoints_of_one_customer(2)
    worker.prove(good)
    worker.claim([bad])
    worker.answer(bad, FAILED)
    for_good, for_bad = (Wish(DueLane(*one, PENDING, is_deliverable=True, is_settling=False), 1) for one in (good, bad))
    assert worker.capacity.is_turn_of([for_bad], now=0.0)
    assert not worker.capacity.is_turn_of([for_good, for_bad], now=0.0)


def test_gives_no_turn_to_one_that_has_enough_claims(worker):
    [bad] = endpoints_of_one_customer(1)
    worker.claim([bad])
    worker.answer(bad, FAILED)
    worker.claim([bad], now=TURN_SECONDS)
    assert worker.capacity.share_of(bad).claims > AHEAD_WHEN_SLOW // 2
    assert worker.capacity.doubted(now=2 * TURN_SECONDS) == ([bad], [])


def test_the_one_that_waited_longest_comes_first(worker):
    [first, second, third] = endpoints_of_one_customer(3)
    for number, endpoint in enumerate((second, first, third)):
        worker.claim([endpoint], now=number * TURN_SECONDS)
        while worker.capacity.share_of(endpoint).claims:
            worker.answer(endpoint, FAILED, now=number * TURN_SECONDS)
    for number, endpoint in enumerate((third, first, second), 3):
        worker.claim([endpoint], now=number * TURN_SECONDS)
        while worker.capacity.share_of(endpoint).claims:
            worker.answer(endpoint, FAILED, now=number * TURN_SECONDS)
    assert worker.capacity.doubted(now=6 * TURN_SECONDS) == ([], [third, first, second])


def test_asks_for_more_only_where_more_may_be_due(worker):
    [full, empty] = endpoints_of_one_customer(2)
    wishes = [Wish(DueLane(*one, PENDING, is_deliverable=True, is_settling=False), 2) for one in (full, empty)]
    claimed = [replace(delivery(), customer_id=one[0], endpoint_id=one[1]) for one in (full, full, empty)]
    worker.capacity.note_claims(wishes, claimed)
    assert [worker.capacity.share_of(one).may_have_more for one in (full, empty)] == [True, False]
    assert worker.capacity.note_more([empty], now=0.0)
    assert worker.capacity.share_of(empty).may_have_more


def test_asks_for_more_where_one_of_two_lanes_gave_all_that_was_wished(worker):
    [endpoint] = endpoints_of_one_customer(1)
    wishes = [
        Wish(DueLane(*endpoint, status, is_deliverable=True, is_settling=False), 1) for status in (PENDING, RETRYING)
    ]
    retry = replace(delivery(), customer_id=endpoint[0], endpoint_id=endpoint[1], attempt_count=1)
    worker.capacity.note_claims(wishes, [retry])
    assert worker.capacity.share_of(endpoint).may_have_more


def test_does_not_look_at_once_for_what_is_due_for_one_in_doubt(worker):
    [bad] = endpoints_of_one_customer(1)
    worker.claim([bad])
    worker.answer(bad, FAILED)
    assert not worker.capacity.note_more([bad], now=0.0)


def test_claims_in_a_turn_no_more_than_it_says_and_of_both_lanes(worker):
    bad = endpoints_of_one_customer(TURN_CLAIMS_OF_CUSTOMER_MAX)
    for endpoint in bad:
        worker.take({endpoint: 1})
        worker.answer(endpoint, FAILED)
    lanes = [
        DueLane(*endpoint, status, is_deliverable=True, is_settling=False)
        for endpoint in bad
        for status in (PENDING, RETRYING)
    ]
    turns = []
    for number in range(1, 5):
        [wishes] = worker.capacity.wishes(lanes, now=number * TURN_SECONDS).values()
        turns.append(Counter(wish.lane.status for wish in wishes))
        assert {wish.count for wish in wishes} == {1}
    assert turns == [{RETRYING: len(bad)}, {PENDING: len(bad)}] * 2


def test_makes_no_new_delivery_claimed_for_one_in_doubt(worker):
    [good, bad] = endpoints_of_one_customer(2)
    worker.prove(good)
    worker.take({bad: 1})
    worker.answer(bad, FAILED)
    room = worker.capacity.room_of(good[0], now=0.0)
    assert (room(bad, 200), room(good, 200)) == (0, 128)


def test_gives_each_endpoint_room_for_what_it_gets_and_no_more(worker):
    many = endpoints_of_one_customer(20)
    for endpoint in many:
        worker.prove(endpoint)
    room = worker.capacity.room_of(many[0][0], now=0.0)
    assert [room(endpoint, 25) for endpoint in many] == [25] * 20


def test_lets_what_is_due_come_before_what_is_new(worker):
    [endpoint] = endpoints_of_one_customer(1)
    worker.prove(endpoint)
    worker.take({endpoint: 100})
    lanes = [DueLane(*endpoint, PENDING, is_deliverable=True, is_settling=False)]
    assert worker.capacity.room_of(endpoint[0], now=0.0)(endpoint, 10) == 0  # It has enough, and more may be due.
    worker.capacity.note_look(lanes, but=(), began=0.1, now=0.1)
    assert worker.capacity.room_of(endpoint[0], now=0.1)(endpoint, 10) == 0
    worker.capacity.note_look([], but={endpoint}, began=0.1, now=0.1)  # It did not look there.
    assert worker.capacity.room_of(endpoint[0], now=0.1)(endpoint, 10) == 0
    worker.capacity.note_look([], but=(), began=0.1, now=0.1)
    assert worker.capacity.room_of(endpoint[0], now=0.1)(endpoint, 10) == 10
    worker.capacity.note_more([endpoint], now=0.2)
    worker.capacity.note_look([], but=(), began=0.1, now=0.3)  # It does not know of that.
    assert worker.capacity.room_of(endpoint[0], now=0.3)(endpoint, 10) == 0


def test_is_full_when_all_that_are_sent_to_have_enough(worker):
    [one, other, idle] = endpoints_of_one_customer(3)
    customer_id = one[0]
    assert not worker.capacity.is_full(customer_id, now=0.0)
    for endpoint in (one, other, idle):
        worker.prove(endpoint)
    worker.take({one: 120, other: 90})
    assert not worker.capacity.is_full(customer_id, now=0.0)
    worker.take({other: 20})
    assert worker.capacity.is_full(customer_id, now=0.0)
    assert not worker.capacity.is_full(customer_id, now=2.0)  # It answers no more, and is nobody to wait for.


def test_is_full_when_there_is_no_room_for_another_fan_out(worker):
    many = endpoints_of_one_customer(20)
    for endpoint in many:
        worker.prove(endpoint)
    worker.take(dict.fromkeys(many, 25))
    assert not worker.capacity.is_full(many[0][0], now=0.0)
    worker.take({many[0]: 1})
    assert worker.capacity.is_full(many[0][0], now=0.0)


def test_has_enough_for_a_turn_of_another_worker(worker):
    [one, other] = endpoints_of_one_customer(2)
    worker.take({one: 100, other: 99})
    assert not worker.capacity.has_enough(one[0])
    worker.take({other: 1})
    assert worker.capacity.has_enough(one[0])


def test_asks_for_half_of_first_attempts_and_half_of_retries(worker):
    [endpoint] = endpoints_of_one_customer(1)
    lanes = [DueLane(*endpoint, status, is_deliverable=True, is_settling=False) for status in (PENDING, RETRYING)]
    [wishes] = worker.capacity.wishes(lanes, now=0.0).values()
    assert [(wish.lane.status, wish.count) for wish in wishes] == [(PENDING, 4), (RETRYING, 4)]


def test_gives_up_what_waits_for_one_that_is_paused_and_sends_nothing_more(worker):
    [endpoint] = endpoints_of_one_customer(1)
    worker.prove(endpoint)
    worker.claim([endpoint])
    share = worker.capacity.share_of(endpoint)
    assert len(worker.capacity.forget(endpoint)) == 120
    assert share.next(0.0) is None
    assert worker.capacity.share_of(endpoint) is not share
    for one in worker.in_flight.pop(endpoint):
        worker.capacity.done(share, one, FAILED, now=0.0)
    assert worker.claim(endpoints_of_one_customer(1)).total() == 8
    assert worker.capacity.forget((new_id(), new_id())) == []


def test_forgets_what_it_held(worker):
    ours = endpoints_of_one_customer(25)
    for endpoint in ours:
        worker.prove(endpoint)
    worker.claim(ours)
    for endpoint in ours:
        worker.answer(endpoint, GONE)
        worker.answer(endpoint, GONE)
        worker.capacity.forget(endpoint)
    others = endpoints_of_one_customer(25)
    for endpoint in others:
        worker.prove(endpoint)
    assert worker.claim(others).total() == CLAIMED_MAX // 2
