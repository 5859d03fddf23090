-- Safe from: 0006
-- What an endpoint gets: only events whose `data` contains `filter`, and only those of a holder. What is sent with each
-- message: headers, whose names alone can be read. What it is connected to with: PEM, of which the key is encrypted.
ALTER TABLE webhook_endpoints
    ADD COLUMN filter jsonb CHECK (jsonb_typeof(filter) = 'object'),
    ADD COLUMN holder_id uuid,
    ADD COLUMN header_names text[] NOT NULL DEFAULT '{}',
    ADD COLUMN sealed_headers bytea CHECK (octet_length(sealed_headers) > 32),
    ADD COLUMN ca_certificate text,
    ADD COLUMN client_certificate text,
    ADD COLUMN sealed_client_key bytea CHECK (octet_length(sealed_client_key) > 32),
    ADD FOREIGN KEY (customer_id, holder_id) REFERENCES holders (customer_id, id),
    ADD CHECK ((sealed_headers IS NULL) = (cardinality(header_names) = 0)),
    ADD CHECK ((client_certificate IS NULL) = (sealed_client_key IS NULL));
