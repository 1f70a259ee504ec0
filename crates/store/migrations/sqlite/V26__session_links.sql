-- Visits of an application's users to their security page: the link that begins one, and where its session leads back to.
ALTER TABLE sessions ADD COLUMN return_url TEXT;

-- A CHECK cannot be widened in place: the rows move to a table that knows one purpose more.
ALTER TABLE link_tokens RENAME TO link_tokens_before;
DROP INDEX link_tokens_by_expires_at;
DROP INDEX link_tokens_by_key_of_payload;
CREATE TABLE link_tokens (
    id BLOB NOT NULL PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    purpose TEXT NOT NULL CHECK (purpose IN ('password_reset', 'unlock', 'email_change', 'backup_email', 'settings')),
    token_hash BLOB NOT NULL UNIQUE,
    payload BLOB,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER,
    UNIQUE (user_id, purpose)
) STRICT, WITHOUT ROWID;
CREATE INDEX link_tokens_by_expires_at ON link_tokens (expires_at);
CREATE INDEX link_tokens_by_key_of_payload ON link_tokens (substr(payload, 2, 4)) WHERE payload IS NOT NULL;
INSERT INTO link_tokens (id, user_id, purpose, token_hash, payload, created_at, expires_at, used_at)
SELECT id, user_id, purpose, token_hash, payload, created_at, expires_at, used_at FROM link_tokens_before;
DROP TABLE link_tokens_before;
