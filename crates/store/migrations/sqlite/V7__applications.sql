-- Applications with their own login: their keys, the challenges they ask for, and the answers kept to be given again. Only adds.

-- The test world of an application is an application of its own, so nothing of one can be reached from the other.
ALTER TABLE applications ADD COLUMN test_of BLOB REFERENCES applications (id);
ALTER TABLE applications ADD COLUMN second_factor TEXT NOT NULL DEFAULT 'optional' CHECK (second_factor IN ('optional', 'required'));

-- What an application tells of its users beside their address.
ALTER TABLE users ADD COLUMN name TEXT;
ALTER TABLE users ADD COLUMN phone BLOB;
CREATE INDEX users_by_key_of_phone ON users (substr(phone, 2, 4)) WHERE phone IS NOT NULL;

-- Keys of applications: found by their hash.
CREATE TABLE api_keys (
    id BLOB NOT NULL PRIMARY KEY,
    application_id BLOB NOT NULL REFERENCES applications (id),
    key_hash BLOB NOT NULL UNIQUE,
    scopes TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER,
    revoked_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX api_keys_by_application_id ON api_keys (application_id);

-- What an application asked for with a challenge. A challenge without such a row is of our own sign-in.
CREATE TABLE application_challenges (
    challenge_id BLOB NOT NULL PRIMARY KEY REFERENCES challenges (id) ON DELETE CASCADE,
    reason TEXT NOT NULL CHECK (reason IN ('login', 'step_up', 'enroll')),
    status TEXT NOT NULL CHECK (status IN ('not_required', 'pending', 'enrollment_required', 'locked')),
    why TEXT NOT NULL,
    action_text TEXT
) STRICT, WITHOUT ROWID;

-- Answers to calls with an Idempotency-Key, sealed, to be given again; blanked when their time is over.
CREATE TABLE kept_answers (
    id BLOB NOT NULL PRIMARY KEY,
    application_id BLOB NOT NULL REFERENCES applications (id),
    key_hash BLOB NOT NULL,
    answer BLOB,
    created_at INTEGER NOT NULL,
    given_until INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    UNIQUE (application_id, key_hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX kept_answers_by_expires_at ON kept_answers (expires_at);
CREATE INDEX kept_answers_by_key_of_answer ON kept_answers (substr(answer, 2, 4)) WHERE answer IS NOT NULL;
CREATE INDEX kept_answers_by_given_until ON kept_answers (given_until) WHERE answer IS NOT NULL;
