from dataclasses import replace

import pytest

from app.db.identifiers import new_id
from app.events.event_types import EVENT_TYPES
from app.events.visibility import SCOPE_OF_RESOURCE_TYPE, readable_resource_types, readable_with_scopes
from app.kernel.actor import ALL_SCOPES, Actor, Via

EVERYTHING = list(SCOPE_OF_RESOURCE_TYPE)


def actor_with(*scopes):
    return Actor(new_id(), frozenset(scopes), Via.GRAPHQL, "api_key:test")


@pytest.mark.parametrize(
    ("scopes", "visible"),
    [
        (["*"], EVERYTHING),
        ([], []),
        (["ledgers:write"], []),
        (["ledgers:read"], ["ledger"]),
        (["holders:read", "ledgers:read"], ["holder", "ledger"]),
        (["webhooks:read"], ["webhook", "webhook_endpoint", "webhook_delivery"]),
        (["keys:write"], ["api_key"]),
        (["work:read"], ["work"]),
    ],
)
def test_shows_a_noun_to_who_may_read_it(scopes, visible):
    assert readable_resource_types(actor_with(*scopes)) == visible
    assert readable_with_scopes(scopes) == visible


def test_shows_no_webhooks_and_no_keys_to_one_holder_s_actor():
    visible = readable_resource_types(replace(actor_with("*"), holder_id=new_id()))
    assert visible == ["holder", "ledger", "account", "wallet", "hold", "transfer", "payment"]


def test_knows_a_scope_that_exists_for_the_noun_of_each_type_of_event():
    assert {event_type.split(".")[0] for event_type in EVENT_TYPES} <= set(EVERYTHING)
    assert set(SCOPE_OF_RESOURCE_TYPE.values()) <= set(ALL_SCOPES)
