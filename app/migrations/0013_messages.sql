-- Safe from: 0006
-- Which messages were carried out, by where they stood: a kind of idempotency key, written with the effect. Offsets begin
-- again where a topic is made anew, so the time that the message carries is a part of it.
-- Neither table has a foreign key to customers: each message would pay for the check of what its topic says already.
CREATE TABLE message_sources (
    customer_id uuid NOT NULL,
    cluster text NOT NULL,
    topic text NOT NULL CHECK (topic <> ''),
    partition integer NOT NULL CHECK (partition >= 0),
    message_offset bigint NOT NULL CHECK (message_offset >= 0),
    -- Milliseconds since 1970 as the message says; -1 where it says nothing.
    sent_at_ms bigint NOT NULL CHECK (sent_at_ms >= -1),
    PRIMARY KEY (customer_id, cluster, topic, partition, message_offset, sent_at_ms)
);

-- Answers to such messages that the broker has not confirmed yet. They are deleted when it has.
CREATE TABLE message_answers (
    customer_id uuid NOT NULL,
    cluster text NOT NULL,
    topic text NOT NULL CHECK (topic <> ''),
    partition integer NOT NULL CHECK (partition >= 0),
    message_offset bigint NOT NULL CHECK (message_offset >= 0),
    sent_at_ms bigint NOT NULL CHECK (sent_at_ms >= -1),
    key bytea NOT NULL,
    body bytea NOT NULL CHECK (octet_length(body) > 0),
    PRIMARY KEY (customer_id, cluster, topic, partition, message_offset, sent_at_ms)
);
