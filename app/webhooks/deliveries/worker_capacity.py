"""Share a worker's claims between customers and between their endpoints, so that none crowds out another.

- A customer may hold at most as many claims as stay free, so the next customer finds room.
- Endpoints that are new or failed get few claims of their customer's share, and of the worker, until they are known to
  answer. One that holds none may always be tried.
- Endpoints that keep failing or hang take turns, with a limit for each customer and in all. So a million deliveries to
  them, or three hundred such endpoints, take up no more of the worker than one.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from app.webhooks.deliveries.claim_deliveries import TURN_CLAIMS_OF_CUSTOMER_MAX, DueLane, Wish
from app.webhooks.deliveries.claimed import Claimed, EndpointKey
from app.webhooks.deliveries.endpoint_share import AHEAD_WHEN_SLOW, EndpointShare
from app.webhooks.deliveries.fan_out import Room
from app.webhooks.deliveries.send_request import Answer
from app.webhooks.status import DeliveryStatus

CLAIMED_MAX = 2_000
"""Deliveries that one worker holds at a time, waiting and in flight."""
ROOM_MIN = 500
"""As many as one fan-out makes."""
ENOUGH = 200
UNPROVEN_MAX = 500
UNPROVEN_OF_CUSTOMER_MAX = 64
TURN_SECONDS = 1.0
"""Each turn costs a query for due deliveries, a claim and a commit or two: rare enough not to slow others."""
TURN_EARLY_SECONDS = 0.1
"""How much earlier a turn may be. Looks are as far apart as turns: one that comes a moment too soon is not in vain."""
TURN_CLAIMS_MAX = 64
IDLE_SHARES_MAX = 5_000


class _Allowance:
    """What one customer may still claim: for all endpoints, and for those that are not known to answer."""

    def __init__(self, claims: int, unproven: int) -> None:
        self.claims = claims
        self._unproven = unproven

    def take(self, wanted: int, share: EndpointShare, *, now: float) -> int:
        """Take up to `wanted`; returns how many. An endpoint that holds nothing may always be tried once."""
        if share.is_proven(now):
            granted = max(min(wanted, self.claims), 0)
        else:
            granted = max(min(wanted, self.claims, max(self._unproven, 0 if share.claims else 1)), 0)
            self._unproven -= granted
        self.claims -= granted
        return granted


class WorkerCapacity:
    """The claims of all endpoints. `now` is the worker's clock (`time.monotonic`)."""

    def __init__(self) -> None:
        self._shares: defaultdict[UUID, dict[EndpointKey, EndpointShare]] = defaultdict(dict)
        self._claims: Counter[UUID] = Counter()
        self._claims_in_all = 0
        self._unproven_in_all = 0
        """Claims of endpoints that are not known to answer, at the last look."""
        self._turn_at = 0.0
        self.is_turn_awaited = False
        """Whether a doubted endpoint had deliveries due at the last turn or since, and waits for the next."""

    def share_of(self, endpoint: EndpointKey) -> EndpointShare:
        """The endpoint's share."""
        shares = self._shares[endpoint[0]]
        return shares.get(endpoint) or shares.setdefault(endpoint, EndpointShare())

    def room_of(self, customer_id: UUID, *, now: float) -> Room:
        """A function that says, once for each endpoint of a customer, how many of its new deliveries to claim.

        Where older ones may be due, it waits until it is hungry, as they do.
        """
        allowance = self._allowance(customer_id, now)

        def room(endpoint: EndpointKey, wanted: int) -> int:
            share = self.share_of(endpoint)
            if share.is_doubted(now) or (share.may_have_more and not share.is_hungry(now)):
                return 0
            return allowance.take(min(wanted, share.room(now), self._left_for(share, now)), share, now=now)

        return room

    def wishes(self, lanes: Sequence[DueLane], *, now: float) -> dict[UUID, list[Wish]]:
        """What to claim, by customer: each hungry endpoint's room, divided between first attempts and retries."""
        due: dict[EndpointKey, list[DueLane]] = {}
        for lane in lanes:
            due.setdefault(lane.endpoint, []).append(lane)
        self._unproven_in_all = sum(
            share.claims
            for shares in self._shares.values()
            for share in shares.values()
            if share.claims and not share.is_proven(now)
        )
        rooms = self._rooms(list(due), now=now)
        endpoints_of = Counter(customer_id for customer_id, _ in rooms)
        allowances = {customer_id: self._allowance(customer_id, now) for customer_id in endpoints_of}
        # Where there is not room for all, each gets an equal part, but at least what its slots can carry.
        each_of = {of: max(allowances[of].claims // count, AHEAD_WHEN_SLOW) for of, count in endpoints_of.items()}
        wishes: dict[UUID, list[Wish]] = {}
        for endpoint, room in rooms.items():
            wanted = min(room, each_of[endpoint[0]])
            share = self.share_of(endpoint)
            granted = allowances[endpoint[0]].take(min(wanted, self._left_for(share, now)), share, now=now)
            if not share.is_proven(now):
                self._unproven_in_all += granted
            if granted:
                wishes.setdefault(endpoint[0], []).extend(_divided(granted, due[endpoint], share))
        return wishes

    def doubted(self, *, now: float) -> tuple[list[EndpointKey], list[EndpointKey]]:
        """The doubted endpoints for which nothing is claimed now, so that a look may skip them, and those that take
        turns, the one that has waited longest first. Between two turns all of them rest.
        """
        doubted = [
            (endpoint, share)
            for shares in self._shares.values()
            for endpoint, share in shares.items()
            if share.is_doubted(now)
        ]
        if now < self._turn_at:
            return [endpoint for endpoint, _ in doubted], []
        doubted.sort(key=lambda one: one[1].turn_at)
        resting = [endpoint for endpoint, share in doubted if not share.is_hungry(now)]
        return resting, [endpoint for endpoint, share in doubted if share.is_hungry(now)]

    def keeps_failing(self, endpoint: EndpointKey) -> bool:
        """Whether an endpoint is known to fail again and again."""
        share = self._shares.get(endpoint[0], {}).get(endpoint)
        return share is not None and share.keeps_failing

    def is_turn_of(self, wishes: Iterable[Wish], *, now: float) -> bool:
        """Whether all of these are for doubted endpoints."""
        return all(self.share_of(wish.lane.endpoint).is_doubted(now) for wish in wishes)

    def note_more(self, endpoints: Iterable[EndpointKey], *, now: float) -> bool:
        """Note that more is due for these; returns whether one of them can be claimed for now."""
        shares = [self.share_of(endpoint) for endpoint in endpoints]
        for share in shares:
            share.may_have_more, share.more_noted_at = True, now
        return any(share.is_hungry(now) and not share.is_doubted(now) for share in shares)

    def note_look(self, lanes: Iterable[DueLane], *, but: Collection[EndpointKey], began: float, now: float) -> None:
        """Note which endpoints had nothing due in a look that `began` then, unless more was noted since. Those in
        `but` may have something due, although the look did not name them.
        """
        named = {*but, *(lane.endpoint for lane in lanes)}
        for shares in self._shares.values():
            for endpoint, share in shares.items():
                if share.more_noted_at < began and endpoint not in named and not share.is_doubted(now):
                    share.may_have_more = False

    def is_full(self, customer_id: UUID, *, now: float) -> bool:
        """Whether a customer's endpoints that have claims all answer fast, and have enough to go on with: each of them,
        or together so many that there is no room for `ROOM_MIN` more.
        """
        busy = [share for share in self._shares[customer_id].values() if share.claims]
        if not busy or not all(share.is_fast(now) for share in busy):
            return False
        return self._allowance(customer_id, now).claims < ROOM_MIN or all(share.is_full(now) for share in busy)

    def has_enough(self, customer_id: UUID) -> bool:
        """Whether there is enough to send for this customer while another worker has its turn."""
        return self._claims[customer_id] >= ENOUGH

    def note_claims(self, wishes: Iterable[Wish], claimed: Iterable[Claimed]) -> None:
        """Note which endpoints have no more due: those for which less was claimed than wished. A lane without a wish is
        not counted; if it has some due, the next look finds them.
        """
        found = Counter((delivery.endpoint, delivery.is_retry) for delivery in claimed)
        has_more: dict[EndpointKey, bool] = {}
        for wish in wishes:
            lane = wish.lane
            is_full = found[lane.endpoint, lane.status is DeliveryStatus.RETRYING] >= wish.count
            has_more[lane.endpoint] = has_more.get(lane.endpoint, False) or is_full
        for endpoint, is_more in has_more.items():
            self.share_of(endpoint).may_have_more = is_more

    def add(self, claimed: Iterable[Claimed]) -> None:
        """Add claims, in their order."""
        for delivery in claimed:
            self.share_of(delivery.endpoint).add(delivery)
            self._claims[delivery.customer_id] += 1
            self._claims_in_all += 1

    def done(self, share: EndpointShare, delivery: Claimed, answer: Answer | None, *, now: float) -> None:
        """Note that a delivery of this share is no longer in flight. `answer` is None if nothing was sent."""
        share.done(delivery, answer, now=now)
        self._release([delivery])

    def give_up_surplus(self, *, now: float) -> list[Claimed]:
        """Remove and return the claims that exceed the room their endpoints have now."""
        surplus: list[Claimed] = []
        for shares in self._shares.values():
            for share in shares.values():
                surplus += share.give_up_surplus(now)
        self._release(surplus)
        self._forget_idle()
        return surplus

    def give_up_surplus_of(self, share: EndpointShare, *, now: float) -> list[Claimed]:
        """The same for one endpoint."""
        surplus = share.give_up_surplus(now)
        self._release(surplus)
        return surplus

    def give_up_waiting(self) -> list[Claimed]:
        """Remove and return all waiting claims."""
        waiting = [
            delivery
            for shares in self._shares.values()
            for share in shares.values()
            for delivery in share.give_up_waiting()
        ]
        self._release(waiting)
        return waiting

    def forget(self, endpoint: EndpointKey) -> list[Claimed]:
        """Forget what is known of this endpoint, which is no longer sent to; remove and return its waiting claims."""
        share = self._shares[endpoint[0]].pop(endpoint, None)
        if share is None:
            return []
        share.stop()
        waiting = share.give_up_waiting()
        self._release(waiting)
        return waiting

    def _allowance(self, customer_id: UUID, now: float) -> _Allowance:
        of_customer = self._claims[customer_id]
        unproven = sum(share.claims for share in self._shares[customer_id].values() if not share.is_proven(now))
        # Claiming adds to its share and takes from what is free: so half of the difference.
        claims = -(-(CLAIMED_MAX - self._claims_in_all - of_customer) // 2)
        return _Allowance(max(claims, 0 if of_customer else 1), UNPROVEN_OF_CUSTOMER_MAX - unproven)

    def _left_for(self, share: EndpointShare, now: float) -> int:
        """How many claims the worker has left for such an endpoint."""
        if share.is_proven(now):
            return CLAIMED_MAX
        return max(UNPROVEN_MAX - self._unproven_in_all, 0 if share.claims else 1)

    def _rooms(self, endpoints: Sequence[EndpointKey], *, now: float) -> dict[EndpointKey, int]:
        """How many claims each endpoint has room for; endpoints without room are left out."""
        doubted = [endpoint for endpoint in endpoints if self.share_of(endpoint).is_doubted(now)]
        rooms = self._turns(doubted, now=now)
        for endpoint in endpoints:
            share = self.share_of(endpoint)
            if not share.is_doubted(now) and share.is_hungry(now):
                rooms[endpoint] = share.room(now)
        return rooms

    def _turns(self, doubted: Sequence[EndpointKey], *, now: float) -> dict[EndpointKey, int]:
        """How many to claim for doubted endpoints; those that have waited longest come first."""
        if now < self._turn_at:
            self.is_turn_awaited |= bool(doubted)
            return {}
        self.is_turn_awaited = bool(doubted)
        if not doubted:
            return {}
        self._turn_at = now + TURN_SECONDS - TURN_EARLY_SECONDS
        endpoints_of = Counter(customer_id for customer_id, _ in doubted)
        left, left_of = TURN_CLAIMS_MAX, dict.fromkeys(endpoints_of, TURN_CLAIMS_OF_CUSTOMER_MAX)
        turns: dict[EndpointKey, int] = {}
        for endpoint in sorted(doubted, key=lambda endpoint: self.share_of(endpoint).turn_at):
            customer_id, share = endpoint[0], self.share_of(endpoint)
            each = max(TURN_CLAIMS_OF_CUSTOMER_MAX // endpoints_of[customer_id], 1)
            count = min(each, left_of[customer_id], left, share.room(now)) if share.is_hungry(now) else 0
            if count > 0:
                turns[endpoint] = count
                share.turn_at = now
                left -= count
                left_of[customer_id] -= count
        return turns

    def _release(self, deliveries: Iterable[Claimed]) -> None:
        for delivery in deliveries:
            self._claims[delivery.customer_id] -= 1
            self._claims_in_all -= 1
            if not self._claims[delivery.customer_id]:
                del self._claims[delivery.customer_id]

    def _forget_idle(self) -> None:
        if sum(map(len, self._shares.values())) <= IDLE_SHARES_MAX:
            return
        for customer_id, shares in tuple(self._shares.items()):
            for endpoint in [endpoint for endpoint, share in shares.items() if not share.claims]:
                del shares[endpoint]
            if not shares:
                del self._shares[customer_id]


def _divided(granted: int, lanes: Sequence[DueLane], share: EndpointShare) -> Iterable[Wish]:
    """Divide what is granted between an endpoint's lanes. What is left over goes to each of them in turn."""
    each, left_over = divmod(granted, len(lanes))
    share.lane_turns += left_over
    for number, lane in enumerate(lanes):
        count = each + ((number + share.lane_turns) % len(lanes) < left_over)
        if count:
            yield Wish(lane, count)
