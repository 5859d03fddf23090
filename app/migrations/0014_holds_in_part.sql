-- Safe from: 0006
-- Formerly: 3d9cffcd3c3877029836dbea199325dc023d1d8f07e0308290df3dee781b3ef6
-- Holds that are captured, released and adjusted in part. `captured_minor_units` and `released_minor_units` say how much
-- of a hold was, as of version `parts_version`; null until it changes. `last_transfer_id` is that of the last capture.
-- `amount_minor_units` is what remains while a hold is PLACED, as earlier versions take it. An earlier version that ends a
-- hold leaves all of these as they are: then its transfers tell what was captured, and `parts_version` is not its version.
-- If this version ends it, `amount_minor_units` becomes the whole amount.
-- The constraints are validated by 0028_checked, and the index is made by 0027_indexes.
ALTER TABLE holds
    ADD COLUMN captured_minor_units numeric(38, 0),
    ADD COLUMN released_minor_units numeric(38, 0),
    ADD COLUMN last_transfer_id uuid,
    ADD COLUMN parts_version integer,
    ADD CONSTRAINT holds_parts_check CHECK (
        (captured_minor_units IS NULL) = (released_minor_units IS NULL)
        AND (captured_minor_units IS NULL) = (parts_version IS NULL)
        AND captured_minor_units >= 0 AND released_minor_units >= 0
        AND parts_version <= version AND (status <> 'PLACED' OR parts_version = version)
    ) NOT VALID,
    ADD CONSTRAINT holds_whole_check CHECK (
        status = 'PLACED' OR parts_version IS DISTINCT FROM version
        OR amount_minor_units = captured_minor_units + released_minor_units
    ) NOT VALID,
    ADD CONSTRAINT holds_captured_check CHECK (
        status = 'PLACED' OR parts_version IS DISTINCT FROM version
        OR (status = 'CAPTURED') = (captured_minor_units > 0)
    ) NOT VALID,
    ADD CONSTRAINT holds_last_transfer_check CHECK (
        captured_minor_units IS NULL OR (last_transfer_id IS NOT NULL) = (captured_minor_units > 0)
    ) NOT VALID;
