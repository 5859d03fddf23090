-- Safe from: 0006
-- What a request changed, where it made nothing of its own: the hold that was released or adjusted. NULL: it made what
-- `resource_id` says, or an earlier version did it.
ALTER TABLE idempotency_keys ADD COLUMN about_id uuid;
