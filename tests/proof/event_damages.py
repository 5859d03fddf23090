"""What is done by hand to events, feed and replays, and what a proof finds. Names stand for objects of rich books."""

EVENT_DAMAGES = {
    "a hold's version without event": (
        "UPDATE holds SET version = 3 WHERE id = '{released}'",
        {"hold-events: hold {released}"},
    ),
    "a transfer without event": (
        """DELETE FROM feed_entries WHERE event_id = '{transfer_event}';
           DELETE FROM events WHERE id = '{transfer_event}'""",
        {"transfer-event: transfer {transfer}"},
    ),
    "a transfer with two events": (
        "UPDATE events SET resource_id = '{transfer}' WHERE id = '{last_event}'",
        {
            "transfer-event: transfer {transfer}",
            "transfer-event: transfer {last}",
            "event-transfer: event {last_event}",
        },
    ),
    "an event without transfer": (
        """INSERT INTO events (customer_id, id, type, resource_type, resource_id, resource_version, body, via, actor,
                               occurred_at)
           SELECT customer_id, '{nothing}', type, resource_type, '{nothing}', 1, body, via, actor, occurred_at
           FROM events WHERE id = '{transfer_event}';
           INSERT INTO unnumbered_events (customer_id, event_id, type, resource_type, resource_id, occurred_at)
           SELECT customer_id, '{nothing}', type, resource_type, '{nothing}', occurred_at
           FROM events WHERE id = '{transfer_event}'""",
        {"event-transfer: event {nothing}"},
    ),
    "an event that tells of another amount": (
        """UPDATE events SET body = replace(body, '"minor_units":"3050"', '"minor_units":"3051"')
           WHERE id = '{transfer_event}'""",
        {"event-transfer: event {transfer_event}"},
    ),
    "a transfer that is not what its event told": (
        "UPDATE transfers SET reference = 'another' WHERE id = '{last}'",
        {"event-transfer: event {last_event}"},
    ),
    "an event with another checksum": (
        "UPDATE events SET body_checksum = body_checksum # 1 WHERE id = '{last_event}'",
        {"event-transfer: event {last_event}"},
    ),
    "an event in a format that there is not": (
        "UPDATE events SET body_format = 940 WHERE id = '{last_event}'",
        {"event-transfer: event {last_event}"},
    ),
    "an event of other sides": (
        "UPDATE events SET body_format = 122 WHERE id = '{last_event}'",
        {"event-transfer: event {last_event}"},
    ),
    "an event of another time": (
        "UPDATE events SET occurred_at = occurred_at + interval '1 microsecond' WHERE id = '{last_event}'",
        {"event-transfer: event {last_event}"},
    ),
    "an event that has lost its place": (
        "DELETE FROM feed_entries WHERE event_id = '{transfer_event}'",
        {"event-place: event {transfer_event}"},
    ),
    "an event that waits for a second number": (
        """INSERT INTO unnumbered_events (customer_id, event_id, type, resource_type, resource_id, occurred_at)
           SELECT customer_id, id, type, resource_type, resource_id, occurred_at
           FROM events WHERE id = '{transfer_event}'""",
        {"event-place: event {transfer_event}"},
    ),
    "a place in the feed without event": (
        "UPDATE unnumbered_events SET event_id = '{nothing}' WHERE event_id = '{last_event}'",
        {"event-place: event {nothing}", "event-place: event {last_event}"},
    ),
    "a feed that will number twice": (
        "UPDATE feeds SET last_position = last_position - 1 WHERE customer_id = '{customer_id}'",
        {"feed-position: feed {customer_id}"},
    ),
    "a replay of webhooks that nobody will carry out": (
        """INSERT INTO webhook_replays (customer_id, id, endpoint_id, since, until, matched, position, last_position,
                                         created_at)
           SELECT customer_id, id, id, created_at, created_at, 1, 0, 1, created_at
           FROM payments WHERE id = '{pending}'""",
        {"replay-promised: webhook replay {pending}"},
    ),
}
