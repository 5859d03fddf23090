-- Safe from: 0006
-- The constraints of 0014_holds_in_part and 0021_breaker, validated: others read and write meanwhile.
ALTER TABLE holds
    VALIDATE CONSTRAINT holds_parts_check,
    VALIDATE CONSTRAINT holds_whole_check,
    VALIDATE CONSTRAINT holds_captured_check,
    VALIDATE CONSTRAINT holds_last_transfer_check;
ALTER TABLE webhook_deliveries VALIDATE CONSTRAINT webhook_deliveries_unscheduled_count_check;
