-- The address that gets copies of a person's notices, and the link that proves it.

ALTER TABLE two_factor_settings ADD COLUMN backup_email BLOB;
CREATE INDEX two_factor_settings_by_key_of_backup_email ON two_factor_settings (substr(backup_email, 2, 4))
WHERE backup_email IS NOT NULL;

-- A CHECK cannot be widened in place: the rows move to a table that knows one purpose more.
ALTER TABLE link_tokens RENAME TO link_tokens_before;
DROP INDEX link_tokens_by_expires_at;
CREATE TABLE link_tokens (
    id BLOB NOT NULL PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    purpose TEXT NOT NULL CHECK (purpose IN ('password_reset', 'unlock', 'email_change', 'backup_email')),
    token_hash BLOB NOT NULL UNIQUE,
    payload BLOB,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER,
    UNIQUE (user_id, purpose)
) STRICT, WITHOUT ROWID;
CREATE INDEX link_tokens_by_expires_at ON link_tokens (expires_at);
INSERT INTO link_tokens (id, user_id, purpose, token_hash, payload, created_at, expires_at, used_at)
SELECT id, user_id, purpose, token_hash, payload, created_at, expires_at, used_at FROM link_tokens_before;
DROP TABLE link_tokens_before;
