"""What a newer AsyncAPI document of the events breaks for receivers that were written by an older one."""

from collections.abc import Iterator
from datetime import date

from releasing.deprecations import Node, without_ended
from releasing.json_schema_changes import Direction, Documents, schema_changes


def event_changes(old: Node, new: Node, today: date) -> Iterator[str]:
    """Each break, in words. What was deprecated in the older one long enough before `today` may be gone."""
    kept = without_ended(old, today)
    documents = Documents(kept, new)
    for channel, described in kept["channels"].items():
        if channel not in new["channels"]:
            yield f"the channel {channel} is gone"
            continue
        for name, reference in described["messages"].items():
            place = f"{channel} {name}"
            message = _found(kept, reference)
            if _found(kept, message["payload"]) == {}:
                continue  # Its type was deprecated, and has ended.
            newer = new["channels"][channel]["messages"].get(name)
            if newer is None:
                yield f"{place} is gone"
                continue
            newer_message = _found(new, newer)
            if newer_message.get("contentType") != message.get("contentType"):
                yield f"{place} has another content type"
            for part in ("headers", "payload"):
                yield from schema_changes(message[part], newer_message[part], documents, Direction.SENT, place)


def _found(document: Node, reference: Node) -> Node:
    """What a reference leads to; empty where there is nothing any more."""
    found = document
    for part in reference["$ref"].removeprefix("#/").split("/"):
        found = found.get(part, {})
    return found
