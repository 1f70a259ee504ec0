-- Delivery: what came of each message, what its provider reports, and which job ran when. Only adds.

-- Tries that may have been deliveries; where it goes, masked; what is in its way; who took it, and what they said later.
ALTER TABLE outbox ADD COLUMN lost INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN destination TEXT NOT NULL DEFAULT '';
ALTER TABLE outbox ADD COLUMN request_id TEXT;
ALTER TABLE outbox ADD COLUMN trouble TEXT;
ALTER TABLE outbox ADD COLUMN reason TEXT;
ALTER TABLE outbox ADD COLUMN provider TEXT;
ALTER TABLE outbox ADD COLUMN provider_id TEXT;
ALTER TABLE outbox ADD COLUMN receipt TEXT;
ALTER TABLE outbox ADD COLUMN receipt_at INTEGER;
CREATE INDEX outbox_due ON outbox (channel, available_at) WHERE settled_at IS NULL;
CREATE INDEX outbox_waiting_by_user_id ON outbox (user_id) WHERE settled_at IS NULL;
CREATE INDEX outbox_by_provider_id ON outbox (provider_id) WHERE provider_id IS NOT NULL;
CREATE INDEX outbox_by_settled_at ON outbox (settled_at) WHERE settled_at IS NOT NULL;

-- What happened to messages: the timeline of a person. No content; it outlives the message.
CREATE TABLE delivery_events (
    message_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    user_id BLOB REFERENCES users (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    channel TEXT NOT NULL,
    destination TEXT NOT NULL,
    event TEXT NOT NULL,
    provider TEXT,
    trouble TEXT,
    reason TEXT,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (message_id, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX delivery_events_by_user_id_created_at ON delivery_events (user_id, created_at);
CREATE INDEX delivery_events_by_created_at ON delivery_events (created_at);

-- Channels that no worker can use now: so that nodes without a worker say so, too.
CREATE TABLE delivery_outages (
    channel TEXT NOT NULL PRIMARY KEY,
    until INTEGER NOT NULL,
    reported_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- When each job began and ended last, and who holds it.
CREATE TABLE jobs (
    name TEXT NOT NULL PRIMARY KEY,
    started_at INTEGER,
    finished_at INTEGER,
    lease_until INTEGER,
    runs INTEGER NOT NULL,
    failure TEXT
) STRICT, WITHOUT ROWID;
