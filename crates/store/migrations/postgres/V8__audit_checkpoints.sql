-- The place of each entry in the signed log. Given once, by the checkpoint that covers it: ids and times are no order of
-- commits. What the entry said then is kept as a hash, so that one that says something else now can be named.
CREATE TABLE audit_positions (
    position bigint PRIMARY KEY,
    entry_id uuid NOT NULL UNIQUE,
    hash bytea NOT NULL
);

-- Signed statements about all positions up to one, each holding the hash of the one before. Never deleted.
CREATE TABLE audit_checkpoints (
    number bigint PRIMARY KEY,
    first_position bigint NOT NULL,
    last_position bigint NOT NULL,
    begins_at bigint NOT NULL,
    entries_hash bytea NOT NULL,
    previous_hash bytea NOT NULL,
    created_at timestamptz NOT NULL,
    public_key bytea NOT NULL,
    hash bytea NOT NULL,
    signature bytea NOT NULL
);
CREATE INDEX audit_checkpoints_by_last_position ON audit_checkpoints (last_position);

-- Where the chain of each person goes on from, once its beginning was deleted for its age.
CREATE TABLE audit_starts (
    person_id uuid PRIMARY KEY,
    seq bigint NOT NULL,
    hash bytea NOT NULL
);
