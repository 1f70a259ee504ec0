-- When the factor was proved that a trusted device stands for: often before trust began. Null for those trusted before it was
-- noted. Only adds.
ALTER TABLE trusted_devices ADD COLUMN proved_at timestamptz;

-- What is due of one application: each has its share of the webhooks under way.
CREATE INDEX outbox_due_by_application_id ON outbox (application_id, available_at) WHERE settled_at IS NULL AND application_id IS NOT NULL;
