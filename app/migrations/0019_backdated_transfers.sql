-- Safe from: 0006
-- Only backdated transfers are in these indexes, so others pay nothing for them. Apart from 0018, so that readers do not
-- wait while they are built.
CREATE INDEX transfers_backdated_debit ON transfers (customer_id, debit_id, effective_at) INCLUDE (amount_minor_units)
    WHERE effective_at IS NOT NULL;
CREATE INDEX transfers_backdated_credit ON transfers (customer_id, credit_id, effective_at) INCLUDE (amount_minor_units)
    WHERE effective_at IS NOT NULL;
CREATE INDEX transfers_backdated ON transfers (customer_id, effective_at) WHERE effective_at IS NOT NULL;
