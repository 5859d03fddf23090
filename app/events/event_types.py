"""All event types, and which of them a filter of types lets through."""

from collections.abc import Iterable, Sequence

from app.kernel.checks import refuse

PATTERNS_MAX = 100
WILDCARD = ".*"

EVENT_TYPES = (
    "account.created",
    "account.updated",
    "account.closed",
    "api_key.created",
    "api_key.revoked",
    "books.closed",
    "books.reopened",
    "holder.created",
    "holder.updated",
    "holder.status.pending",
    "holder.status.missing_data",
    "holder.status.quarantine",
    "holder.status.ok",
    "holder.status.declined",
    "ledger.created",
    "ledger.updated",
    "ledger.assigned",
    "ledger.frozen",
    "ledger.unfrozen",
    "ledger.overdraft_changed",
    "ledger.status.pending",
    "ledger.status.missing_data",
    "ledger.status.ok",
    "ledger.status.error",
    "ledger.status.declined",
    "ledger.status.closed",
    "ledger.iban_status.pending",
    "ledger.iban_status.ok",
    "ledger.iban_status.declined",
    "ledger.iban_status.unable_to_advance",
    "ledger.balance_changed",
    "wallet.created",
    "wallet.updated",
    "wallet.closed",
    "wallet.frozen",
    "wallet.unfrozen",
    "wallet.overdraft_changed",
    "wallet.balance_changed",
    "transfer.posted",
    "hold.status.placed",
    "hold.status.captured",
    "hold.status.released",
    "hold.status.expired",
    "hold.captured",
    "hold.released",
    "hold.adjusted",
    "payment.status.pending",
    "payment.status.accepted",
    "payment.status.declined",
    "webhook.ping",
    "webhook_delivery.exhausted",
    "webhook_endpoint.created",
    "webhook_endpoint.updated",
    "webhook_endpoint.deleted",
    "webhook_endpoint.secret_rotated",
    "webhook_endpoint.status.enabled",
    "webhook_endpoint.status.paused",
    "webhook_endpoint.status.disabled",
    "work.retried",
)
"""Sorted by noun; types of a status column follow its machine."""

TRANSFER_POSTED = "transfer.posted"
LEDGER_BALANCE_CHANGED = "ledger.balance_changed"
WALLET_BALANCE_CHANGED = "wallet.balance_changed"
DERIVED_TYPES = frozenset({LEDGER_BALANCE_CHANGED, WALLET_BALANCE_CHANGED})
"""Derived from a transfer, one for each side. They are not stored events, but messages to those who name these types.
There are two for each transfer, so wildcards leave them out."""


def is_known(pattern: str) -> bool:
    """Whether a type, or a wildcard such as `ledger.*` or `ledger.status.*`, names at least one type of event."""
    return any(matches((pattern,), event_type) for event_type in EVENT_TYPES)


def matches(patterns: Iterable[str], event_type: str) -> bool:
    """Whether one of these exact types or wildcards lets an event of this type through."""
    return any(
        _is_covered(pattern, event_type) and event_type not in DERIVED_TYPES
        if pattern.endswith(WILDCARD)
        else event_type == pattern
        for pattern in patterns
    )


def covers(patterns: Iterable[str], event_type: str) -> bool:
    """Like `matches`, but wildcards include the derived types."""
    return any(pattern == event_type or _is_covered(pattern, event_type) for pattern in patterns)


def _is_covered(wildcard: str, event_type: str) -> bool:
    return wildcard.endswith(WILDCARD) and event_type.startswith(wildcard.removesuffix("*"))


def check_event_types(patterns: Sequence[str], path: Sequence[str]) -> tuple[str, ...]:
    """Known types and wildcards, without repeats, in the order given.

    :raises Invalid: too many, or one that names no event.
    """
    if len(patterns) > PATTERNS_MAX:
        refuse(f"At most {PATTERNS_MAX} event types; these are {len(patterns):,}.", path)
    for index, pattern in enumerate(patterns):
        if not is_known(pattern):
            refuse(f"There is no such type of event: give {_nearest(pattern)}.", (*path, str(index)))
    return tuple(dict.fromkeys(patterns))


def _nearest(pattern: str) -> str:
    """Patterns to suggest instead: all of the noun that was meant, or of all nouns."""
    nouns = dict.fromkeys(event_type.split(".")[0] for event_type in EVENT_TYPES)
    noun = pattern.split(".", maxsplit=1)[0]
    if noun in nouns:
        types = [event_type for event_type in EVENT_TYPES if event_type.split(".")[0] == noun]
        return f"one of {', '.join(types)}, or a wildcard such as {noun}{WILDCARD}"
    wildcards = ", ".join(f"{known}{WILDCARD}" for known in nouns)
    some = f"one of eventTypes, or all of a noun: {wildcards}"
    return f"no list for events of all types; else {some}" if noun == "*" else some


def check_stored_types(patterns: Sequence[str], path: Sequence[str]) -> tuple[str, ...]:
    """Like `check_event_types`, for a list of stored events, which never has the derived types.

    :raises Invalid: too many, one that names no event, or a derived one.
    """
    types = check_event_types(patterns, path)
    for index, pattern in enumerate(patterns):
        if pattern in DERIVED_TYPES:
            refuse(
                "This type is derived from transfer.posted, for webhooks: ask for that, or for ledgers' changes.",
                (*path, str(index)),
            )
    return types
