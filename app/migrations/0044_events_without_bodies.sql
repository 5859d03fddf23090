-- Safe from: 0043
-- Held
-- Applied once every process can read an event without its body: processes that know 0043 leave it out from then on.
COMMENT ON COLUMN events.body IS 'Empty where body_format says how it is made from the row of the transfer.';
-- That an event has one place is proven (rule event-place), and nothing is looked for by it: one index less to write.
ALTER TABLE feed_entries DROP CONSTRAINT feed_entries_customer_id_event_id_key;
