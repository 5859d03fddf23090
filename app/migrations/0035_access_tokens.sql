-- Safe from: 0006
-- Tokens of browsers: each is one holder's, lives for a short time, and ends with the key that made it. Only the hash of
-- its secret is stored.
CREATE TABLE access_tokens (
    customer_id uuid NOT NULL,
    id uuid NOT NULL,
    api_key_id uuid NOT NULL,
    holder_id uuid NOT NULL,
    prefix text NOT NULL,
    secret_hash bytea NOT NULL CHECK (octet_length(secret_hash) = 32),
    scopes text[] NOT NULL CHECK (cardinality(scopes) > 0),
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (customer_id, id),
    FOREIGN KEY (customer_id, api_key_id) REFERENCES api_keys (customer_id, id),
    FOREIGN KEY (customer_id, holder_id) REFERENCES holders (customer_id, id),
    CHECK (expires_at > created_at)
);

CREATE INDEX access_tokens_holder ON access_tokens (customer_id, holder_id, expires_at);
CREATE INDEX access_tokens_expires_at ON access_tokens (customer_id, expires_at, id);
CREATE UNIQUE INDEX access_tokens_prefix ON access_tokens (customer_id, prefix);
