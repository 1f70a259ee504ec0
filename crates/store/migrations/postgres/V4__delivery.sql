-- Delivery: what came of each message, what its provider reports, and which job ran when. Only adds.

-- Tries that may have been deliveries; where it goes, masked; what is in its way; who took it, and what they said later.
ALTER TABLE outbox ADD COLUMN lost integer NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN destination text NOT NULL DEFAULT '';
ALTER TABLE outbox ADD COLUMN request_id text;
ALTER TABLE outbox ADD COLUMN trouble text;
ALTER TABLE outbox ADD COLUMN reason text;
ALTER TABLE outbox ADD COLUMN provider text;
ALTER TABLE outbox ADD COLUMN provider_id text;
ALTER TABLE outbox ADD COLUMN receipt text;
ALTER TABLE outbox ADD COLUMN receipt_at timestamptz;
CREATE INDEX outbox_due ON outbox (channel, available_at) WHERE settled_at IS NULL;
CREATE INDEX outbox_waiting_by_user_id ON outbox (user_id) WHERE settled_at IS NULL;
CREATE INDEX outbox_by_provider_id ON outbox (provider_id) WHERE provider_id IS NOT NULL;
CREATE INDEX outbox_by_settled_at ON outbox (settled_at) WHERE settled_at IS NOT NULL;

-- What happened to messages: the timeline of a person. No content; it outlives the message.
CREATE TABLE delivery_events (
    message_id uuid NOT NULL,
    number integer NOT NULL,
    user_id uuid REFERENCES users (id) ON DELETE CASCADE,
    kind text NOT NULL,
    channel text NOT NULL,
    destination text NOT NULL,
    event text NOT NULL,
    provider text,
    trouble text,
    reason text,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (message_id, number)
);
CREATE INDEX delivery_events_by_user_id_created_at ON delivery_events (user_id, created_at);
CREATE INDEX delivery_events_by_created_at ON delivery_events (created_at);

-- Channels that no worker can use now: so that nodes without a worker say so, too.
CREATE TABLE delivery_outages (
    channel text PRIMARY KEY,
    until timestamptz NOT NULL,
    reported_at timestamptz NOT NULL
);

-- When each job began and ended last, and who holds it.
CREATE TABLE jobs (
    name text PRIMARY KEY,
    started_at timestamptz,
    finished_at timestamptz,
    lease_until timestamptz,
    runs integer NOT NULL,
    failure text
);
