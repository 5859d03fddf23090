-- Safe from: 0006
-- A position means an event only within its epoch: after a restore each feed is given a new one, since positions that were
-- told before the restore are given to other events. The first epoch is empty, as it is in cursors made before this.
ALTER TABLE feeds ADD COLUMN epoch text NOT NULL DEFAULT '' CHECK (char_length(epoch) <= 32);
