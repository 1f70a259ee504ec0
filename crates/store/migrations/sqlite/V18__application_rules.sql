-- What an application wants of its users' second factor; null for what the server's settings say. Only adds.
ALTER TABLE applications ADD COLUMN required_from INTEGER;
ALTER TABLE applications ADD COLUMN methods TEXT;
ALTER TABLE applications ADD COLUMN trust_days INTEGER;
ALTER TABLE applications ADD COLUMN issuer TEXT;
