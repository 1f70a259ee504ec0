-- Users of our own sign-in who may enter the administration, each with one role. Who has no row has none.
CREATE TABLE administrators (
    user_id BLOB NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    role TEXT NOT NULL CHECK (role IN ('viewer', 'support', 'administrator')),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- People of every application, by the beginning of their address and of what they are found by; the messages of one.
CREATE INDEX users_by_address ON users (lower(email), id);
CREATE INDEX users_by_email_key ON users (email_key, id);
CREATE INDEX outbox_by_user_id_created_at ON outbox (user_id, created_at) WHERE user_id IS NOT NULL;
