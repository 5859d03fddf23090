-- The latest instant that anything numbered so far happened at. Events are not numbered in the order of their instants,
-- but this never falls along the feed, so that the place where an instant begins is found by halving.
ALTER TABLE feeds ADD COLUMN latest_at timestamptz;
ALTER TABLE feed_entries ADD COLUMN latest_at timestamptz;

UPDATE feed_entries AS entry SET latest_at = known.latest_at
FROM (
    SELECT customer_id, position, max(occurred_at) OVER (PARTITION BY customer_id ORDER BY position) AS latest_at
    FROM feed_entries
) AS known
WHERE entry.customer_id = known.customer_id AND entry.position = known.position;

UPDATE feeds SET latest_at = known.latest_at
FROM (SELECT customer_id, max(occurred_at) AS latest_at FROM feed_entries GROUP BY customer_id) AS known
WHERE feeds.customer_id = known.customer_id;

ALTER TABLE feed_entries ALTER COLUMN latest_at SET NOT NULL;

-- Every transfer pays for each index, so they leave transfers out where the feed itself finds them as well. An entry
-- that has only one holder has it in `holder_id`, whichever side that is.
DROP INDEX feed_entries_resource_type, feed_entries_type, feed_entries_holder;
CREATE INDEX feed_entries_type ON feed_entries (customer_id, type, position) WHERE resource_type <> 'transfer';
CREATE INDEX feed_entries_holder ON feed_entries (customer_id, holder_id, position) WHERE holder_id IS NOT NULL;
CREATE INDEX feed_entries_other_holder ON feed_entries (customer_id, other_holder_id, position)
    WHERE other_holder_id IS NOT NULL;
