-- Safe from: 0006
-- The ed25519 public key (`whpk_…`) that belongs to a v1a secret; anybody may read it.
ALTER TABLE webhook_secrets ADD COLUMN public_key text;
-- An endpoint's newest public key, kept after the endpoint and its secrets are deleted. Null: none was made yet, since an
-- older version made the endpoint and nobody has asked for the key.
ALTER TABLE webhook_endpoints ADD COLUMN public_key text;
-- The known text, sealed under the key that secrets are being moved to; null while there is no such move.
ALTER TABLE secret_key_check ADD COLUMN next_sealed bytea CHECK (octet_length(next_sealed) > 32);
