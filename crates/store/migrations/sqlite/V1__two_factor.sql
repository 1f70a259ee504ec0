-- The first schema. Its pair for the other database has the same tables and columns in the same order.
-- Times are microseconds since 1970-01-01T00:00:00Z; ids are the 16 bytes of a UUID; booleans are 0 or 1.

-- Relying applications. Every user belongs to one.
CREATE TABLE applications (
    id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- People who sign in. Only verified addresses: sign-ups wait in pending_signups.
CREATE TABLE users (
    id BLOB NOT NULL PRIMARY KEY,
    application_id BLOB NOT NULL REFERENCES applications (id),
    person_id BLOB NOT NULL UNIQUE,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    email_verified_at INTEGER,
    disabled_at INTEGER,
    locale TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (application_id, email_key)
) STRICT, WITHOUT ROWID;

-- One row per user, always: its absence is a fault, never "no second factor".
CREATE TABLE two_factor_settings (
    user_id BLOB NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    enabled_at INTEGER,
    preferred_factor_id BLOB,
    recent_guesses TEXT NOT NULL,
    guesses_in_a_row INTEGER NOT NULL,
    locked_until INTEGER,
    lock_level INTEGER NOT NULL,
    stopped_at INTEGER,
    unlock_guesses_left INTEGER,
    unlock_until INTEGER,
    steps_used_to INTEGER,
    last_seen_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Confirmed factors; the secret, or the number or address codes are sent to, is sealed into its row. The destination's key is a
-- blind index.
CREATE TABLE factors (
    id BLOB NOT NULL PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    method TEXT NOT NULL CHECK (method IN ('totp', 'sms', 'email')),
    label TEXT NOT NULL,
    secret BLOB,
    destination BLOB,
    destination_key BLOB,
    last_used_step INTEGER,
    last_used_at INTEGER,
    created_at INTEGER NOT NULL,
    CHECK ((method = 'totp') = (secret IS NOT NULL)),
    CHECK ((secret IS NULL) = (destination IS NOT NULL AND destination_key IS NOT NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX factors_by_user_id ON factors (user_id);

-- Factors that wait for their proof: at most one per user and method.
CREATE TABLE enrollments (
    id BLOB NOT NULL PRIMARY KEY,
    factor_id BLOB NOT NULL UNIQUE,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    session_id BLOB NOT NULL,
    method TEXT NOT NULL CHECK (method IN ('totp', 'sms', 'email')),
    label TEXT NOT NULL,
    secret BLOB,
    destination BLOB,
    destination_key BLOB,
    attempts INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    UNIQUE (user_id, method),
    CHECK ((method = 'totp') = (secret IS NOT NULL)),
    CHECK ((secret IS NULL) = (destination IS NOT NULL AND destination_key IS NOT NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX enrollments_by_expires_at ON enrollments (expires_at);

-- Sign-ups whose address is not proved yet. Without a token the address was taken.
CREATE TABLE pending_signups (
    id BLOB NOT NULL PRIMARY KEY,
    application_id BLOB NOT NULL REFERENCES applications (id),
    email TEXT NOT NULL,
    email_key TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    token_hash BLOB UNIQUE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    ip_address TEXT,
    user_agent TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX pending_signups_by_application_id_email_key_created_at ON pending_signups (application_id, email_key, created_at);
CREATE INDEX pending_signups_by_expires_at ON pending_signups (expires_at);

-- Requests to prove presence; found by the hash of the partial token.
CREATE TABLE challenges (
    id BLOB NOT NULL PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    token_hash BLOB NOT NULL UNIQUE,
    purpose TEXT NOT NULL CHECK (purpose IN ('login')),
    refresh_holder TEXT NOT NULL CHECK (refresh_holder IN ('cookie', 'body')),
    attempts INTEGER NOT NULL,
    skew_step INTEGER,
    skew_offset INTEGER,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    completed_at INTEGER,
    ended_at INTEGER,
    ip_address TEXT,
    user_agent TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX challenges_by_user_id_created_at ON challenges (user_id, created_at);
CREATE INDEX challenges_by_expires_at ON challenges (expires_at);

-- Codes sent by SMS or e-mail: hash only, bound to challenge (or set-up, or session), purpose, channel and destination. A code
-- and the outbox message that carries it have the same id.
CREATE TABLE two_factor_codes (
    id BLOB NOT NULL PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    challenge_id BLOB NOT NULL,
    factor_id BLOB NOT NULL,
    method TEXT NOT NULL CHECK (method IN ('sms', 'email')),
    purpose TEXT NOT NULL CHECK (purpose IN ('login', 'setup', 'step_up', 'disable')),
    destination_key BLOB NOT NULL,
    pepper_id TEXT NOT NULL,
    code_hash BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER,
    ended_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX two_factor_codes_by_user_id_created_at ON two_factor_codes (user_id, created_at);
CREATE INDEX two_factor_codes_by_challenge_id ON two_factor_codes (challenge_id);
CREATE UNIQUE INDEX two_factor_codes_one_live ON two_factor_codes (challenge_id, purpose) WHERE used_at IS NULL AND ended_at IS NULL;
CREATE INDEX two_factor_codes_by_expires_at ON two_factor_codes (expires_at);

-- The current set of each user: hash only.
CREATE TABLE recovery_codes (
    id BLOB NOT NULL PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    pepper_id TEXT NOT NULL,
    code_hash BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    used_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX recovery_codes_by_user_id ON recovery_codes (user_id);

-- The newest set of a user, sealed, for the minutes in which the session that made it may download it.
CREATE TABLE kept_recovery_codes (
    user_id BLOB NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    session_id BLOB NOT NULL,
    codes BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX kept_recovery_codes_by_expires_at ON kept_recovery_codes (expires_at);

-- Browsers that skip the second factor for a while: hashes of rotating secrets.
CREATE TABLE trusted_devices (
    id BLOB NOT NULL PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    family_hash BLOB NOT NULL UNIQUE,
    secret_hash BLOB NOT NULL,
    previous_hash BLOB,
    rotated_at INTEGER NOT NULL,
    shown_at INTEGER,
    ip_address TEXT,
    user_agent TEXT,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX trusted_devices_by_user_id ON trusted_devices (user_id);
CREATE INDEX trusted_devices_by_expires_at ON trusted_devices (expires_at);

-- Signed-in sessions; the refresh token is found by its family and rotates.
CREATE TABLE sessions (
    id BLOB NOT NULL PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    family_hash BLOB NOT NULL UNIQUE,
    refresh_hash BLOB NOT NULL,
    refresh_holder TEXT NOT NULL CHECK (refresh_holder IN ('cookie', 'body')),
    method TEXT,
    authenticated_at INTEGER NOT NULL,
    fresh_at INTEGER,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL,
    idle_expires_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    ended_at INTEGER,
    end_reason TEXT,
    ip_address TEXT,
    user_agent TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_by_user_id ON sessions (user_id);
CREATE INDEX sessions_by_expires_at ON sessions (expires_at);

-- Links by mail that do one thing once: found by the hash of their token; at most one per user and purpose.
CREATE TABLE link_tokens (
    id BLOB NOT NULL PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    purpose TEXT NOT NULL CHECK (purpose IN ('password_reset', 'unlock', 'email_change')),
    token_hash BLOB NOT NULL UNIQUE,
    payload BLOB,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER,
    UNIQUE (user_id, purpose)
) STRICT, WITHOUT ROWID;
CREATE INDEX link_tokens_by_expires_at ON link_tokens (expires_at);

-- Messages on their way, committed with the state they speak of. The payload is sealed, and blanked once delivered.
CREATE TABLE outbox (
    id BLOB NOT NULL PRIMARY KEY,
    user_id BLOB REFERENCES users (id) ON DELETE SET NULL,
    kind TEXT NOT NULL,
    channel TEXT NOT NULL CHECK (channel IN ('email', 'sms')),
    payload BLOB,
    state TEXT NOT NULL CHECK (state IN ('queued', 'leased', 'delivered', 'expired', 'dead')),
    attempts INTEGER NOT NULL,
    available_at INTEGER NOT NULL,
    lease_until INTEGER,
    expires_at INTEGER,
    created_at INTEGER NOT NULL,
    settled_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX outbox_by_state_available_at ON outbox (state, available_at);

-- The development mailbox: messages as they would have been sent. Empty in production.
CREATE TABLE mailbox (
    id BLOB NOT NULL PRIMARY KEY,
    channel TEXT NOT NULL,
    recipient TEXT NOT NULL,
    kind TEXT NOT NULL,
    locale TEXT NOT NULL,
    subject TEXT NOT NULL,
    body_text TEXT NOT NULL,
    body_html TEXT NOT NULL,
    code TEXT,
    link TEXT,
    state TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX mailbox_by_recipient_created_at ON mailbox (recipient, created_at);
CREATE INDEX mailbox_by_created_at ON mailbox (created_at);

-- Counts shared by many users, such as wrong passwords from one address. Keys are blind indexes.
CREATE TABLE counters (
    key BLOB NOT NULL PRIMARY KEY,
    count INTEGER NOT NULL,
    since INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX counters_by_expires_at ON counters (expires_at);

-- Where the audit chain of each person ends; locked with the user.
CREATE TABLE audit_heads (
    person_id BLOB NOT NULL PRIMARY KEY,
    seq INTEGER NOT NULL,
    hash BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- What happened. Append-only; the entries of a person are chained by hash.
CREATE TABLE two_factor_audit_log (
    id BLOB NOT NULL PRIMARY KEY,
    person_id BLOB,
    application_id BLOB NOT NULL,
    seq INTEGER,
    action TEXT NOT NULL,
    success INTEGER NOT NULL,
    method TEXT,
    ip_address TEXT,
    user_agent TEXT,
    device_id BLOB,
    actor_id TEXT,
    request_id TEXT,
    detail TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    previous_hash BLOB,
    hash BLOB,
    UNIQUE (person_id, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX two_factor_audit_log_by_created_at ON two_factor_audit_log (created_at);

INSERT INTO applications (id, name, created_at) VALUES (x'00000000000070008000000000000001', 'default', 0);
