-- Safe from: 0006
-- The transfers of an atomic batch share a group.
ALTER TABLE transfers ADD COLUMN group_id uuid;
CREATE INDEX transfers_group ON transfers (customer_id, group_id, posted_at, id) WHERE group_id IS NOT NULL;
