-- The place of each entry in the signed log. Given once, by the checkpoint that covers it: ids and times are no order of
-- commits. What the entry said then is kept as a hash, so that one that says something else now can be named.
CREATE TABLE audit_positions (
    position INTEGER NOT NULL PRIMARY KEY,
    entry_id BLOB NOT NULL UNIQUE,
    hash BLOB NOT NULL
) STRICT;

-- Signed statements about all positions up to one, each holding the hash of the one before. Never deleted.
CREATE TABLE audit_checkpoints (
    number INTEGER NOT NULL PRIMARY KEY,
    first_position INTEGER NOT NULL,
    last_position INTEGER NOT NULL,
    begins_at INTEGER NOT NULL,
    entries_hash BLOB NOT NULL,
    previous_hash BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    public_key BLOB NOT NULL,
    hash BLOB NOT NULL,
    signature BLOB NOT NULL
) STRICT;
CREATE INDEX audit_checkpoints_by_last_position ON audit_checkpoints (last_position);

-- Where the chain of each person goes on from, once its beginning was deleted for its age.
CREATE TABLE audit_starts (
    person_id BLOB NOT NULL PRIMARY KEY,
    seq INTEGER NOT NULL,
    hash BLOB NOT NULL
) STRICT;
