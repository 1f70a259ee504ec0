-- Challenges answered at the hosted pages: where people may be sent back to, which browser it is, and what it came to. Only adds.

-- What the pages call an application; its name unless said.
ALTER TABLE applications ADD COLUMN display_name TEXT;

-- Where people may be sent back to: compared character by character.
CREATE TABLE application_return_urls (
    application_id BLOB NOT NULL REFERENCES applications (id),
    url TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (application_id, url)
) STRICT, WITHOUT ROWID;

-- A challenge with a link to the hosted pages. The link, the browser and the result are known by their hashes only.
CREATE TABLE hosted_challenges (
    challenge_id BLOB NOT NULL PRIMARY KEY REFERENCES challenges (id) ON DELETE CASCADE,
    link_hash BLOB NOT NULL UNIQUE,
    return_url TEXT NOT NULL,
    binding_hash BLOB,
    browser_hash BLOB,
    opened_at INTEGER,
    method TEXT,
    trust INTEGER NOT NULL DEFAULT 0 CHECK (trust IN (0, 1)),
    result_hash BLOB UNIQUE,
    result_expires_at INTEGER,
    redeemed_at INTEGER
) STRICT, WITHOUT ROWID;
