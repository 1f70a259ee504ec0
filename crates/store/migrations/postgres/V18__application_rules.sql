-- What an application wants of its users' second factor; null for what the server's settings say. Only adds.
ALTER TABLE applications ADD COLUMN required_from timestamptz;
ALTER TABLE applications ADD COLUMN methods jsonb;
ALTER TABLE applications ADD COLUMN trust_days integer;
ALTER TABLE applications ADD COLUMN issuer text;
