-- Webhooks of applications. Only adds.

-- Addresses an application is called at. Address and signing secret are sealed together; the host is there for operators.
CREATE TABLE webhooks (
    id uuid PRIMARY KEY,
    application_id uuid NOT NULL REFERENCES applications (id),
    host text NOT NULL,
    target bytea NOT NULL,
    events jsonb,
    created_at timestamptz NOT NULL
);
CREATE INDEX webhooks_by_application_id ON webhooks (application_id);
CREATE INDEX webhooks_by_key_of_target ON webhooks (substr(target, 2, 4));

-- Whose a message is that goes to an application; where to, once that is known.
ALTER TABLE outbox DROP CONSTRAINT outbox_channel_check;
ALTER TABLE outbox ADD CONSTRAINT outbox_channel_check CHECK (channel IN ('email', 'sms', 'webhook'));
CREATE INDEX IF NOT EXISTS outbox_by_user_id_created_at ON outbox (user_id, created_at) WHERE user_id IS NOT NULL;
ALTER TABLE outbox ADD COLUMN application_id uuid;
ALTER TABLE outbox ADD COLUMN webhook_id uuid;
CREATE INDEX outbox_by_webhook_id ON outbox (webhook_id) WHERE webhook_id IS NOT NULL;
