-- Safe from: 0006
-- Formerly: 2ee100acb179ba7675cc083dbb5f26731d130046e6304e3ed6712be60999f80d
-- At most so many deliveries a second, by all workers together; null: as many as there are.
ALTER TABLE webhook_endpoints ADD COLUMN max_per_second integer CHECK (max_per_second BETWEEN 1 AND 10000);

-- When the next delivery of such an endpoint may begin. Workers take their turns from here.
CREATE TABLE webhook_paces (
    customer_id uuid NOT NULL,
    endpoint_id uuid NOT NULL,
    next_at timestamptz NOT NULL,
    PRIMARY KEY (customer_id, endpoint_id),
    FOREIGN KEY (customer_id, endpoint_id) REFERENCES webhook_endpoints (customer_id, id)
);

-- Made for an ordered endpoint: it waits for the open deliveries of its resource that come before it in the feed. They
-- are found by an index that 0027_indexes makes.
ALTER TABLE webhook_deliveries ADD COLUMN is_ordered boolean NOT NULL DEFAULT false;
