"""An endpoint gets slots and claims as it answers."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app.db.identifiers import new_id
from app.webhooks.deliveries import endpoint_share
from app.webhooks.deliveries.claimed import Claimed, Place
from app.webhooks.deliveries.endpoint_share import EndpointShare
from app.webhooks.deliveries.send_request import Answer
from app.webhooks.deliveries.stored_events import StoredEvent
from app.webhooks.status import Payload

OK = Answer(20, status=200)
FAILED = Answer(20, status=500, error="status: the receiver answered 500")
GONE = Answer(20, status=410, error="status: the receiver answered 410")
TIMED_OUT = Answer(15_000, error="timeout: no complete answer within 15 s")


def delivery(*, attempt_count=0, send_after=None, **named):
    return Claimed(
        customer_id=new_id(),
        id=new_id(),
        endpoint_id=new_id(),
        message_id=new_id(),
        event_type="ledger.updated",
        attempt_count=attempt_count,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        lease_token=new_id(),
        url="http://127.0.0.1:9/",
        sealed_keys=(),
        payload=Payload.FULL,
        event=StoredEvent("{}"),
        resource_id=named.pop("resource_id", None) or new_id(),
        send_before=0.0,
        place=None if send_after is None else Place(send_after, send_after + 0.03),
        **named,
    )


def fill(share, count, **which):
    for _ in range(count):
        share.add(delivery(**which))


def start(share, *, now=0.0):
    """All that may be sent now."""
    started = []
    while (one := share.next(now)) is not None:
        started.append(one)
    return started


def answered(*answers, now=0.0):
    """A share whose endpoint gave these answers, one after another."""
    share = EndpointShare()
    for answer in answers:
        fill(share, 1)
        share.done(share.next(now), answer, now=now)
    return share


def test_sends_at_most_eight_at_once_and_claims_no_more_for_one_that_is_new():
    share = EndpointShare()
    assert share.room(0.0) == 8
    fill(share, 20)
    assert len(start(share)) == 8
    assert share.room(0.0) == 0


def test_claims_far_ahead_for_one_that_answers_fast():
    assert answered(OK).room(0.0) == 128
    assert answered(Answer(251, status=200)).room(0.0) == 8


def test_is_hungry_when_half_of_its_room_is_free():
    share = answered(OK)
    fill(share, 64)
    assert share.is_hungry(0.0)
    fill(share, 1)
    assert not share.is_hungry(0.0)


def test_leaves_half_of_the_slots_to_first_attempts():
    share = EndpointShare()
    fill(share, 10, attempt_count=1)
    fill(share, 10)
    assert sorted(one.is_retry for one in start(share)) == [False] * 4 + [True] * 4


@pytest.mark.parametrize("failure", [FAILED, TIMED_OUT])
def test_doubts_a_new_endpoint_after_its_first_failure_and_an_old_one_after_five_in_a_row(failure):
    assert not EndpointShare().is_doubted(0.0)
    assert answered(failure).is_doubted(0.0)
    assert not answered(OK, *[failure] * 4).is_doubted(0.0)
    assert answered(OK, *[failure] * 5).is_doubted(0.0)
    assert not answered(OK, *[failure] * 4, OK, *[failure] * 4).is_doubted(0.0)


def test_gives_one_in_doubt_two_slots_until_it_answers():
    share = answered(FAILED)
    fill(share, 8)
    first, second = start(share)
    share.done(first, FAILED, now=0.0)
    [third] = start(share)
    share.done(second, OK, now=0.0)
    assert not share.is_doubted(0.0)
    assert share.is_proven(0.0)
    assert len(start(share)) == 5
    share.done(third, OK, now=0.0)


def test_gives_few_slots_to_one_that_takes_seconds():
    share = answered(Answer(5_000, status=200))
    fill(share, 8)
    assert len(start(share)) == 2
    assert not share.is_doubted(0.0)


def test_doubts_one_that_lets_all_wait_for_seconds():
    share = answered(OK)
    fill(share, 8)
    [first, *_] = start(share, now=100.0)
    assert not share.is_doubted(104.9)
    assert share.is_doubted(105.0)
    share.done(first, OK, now=106.0)
    assert not share.is_doubted(106.0)
    assert share.is_doubted(111.0)


def test_gives_up_what_waits_beyond_its_room_when_it_no_longer_answers():
    share = answered(OK)
    fill(share, 100)
    start(share, now=100.0)
    assert share.give_up_surplus(100.9) == []
    given_up = share.give_up_surplus(101.0)
    assert (len(given_up), share.claims, share.in_flight) == (92, 8, 8)
    assert share.room(101.0) == 0


def test_gives_up_the_last_and_keeps_the_order_of_the_rest():
    share = answered(OK)
    waiting = [delivery() for _ in range(12)]
    for one in waiting:
        share.add(one)
    started = start(share, now=0.0)
    share.done(started[0], FAILED, now=0.0)
    for _ in range(4):
        share.done(started.pop(), FAILED, now=0.0)
    assert share.give_up_surplus(0.0) == []  # Three in flight, four wait: eight are allowed.
    assert share.give_up_waiting() == waiting[:7:-1]


def test_sends_nothing_more_to_one_that_is_gone():
    share = answered(OK)
    fill(share, 20)
    [first, *_] = start(share)
    share.done(first, GONE, now=0.0)
    assert len(share.give_up_surplus(0.0)) == 12
    fill(share, 1)
    assert (share.next(0.0), share.room(0.0), share.is_hungry(0.0)) == (None, 0, False)


def test_knows_how_many_it_holds():
    share = EndpointShare()
    fill(share, 10)
    started = start(share)
    assert (share.claims, share.in_flight) == (10, 8)
    share.done(started[0], None, now=0.0)
    assert (share.claims, share.in_flight) == (9, 7)
    assert not share.is_doubted(0.0)  # Nothing was sent.
    assert endpoint_share.IN_FLIGHT_MAX == 8


class TestOrder:
    """Of one resource, each is sent after the success of the one before."""

    def chain(self, share, count=4, *, resource_id=None):
        resource_id = resource_id or new_id()
        made = [delivery(resource_id=resource_id, is_ordered=True) for _ in range(count)]
        for one in made:
            share.add(one)
        return made

    def test_lets_one_of_each_resource_go_at_a_time(self):
        share = EndpointShare()
        first, second = self.chain(share), self.chain(share)
        assert start(share) == [first[0], second[0]]
        assert share.claims == 8
        share.done(first[0], OK, now=0.0)
        assert start(share) == [first[1]]
        share.done(second[0], OK, now=0.0)
        share.done(first[1], OK, now=0.0)
        assert start(share) == [first[2], second[1]]

    @pytest.mark.parametrize("answer", [FAILED, None])
    def test_gives_up_what_follows_one_that_failed(self, answer):
        share = EndpointShare()
        first, second = self.chain(share), self.chain(share)
        start(share)
        share.done(first[0], answer, now=0.0)
        assert share.give_up_surplus(0.0) == first[1:]
        share.done(second[0], OK, now=0.0)
        assert start(share) == [second[1]]
        assert share.claims == 3

    def test_takes_more_of_a_resource_behind_what_it_has(self):
        share = EndpointShare()
        first = self.chain(share, 2)
        start(share)
        more = self.chain(share, 1, resource_id=first[0].resource_id)
        share.done(first[0], OK, now=0.0)
        share.done(*start(share), OK, now=0.0)
        assert start(share) == more
        share.done(more[0], OK, now=0.0)
        assert start(share) == []
        again = self.chain(share, 1, resource_id=first[0].resource_id)
        assert start(share) == again

    def test_gives_up_the_last_of_a_chain_first(self):
        share = answered(FAILED)
        made = self.chain(share, 12)
        assert start(share) == made[:1]
        assert share.give_up_surplus(0.0) == made[:7:-1]
        assert share.give_up_waiting() == made[7:0:-1]
        share.done(made[0], OK, now=0.0)
        assert (share.claims, start(share)) == (0, [])

    def test_gives_up_one_that_has_not_begun_with_all_that_follow(self):
        share = EndpointShare()
        made = self.chain(share, 3)
        assert share.give_up_waiting() == [made[2], made[1], made[0]]
        assert self.chain(share, 1, resource_id=made[0].resource_id) == start(share)


class TestPace:
    """With a rate limit each has a time before which it does not begin."""

    def test_waits_for_the_time_of_the_first(self):
        share = EndpointShare()
        waiting = [delivery(send_after=float(second)) for second in (1, 2, 3)]
        for one in waiting:
            share.add(one)
        assert start(share, now=0.5) == []
        assert share.begins_in(0.5) == 0.5
        assert start(share, now=2.0) == waiting[:2]
        assert share.begins_in(2.0) == 1.0
        assert start(share, now=3.0) == waiting[2:]
        assert share.begins_in(3.0) is None

    def test_lets_a_retry_go_whose_time_has_come_before_a_first_attempt_whose_time_has_not(self):
        share = EndpointShare()
        fill(share, 1, send_after=5.0)
        fill(share, 1, attempt_count=1, send_after=1.0)
        [retry] = start(share, now=1.0)
        assert retry.is_retry

    def test_connects_before_its_time_where_each_request_needs_a_connection_of_its_own(self):
        share = EndpointShare()
        fill(share, 2, send_after=5.0)
        share._first[0] = delivery(send_after=1.0)
        [first] = start(share, now=1.0)
        share.done(first, replace(OK, connect_seconds=0.2), now=1.3)
        assert share.begins_in(1.3) == pytest.approx(3.5)
        assert start(share, now=4.7) == []
        [second] = start(share, now=4.8)
        share.done(second, OK, now=4.9)
        fill(share, 1, send_after=6.0)
        assert share.begins_in(4.9) == pytest.approx(1.1)
