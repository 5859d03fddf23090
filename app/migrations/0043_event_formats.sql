-- Safe from: 0006
-- The event of a transfer repeats what the transfer's row holds. From 0044 on it is stored without its body: the format
-- says by which renderer the body is made from that row, and the checksum that it comes out as it was.
-- See app/events/posted_transfer.py.
ALTER TABLE events
    ADD COLUMN body_checksum integer,
    ADD COLUMN body_format smallint,
    ADD CONSTRAINT events_body_check CHECK (
        (body_format IS NULL) = (body <> '')
        AND (body_format IS NULL) = (body_checksum IS NULL)
        AND (body_format IS NULL OR type = 'transfer.posted')
    ) NOT VALID;
