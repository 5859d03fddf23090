-- Safe from: 0006
-- A known text sealed under QUAESTOR_SECRET_KEY when this installation first started: a process that is given another
-- key cannot open it, and does not start. About the installation itself, so without tenant.
CREATE TABLE secret_key_check (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    sealed bytea NOT NULL CHECK (octet_length(sealed) > 32),
    created_at timestamptz NOT NULL DEFAULT now()
);

-- Dead work is rare, and counted at each scrape of the metrics: that shall not read all that is promised.
CREATE INDEX outbox_messages_dead ON outbox_messages (created_at) INCLUDE (kind) WHERE status = 'DEAD';
