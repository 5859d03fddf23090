-- Safe from: 0006
-- The words by which a holder is found, folded, and the text that they were made of. An earlier version writes neither,
-- so its holders show by `words_of` that their words are to be made: see app/holders/search.py.
ALTER TABLE holders ADD COLUMN words text[], ADD COLUMN words_of text;

-- The words under the customer's id, so that an index on them begins with the tenant.
CREATE FUNCTION tenant_words(customer_id uuid, words text[]) RETURNS tsvector
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$
        SELECT array_to_tsvector(coalesce(array_agg(customer_id::text || ':' || word), '{}')) FROM unnest(words) AS word
    $$;

-- The words of the holders that are there: workers of this version make them.
INSERT INTO outbox_messages (customer_id, id, kind, resource_id, status, next_attempt_at, created_at)
SELECT customer_id, gen_random_uuid(), 'index_holders', customer_id, 'PENDING', now(), now() FROM customers;
