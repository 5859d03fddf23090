-- Safe from: 0006
-- How often somebody had a piece of promised work tried anew: the version of the events that tell it.
ALTER TABLE outbox_messages ADD COLUMN retry_count integer NOT NULL DEFAULT 0 CHECK (retry_count >= 0);
