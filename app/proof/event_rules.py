"""What must hold of the events of transfers and holds, and of the feed."""

from app.journal.events import TRANSFER_POSTED
from app.proof.findings import Rule

EVENT_RULES = (
    Rule(
        "transfer-event",
        "transfer",
        f"""
        SELECT transfer.id AS object_id, format('%s events {TRANSFER_POSTED}', coalesce(told.count, 0)) AS stored,
               'one' AS expected
        FROM transfers AS transfer LEFT JOIN (
            SELECT resource_id, count(*) AS count FROM events
            WHERE customer_id = $1 AND type = '{TRANSFER_POSTED}' GROUP BY resource_id
        ) AS told ON told.resource_id = transfer.id
        WHERE transfer.customer_id = $1 AND told.count IS DISTINCT FROM 1
        """,
    ),
    # The body is written by hand, with its fields in one fixed order. Those that are not stored: see `prove_bodies`.
    Rule(
        "event-transfer",
        "event",
        f"""
        SELECT event.id AS object_id, format('{TRANSFER_POSTED} of %s', event.resource_id) AS stored,
               CASE WHEN transfer.id IS NULL THEN 'of a transfer that there is'
                    ELSE 'what the transfer is, in its body'
               END AS expected
        FROM events AS event
        LEFT JOIN transfers AS transfer
            ON transfer.customer_id = event.customer_id AND transfer.id = event.resource_id
        WHERE event.customer_id = $1 AND event.type = '{TRANSFER_POSTED}' AND (
            transfer.id IS NULL OR event.body_format IS NULL AND (
            strpos(event.body, format('"data":{{"id":"%s","kind":"%s","amount":{{"value":"', transfer.id,
                                         transfer.kind)) = 0
            OR strpos(event.body, format('","minor_units":"%s","asset":"%s","scale":%s}},"debit":{{"id":"%s","type":"',
                                         transfer.amount_minor_units, transfer.asset, transfer.scale,
                                         transfer.debit_id)) = 0
            OR strpos(event.body, format('","sequence":"%s"}},"credit":{{"id":"%s","type":"', transfer.debit_sequence,
                                         transfer.credit_id)) = 0
            OR strpos(event.body, format('","sequence":"%s"}},"reference":', transfer.credit_sequence)) = 0
            OR CASE WHEN transfer.group_id IS NULL THEN strpos(event.body, ',"group_id":"') > 0
                    ELSE strpos(event.body, format(',"group_id":"%s","', transfer.group_id)) = 0 END
            OR (strpos(event.body, '"forced":true,"posted_at"') > 0) <> transfer.is_forced
            OR strpos(event.body, '"effective_at":"' || to_char(transfer.effective_at AT TIME ZONE 'UTC',
                                                               'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')) = 0
            )
        )
        """,
    ),
    Rule(
        "hold-events",
        "hold",
        """
        SELECT hold.id AS object_id, format('%s events at version %s', coalesce(told.count, 0), hold.version) AS stored,
               'one event for each version' AS expected
        FROM holds AS hold LEFT JOIN (
            SELECT resource_id, count(*) AS count FROM events
            WHERE customer_id = $1 AND resource_type = 'hold' GROUP BY resource_id
        ) AS told ON told.resource_id = hold.id
        WHERE hold.customer_id = $1 AND told.count IS DISTINCT FROM hold.version
        """,
    ),
    # Events of earlier versions say nothing of what was captured and released: it was all or nothing.
    Rule(
        "event-hold",
        "hold",
        """
        SELECT hold.id AS object_id,
               format('%s, %s captured and %s released of %s', hold.status, hold.captured, hold.released, hold.amount)
                   AS stored,
               format('%s, %s captured and %s released of %s, as its last event says', told.status, told.captured,
                      told.released, told.amount) AS expected
        FROM (
            SELECT id, version, status, status <> 'PLACED' AND parts_version IS DISTINCT FROM version AS is_of_earlier,
                   coalesce(captured_minor_units, 0)::text AS captured,
                   coalesce(released_minor_units, 0)::text AS released,
                   (amount_minor_units + CASE status WHEN 'PLACED'
                        THEN coalesce(captured_minor_units + released_minor_units, 0) ELSE 0 END)::text AS amount
            FROM holds WHERE customer_id = $1
        ) AS hold JOIN (
            SELECT resource_id, resource_version, data ? 'captured' AS tells_parts, data ->> 'status' AS status,
                   coalesce(data #>> '{captured,minor_units}', '0') AS captured,
                   coalesce(data #>> '{released,minor_units}', '0') AS released,
                   data #>> '{amount,minor_units}' AS amount
            FROM (
                SELECT resource_id, resource_version, body::jsonb -> 'data' AS data
                FROM events WHERE customer_id = $1 AND resource_type = 'hold'
            ) AS bodies
        ) AS told ON told.resource_id = hold.id AND told.resource_version = hold.version
        WHERE CASE
            WHEN hold.is_of_earlier THEN told.tells_parts
            ELSE (told.status, told.captured, told.released, told.amount)
                IS DISTINCT FROM (hold.status, hold.captured, hold.released, hold.amount)
        END
        """,
    ),
    Rule(
        "event-place",
        "event",
        """
        SELECT coalesce(event.id, place.event_id) AS object_id,
               CASE WHEN event.id IS NULL THEN 'a place in the feed for an event that is not there'
                    ELSE format('%s places in the feed', coalesce(place.count, 0))
               END AS stored,
               'one place for each event: numbered, or waiting for its number' AS expected
        FROM (SELECT id FROM events WHERE customer_id = $1) AS event FULL JOIN (
            SELECT event_id, count(*) AS count FROM (
                SELECT event_id FROM feed_entries WHERE customer_id = $1
                UNION ALL
                SELECT event_id FROM unnumbered_events WHERE customer_id = $1
            ) AS places GROUP BY event_id
        ) AS place ON place.event_id = event.id
        WHERE event.id IS NULL OR place.count IS DISTINCT FROM 1
        """,
    ),
    # A position beyond the last one would be given twice, and readers of the feed would miss an event.
    Rule(
        "feed-position",
        "feed",
        """
        SELECT $1::uuid AS object_id, feed.last_position AS stored,
               format('%s, that of its last event', numbered.last_position) AS expected
        FROM (SELECT coalesce(max(last_position), 0) AS last_position FROM feeds WHERE customer_id = $1) AS feed,
             (SELECT coalesce(max(position), 0) AS last_position
              FROM feed_entries WHERE customer_id = $1) AS numbered
        WHERE feed.last_position <> numbered.last_position
        """,
    ),
)
