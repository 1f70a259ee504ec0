-- Challenges answered at the hosted pages: where people may be sent back to, which browser it is, and what it came to. Only adds.

-- What the pages call an application; its name unless said.
ALTER TABLE applications ADD COLUMN display_name text;

-- Where people may be sent back to: compared character by character.
CREATE TABLE application_return_urls (
    application_id uuid NOT NULL REFERENCES applications (id),
    url text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (application_id, url)
);

-- A challenge with a link to the hosted pages. The link, the browser and the result are known by their hashes only.
CREATE TABLE hosted_challenges (
    challenge_id uuid PRIMARY KEY REFERENCES challenges (id) ON DELETE CASCADE,
    link_hash bytea NOT NULL UNIQUE,
    return_url text NOT NULL,
    binding_hash bytea,
    browser_hash bytea,
    opened_at timestamptz,
    method text,
    trust boolean NOT NULL DEFAULT FALSE,
    result_hash bytea UNIQUE,
    result_expires_at timestamptz,
    redeemed_at timestamptz
);
