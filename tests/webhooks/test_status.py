"""The tables of moves, written out by hand."""

import itertools

import pytest

from app.webhooks.status import WEBHOOK_DELIVERY, WEBHOOK_ENDPOINT, DeliveryStatus, EndpointStatus

ENDPOINT_MOVES = {
    ("ENABLED", "PAUSED"), ("ENABLED", "DISABLED"), ("PAUSED", "ENABLED"), ("PAUSED", "DISABLED"),
    ("DISABLED", "ENABLED"),
}  # fmt: skip
DELIVERY_MOVES = {
    ("PENDING", "DELIVERED"), ("PENDING", "RETRYING"), ("PENDING", "EXHAUSTED"), ("PENDING", "CANCELLED"),
    ("RETRYING", "DELIVERED"), ("RETRYING", "EXHAUSTED"), ("RETRYING", "CANCELLED"),
    ("DELIVERED", "RETRYING"), ("EXHAUSTED", "RETRYING"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("machine", "statuses", "moves"),
    [(WEBHOOK_ENDPOINT, EndpointStatus, ENDPOINT_MOVES), (WEBHOOK_DELIVERY, DeliveryStatus, DELIVERY_MOVES)],
)
def test_allows_these_moves_and_no_others(machine, statuses, moves):
    for source, target in itertools.product(statuses, repeat=2):
        assert machine.allows(source, target) == ((source.value, target.value) in moves)
