import pytest

from app.events.event_types import EVENT_TYPES, is_known, matches


@pytest.mark.parametrize(
    ("patterns", "event_type", "is_let_through"),
    [
        (["ledger.status.ok"], "ledger.status.ok", True),
        (["ledger.status.ok"], "ledger.status.error", False),
        (["ledger.*"], "ledger.status.ok", True),
        (["ledger.*"], "ledger.created", True),
        (["ledger.status.*"], "ledger.status.ok", True),
        (["ledger.status.*"], "ledger.iban_status.ok", False),
        (["webhook.*"], "webhook.ping", True),
        (["webhook.*"], "webhook_endpoint.created", False),
        (["holder.*", "ledger.created"], "ledger.created", True),
        (["*"], "ledger.created", False),
        (["ledger*"], "ledger.created", False),
        ([], "ledger.created", False),
    ],
)
def test_lets_through_exact_types_and_those_of_a_wildcard(patterns, event_type, is_let_through):
    assert matches(patterns, event_type) is is_let_through


@pytest.mark.parametrize("pattern", [*EVENT_TYPES, "ledger.*", "ledger.iban_status.*", "holder.status.*", "api_key.*"])
def test_knows_its_types_and_their_wildcards(pattern):
    assert is_known(pattern)


@pytest.mark.parametrize("pattern", ["", "*", ".*", "ledger", "ledger.", "ledger*", "ledger.statu.*", "LEDGER.CREATED"])
def test_knows_nothing_else(pattern):
    assert not is_known(pattern)


def test_lists_each_type_once():
    assert len(set(EVENT_TYPES)) == len(EVENT_TYPES)
