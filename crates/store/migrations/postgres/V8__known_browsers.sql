-- Browsers that people have signed in with: a sign-in with another one is told to its owner.
CREATE TABLE known_browsers (
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name text NOT NULL,
    seen_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, name)
);
CREATE INDEX known_browsers_by_seen_at ON known_browsers (seen_at);
