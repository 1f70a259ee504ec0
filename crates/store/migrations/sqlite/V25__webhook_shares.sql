-- What is due of one application: each has its share of the webhooks under way. Only adds.
CREATE INDEX outbox_due_by_application_id ON outbox (application_id, available_at) WHERE settled_at IS NULL AND application_id IS NOT NULL;
