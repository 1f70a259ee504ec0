-- A bypass code has the form of a recovery code, and an end; the codes of the set have none.
ALTER TABLE recovery_codes ADD COLUMN expires_at INTEGER;
CREATE INDEX recovery_codes_by_expires_at ON recovery_codes (expires_at) WHERE expires_at IS NOT NULL;
