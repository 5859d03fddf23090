-- Safe from: 0006
-- Holds that are captured, released and adjusted in part. `captured_minor_units` and `released_minor_units` say how much
-- of a hold was; null until a part of it is, and null too if an earlier version ended it: its transfers tell then.
-- `amount_minor_units` is what remains while a hold is PLACED, as earlier versions take it; then it is the whole amount.
-- `last_transfer_id` is that of the last capture. `parts_version` is the version that wrote all of this.
ALTER TABLE holds
    ADD COLUMN captured_minor_units numeric(38, 0),
    ADD COLUMN released_minor_units numeric(38, 0),
    ADD COLUMN last_transfer_id uuid,
    ADD COLUMN parts_version integer,
    ADD CONSTRAINT holds_parts_check CHECK (
        (captured_minor_units IS NULL) = (released_minor_units IS NULL)
        AND (captured_minor_units IS NULL) = (parts_version IS NULL)
        AND captured_minor_units >= 0 AND released_minor_units >= 0
    ) NOT VALID,
    ADD CONSTRAINT holds_whole_check CHECK (
        captured_minor_units IS NULL OR status = 'PLACED'
        OR amount_minor_units = captured_minor_units + released_minor_units
    ) NOT VALID,
    ADD CONSTRAINT holds_captured_check CHECK (
        captured_minor_units IS NULL OR status = 'PLACED' OR (status = 'CAPTURED') = (captured_minor_units > 0)
    ) NOT VALID,
    ADD CONSTRAINT holds_last_transfer_check CHECK (
        captured_minor_units IS NULL OR (last_transfer_id IS NOT NULL) = (captured_minor_units > 0)
    ) NOT VALID;
ALTER TABLE holds
    VALIDATE CONSTRAINT holds_parts_check, VALIDATE CONSTRAINT holds_whole_check,
    VALIDATE CONSTRAINT holds_captured_check, VALIDATE CONSTRAINT holds_last_transfer_check;

-- A process of an earlier version may end a hold of which a newer one has captured or released a part.
CREATE FUNCTION end_hold_as_earlier() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.amount_minor_units := OLD.amount_minor_units + OLD.captured_minor_units + OLD.released_minor_units;
    IF OLD.captured_minor_units > 0 THEN
        NEW.status := 'CAPTURED';
    END IF;
    NEW.captured_minor_units := NULL;
    NEW.released_minor_units := NULL;
    NEW.last_transfer_id := NULL;
    NEW.parts_version := NULL;
    RETURN NEW;
END $$;
CREATE TRIGGER holds_ended_as_earlier BEFORE UPDATE OF status ON holds FOR EACH ROW
    WHEN (OLD.status = 'PLACED' AND NEW.status <> 'PLACED' AND NEW.parts_version = OLD.parts_version)
    EXECUTE FUNCTION end_hold_as_earlier();

-- Several transfers may capture one hold. Postings wait while this index is made; few transfers have a hold.
DROP INDEX transfers_hold;
CREATE INDEX transfers_hold ON transfers (customer_id, hold_id, posted_at, id) WHERE hold_id IS NOT NULL;
