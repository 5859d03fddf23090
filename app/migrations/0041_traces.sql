-- Safe from: 0006
-- The span that an event happened in, or that work was promised in, as the header `traceparent`; only where it is
-- recorded. What follows later, a webhook's attempt say, belongs to the same trace.
ALTER TABLE events
    ADD COLUMN traceparent text,
    ADD CONSTRAINT events_traceparent_check CHECK (char_length(traceparent) = 55) NOT VALID;
ALTER TABLE outbox_messages
    ADD COLUMN traceparent text,
    ADD CONSTRAINT outbox_messages_traceparent_check CHECK (char_length(traceparent) = 55) NOT VALID;
