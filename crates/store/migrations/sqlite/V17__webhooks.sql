-- Webhooks of applications. Only adds.

-- Addresses an application is called at. Address and signing secret are sealed together; the host is there for operators.
CREATE TABLE webhooks (
    id BLOB NOT NULL PRIMARY KEY,
    application_id BLOB NOT NULL REFERENCES applications (id),
    host TEXT NOT NULL,
    target BLOB NOT NULL,
    events TEXT,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX webhooks_by_application_id ON webhooks (application_id);
CREATE INDEX webhooks_by_key_of_target ON webhooks (substr(target, 2, 4));

-- Whose a message is that goes to an application; where to, once that is known. A CHECK cannot be widened in place: the rows
-- move to a table that knows one channel more.
ALTER TABLE outbox RENAME TO outbox_before;
DROP INDEX outbox_by_state_available_at;
DROP INDEX outbox_by_key_of_payload;
DROP INDEX outbox_due;
DROP INDEX outbox_waiting_by_user_id;
DROP INDEX outbox_by_provider_id;
DROP INDEX outbox_by_settled_at;
DROP INDEX IF EXISTS outbox_by_user_id_created_at;
CREATE TABLE outbox (
    id BLOB NOT NULL PRIMARY KEY,
    user_id BLOB REFERENCES users (id) ON DELETE SET NULL,
    kind TEXT NOT NULL,
    channel TEXT NOT NULL CHECK (channel IN ('email', 'sms', 'webhook')),
    payload BLOB,
    state TEXT NOT NULL CHECK (state IN ('queued', 'leased', 'delivered', 'expired', 'dead')),
    attempts INTEGER NOT NULL,
    available_at INTEGER NOT NULL,
    lease_until INTEGER,
    expires_at INTEGER,
    created_at INTEGER NOT NULL,
    settled_at INTEGER,
    lost INTEGER NOT NULL DEFAULT 0,
    destination TEXT NOT NULL DEFAULT '',
    request_id TEXT,
    trouble TEXT,
    reason TEXT,
    provider TEXT,
    provider_id TEXT,
    receipt TEXT,
    receipt_at INTEGER,
    application_id BLOB,
    webhook_id BLOB
) STRICT, WITHOUT ROWID;
INSERT INTO outbox (id, user_id, kind, channel, payload, state, attempts, available_at, lease_until, expires_at, created_at,
    settled_at, lost, destination, request_id, trouble, reason, provider, provider_id, receipt, receipt_at)
SELECT id, user_id, kind, channel, payload, state, attempts, available_at, lease_until, expires_at, created_at,
    settled_at, lost, destination, request_id, trouble, reason, provider, provider_id, receipt, receipt_at FROM outbox_before;
DROP TABLE outbox_before;
CREATE INDEX outbox_by_state_available_at ON outbox (state, available_at);
CREATE INDEX outbox_by_key_of_payload ON outbox (substr(payload, 2, 4)) WHERE payload IS NOT NULL;
CREATE INDEX outbox_due ON outbox (channel, available_at) WHERE settled_at IS NULL;
CREATE INDEX outbox_waiting_by_user_id ON outbox (user_id) WHERE settled_at IS NULL;
CREATE INDEX outbox_by_provider_id ON outbox (provider_id) WHERE provider_id IS NOT NULL;
CREATE INDEX outbox_by_settled_at ON outbox (settled_at) WHERE settled_at IS NOT NULL;
CREATE INDEX outbox_by_user_id_created_at ON outbox (user_id, created_at) WHERE user_id IS NOT NULL;
CREATE INDEX outbox_by_webhook_id ON outbox (webhook_id) WHERE webhook_id IS NOT NULL;
