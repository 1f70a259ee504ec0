-- The first schema. Its pair for the other database has the same tables and columns in the same order.

-- Relying applications. Every user belongs to one.
CREATE TABLE applications (
    id uuid PRIMARY KEY,
    name text NOT NULL UNIQUE,
    created_at timestamptz NOT NULL
);

-- People who sign in. Only verified addresses: sign-ups wait in pending_signups.
CREATE TABLE users (
    id uuid PRIMARY KEY,
    application_id uuid NOT NULL REFERENCES applications (id),
    person_id uuid NOT NULL UNIQUE,
    email text NOT NULL,
    email_key text NOT NULL,
    password_hash text NOT NULL,
    email_verified_at timestamptz,
    disabled_at timestamptz,
    locale text NOT NULL,
    created_at timestamptz NOT NULL,
    UNIQUE (application_id, email_key)
);

-- One row per user, always: its absence is a fault, never "no second factor".
CREATE TABLE two_factor_settings (
    user_id uuid PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    enabled_at timestamptz,
    preferred_factor_id uuid,
    recent_guesses jsonb NOT NULL,
    guesses_in_a_row integer NOT NULL,
    locked_until timestamptz,
    lock_level integer NOT NULL,
    stopped_at timestamptz,
    unlock_guesses_left integer,
    unlock_until timestamptz,
    steps_used_to bigint,
    last_seen_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

-- Confirmed factors; the secret, or the number or address codes are sent to, is sealed into its row. The destination's key is a
-- blind index.
CREATE TABLE factors (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    method text NOT NULL CHECK (method IN ('totp', 'sms', 'email')),
    label text NOT NULL,
    secret bytea,
    destination bytea,
    destination_key bytea,
    last_used_step bigint,
    last_used_at timestamptz,
    created_at timestamptz NOT NULL,
    CHECK ((method = 'totp') = (secret IS NOT NULL)),
    CHECK ((secret IS NULL) = (destination IS NOT NULL AND destination_key IS NOT NULL))
);
CREATE INDEX factors_by_user_id ON factors (user_id);

-- Factors that wait for their proof: at most one per user and method.
CREATE TABLE enrollments (
    id uuid PRIMARY KEY,
    factor_id uuid NOT NULL UNIQUE,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    session_id uuid NOT NULL,
    method text NOT NULL CHECK (method IN ('totp', 'sms', 'email')),
    label text NOT NULL,
    secret bytea,
    destination bytea,
    destination_key bytea,
    attempts integer NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    UNIQUE (user_id, method),
    CHECK ((method = 'totp') = (secret IS NOT NULL)),
    CHECK ((secret IS NULL) = (destination IS NOT NULL AND destination_key IS NOT NULL))
);
CREATE INDEX enrollments_by_expires_at ON enrollments (expires_at);

-- Sign-ups whose address is not proved yet. Without a token the address was taken.
CREATE TABLE pending_signups (
    id uuid PRIMARY KEY,
    application_id uuid NOT NULL REFERENCES applications (id),
    email text NOT NULL,
    email_key text NOT NULL,
    password_hash text NOT NULL,
    token_hash bytea UNIQUE,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ip_address text,
    user_agent text
);
CREATE INDEX pending_signups_by_application_id_email_key_created_at ON pending_signups (application_id, email_key, created_at);
CREATE INDEX pending_signups_by_expires_at ON pending_signups (expires_at);

-- Requests to prove presence; found by the hash of the partial token.
CREATE TABLE challenges (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    token_hash bytea NOT NULL UNIQUE,
    purpose text NOT NULL CHECK (purpose IN ('login')),
    refresh_holder text NOT NULL CHECK (refresh_holder IN ('cookie', 'body')),
    attempts integer NOT NULL,
    skew_step bigint,
    skew_offset bigint,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    completed_at timestamptz,
    ended_at timestamptz,
    ip_address text,
    user_agent text
);
CREATE INDEX challenges_by_user_id_created_at ON challenges (user_id, created_at);
CREATE INDEX challenges_by_expires_at ON challenges (expires_at);

-- Codes sent by SMS or e-mail: hash only, bound to challenge (or set-up, or session), purpose, channel and destination. A code
-- and the outbox message that carries it have the same id.
CREATE TABLE two_factor_codes (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    challenge_id uuid NOT NULL,
    factor_id uuid NOT NULL,
    method text NOT NULL CHECK (method IN ('sms', 'email')),
    purpose text NOT NULL CHECK (purpose IN ('login', 'setup', 'step_up', 'disable')),
    destination_key bytea NOT NULL,
    pepper_id text NOT NULL,
    code_hash bytea NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    ended_at timestamptz
);
CREATE INDEX two_factor_codes_by_user_id_created_at ON two_factor_codes (user_id, created_at);
CREATE INDEX two_factor_codes_by_challenge_id ON two_factor_codes (challenge_id);
CREATE UNIQUE INDEX two_factor_codes_one_live ON two_factor_codes (challenge_id, purpose) WHERE used_at IS NULL AND ended_at IS NULL;
CREATE INDEX two_factor_codes_by_expires_at ON two_factor_codes (expires_at);

-- The current set of each user: hash only.
CREATE TABLE recovery_codes (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    pepper_id text NOT NULL,
    code_hash bytea NOT NULL,
    created_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX recovery_codes_by_user_id ON recovery_codes (user_id);

-- The newest set of a user, sealed, for the minutes in which the session that made it may download it.
CREATE TABLE kept_recovery_codes (
    user_id uuid PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    session_id uuid NOT NULL,
    codes bytea NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX kept_recovery_codes_by_expires_at ON kept_recovery_codes (expires_at);

-- Browsers that skip the second factor for a while: hashes of rotating secrets.
CREATE TABLE trusted_devices (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name text NOT NULL,
    family_hash bytea NOT NULL UNIQUE,
    secret_hash bytea NOT NULL,
    previous_hash bytea,
    rotated_at timestamptz NOT NULL,
    shown_at timestamptz,
    ip_address text,
    user_agent text,
    created_at timestamptz NOT NULL,
    last_used_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz
);
CREATE INDEX trusted_devices_by_user_id ON trusted_devices (user_id);
CREATE INDEX trusted_devices_by_expires_at ON trusted_devices (expires_at);

-- Signed-in sessions; the refresh token is found by its family and rotates.
CREATE TABLE sessions (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    family_hash bytea NOT NULL UNIQUE,
    refresh_hash bytea NOT NULL,
    refresh_holder text NOT NULL CHECK (refresh_holder IN ('cookie', 'body')),
    method text,
    authenticated_at timestamptz NOT NULL,
    fresh_at timestamptz,
    created_at timestamptz NOT NULL,
    last_used_at timestamptz NOT NULL,
    idle_expires_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    end_reason text,
    ip_address text,
    user_agent text
);
CREATE INDEX sessions_by_user_id ON sessions (user_id);
CREATE INDEX sessions_by_expires_at ON sessions (expires_at);

-- Links by mail that do one thing once: found by the hash of their token; at most one per user and purpose.
CREATE TABLE link_tokens (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    purpose text NOT NULL CHECK (purpose IN ('password_reset', 'unlock', 'email_change')),
    token_hash bytea NOT NULL UNIQUE,
    payload bytea,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    UNIQUE (user_id, purpose)
);
CREATE INDEX link_tokens_by_expires_at ON link_tokens (expires_at);

-- Messages on their way, committed with the state they speak of. The payload is sealed, and blanked once delivered.
CREATE TABLE outbox (
    id uuid PRIMARY KEY,
    user_id uuid REFERENCES users (id) ON DELETE SET NULL,
    kind text NOT NULL,
    channel text NOT NULL CHECK (channel IN ('email', 'sms')),
    payload bytea,
    state text NOT NULL CHECK (state IN ('queued', 'leased', 'delivered', 'expired', 'dead')),
    attempts integer NOT NULL,
    available_at timestamptz NOT NULL,
    lease_until timestamptz,
    expires_at timestamptz,
    created_at timestamptz NOT NULL,
    settled_at timestamptz
);
CREATE INDEX outbox_by_state_available_at ON outbox (state, available_at);

-- The development mailbox: messages as they would have been sent. Empty in production.
CREATE TABLE mailbox (
    id uuid PRIMARY KEY,
    channel text NOT NULL,
    recipient text NOT NULL,
    kind text NOT NULL,
    locale text NOT NULL,
    subject text NOT NULL,
    body_text text NOT NULL,
    body_html text NOT NULL,
    code text,
    link text,
    state text NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX mailbox_by_recipient_created_at ON mailbox (recipient, created_at);
CREATE INDEX mailbox_by_created_at ON mailbox (created_at);

-- Counts shared by many users, such as wrong passwords from one address. Keys are blind indexes.
CREATE TABLE counters (
    key bytea PRIMARY KEY,
    count bigint NOT NULL,
    since timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX counters_by_expires_at ON counters (expires_at);

-- Where the audit chain of each person ends; locked with the user.
CREATE TABLE audit_heads (
    person_id uuid PRIMARY KEY,
    seq bigint NOT NULL,
    hash bytea NOT NULL
);

-- What happened. Append-only; the entries of a person are chained by hash.
CREATE TABLE two_factor_audit_log (
    id uuid PRIMARY KEY,
    person_id uuid,
    application_id uuid NOT NULL,
    seq bigint,
    action text NOT NULL,
    success boolean NOT NULL,
    method text,
    ip_address text,
    user_agent text,
    device_id uuid,
    actor_id text,
    request_id text,
    detail text NOT NULL,
    created_at timestamptz NOT NULL,
    previous_hash bytea,
    hash bytea,
    UNIQUE (person_id, seq)
);
CREATE INDEX two_factor_audit_log_by_created_at ON two_factor_audit_log (created_at);

INSERT INTO applications (id, name, created_at) VALUES ('00000000-0000-7000-8000-000000000001', 'default', '1970-01-01T00:00:00Z');
