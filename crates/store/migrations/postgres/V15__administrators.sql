-- Users of our own sign-in who may enter the administration, each with one role. Who has no row has none.
CREATE TABLE administrators (
    user_id uuid PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    role text NOT NULL CHECK (role IN ('viewer', 'support', 'administrator')),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

-- People of every application, by the beginning of their address and of what they are found by; the messages of one.
CREATE INDEX users_by_address ON users (lower(email) COLLATE "C", id);
CREATE INDEX users_by_email_key ON users (email_key COLLATE "C", id);
CREATE INDEX outbox_by_user_id_created_at ON outbox (user_id, created_at) WHERE user_id IS NOT NULL;
