import pytest

from app.events.event_types import (
    DERIVED_TYPES,
    EVENT_TYPES,
    check_event_types,
    check_stored_types,
    covers,
    is_known,
    matches,
)
from app.kernel.errors import Invalid


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
        (["transfer.*"], "transfer.posted", True),
        (["hold.*"], "hold.status.expired", True),
        (["ledger.*"], "ledger.balance_changed", False),
        (["wallet.*"], "wallet.balance_changed", False),
        (["ledger.*", "ledger.balance_changed"], "ledger.balance_changed", True),
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


@pytest.mark.parametrize("event_type", [*EVENT_TYPES])
def test_covers_the_derived_types_too(event_type):
    noun = event_type.split(".")[0]
    assert covers([f"{noun}.*"], event_type)
    assert covers([event_type], event_type)
    assert not covers(["nothing.*", "nothing"], event_type)


def test_takes_a_derived_type_by_name_but_not_for_a_list_of_events():
    assert check_event_types(["ledger.balance_changed"], ("types",)) == ("ledger.balance_changed",)
    assert check_stored_types(["ledger.*", "transfer.posted"], ("types",)) == ("ledger.*", "transfer.posted")
    for event_type in DERIVED_TYPES:
        with pytest.raises(Invalid) as refusal:
            check_stored_types(["ledger.*", event_type], ("types",))
        assert refusal.value.path == ("types", "1")


def test_says_how_to_ask_for_all_types():
    with pytest.raises(
        Invalid, match="give no list for events of all types; else one of eventTypes, or all of a noun: "
    ):
        check_event_types(("*",), ("event_types",))
